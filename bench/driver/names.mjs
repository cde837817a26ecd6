// What is compared, by the words of the page, in its order.
const LABELS = {
  quickjs: "runtime:wasm, QuickJS",
  v8: "runtime:wasm, V8",
  protection: "runtime:wasm, by protection",
  fuel: "runtime:wasm, with fuel",
  npmNode: "runtime-wasm, node",
  npmBun: "runtime-wasm, Bun",
  npmDeno: "runtime-wasm, Deno",
  node: "node workers",
  bun: "Bun workers",
  deno: "Deno workers",
  isolated: "isolated-vm",
  extism: "Extism, in a worker",
  extismPython: "Extism, Python",
  wasmtimePython: "wasmtime, Python",
  wasmtime: "wasmtime's command line",
};

export const ORDER = Object.keys(LABELS);
export const labelOf = (side) => LABELS[side] ?? side;
export const isOurs = (side) => side === "quickjs" || side === "v8";
