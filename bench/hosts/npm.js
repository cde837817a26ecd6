// What the scripts of bench/work run on: the npm package, on Node, Bun and Deno.
export { compile, compileFile, dropModule, instantiate } from "runtime-wasm";

export const args = globalThis.Deno?.args ?? process.argv.slice(2);
export const exit = (code) => process.exit(code);
/** Not to be had; `terminate()` resolves when the thread is gone. */
export const processorMicros = () => 0;
export const canStop = true;
