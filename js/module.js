// "runtime:wasm", the module that apps import. A module outside ext: may not import from ext:, so what js/wasm.js exports is
// handed over by js/entry.js.

export const {
  call, compile, compileFile, dropModule, getExports, inspect, instances, instantiate, memory, types, WasmError,
  WasmErrorCode,
} = globalThis[Symbol.for("runtime:wasm")];
