// The same for import: one copy of all of it, however it is loaded.
import runtimeWasm from "./index.cjs";

export const {
  call, compile, compileFile, createHost, dropModule, getExports, inspect, instances, instantiate, memory, types, WasmError, WasmErrorCode,
} = runtimeWasm;
