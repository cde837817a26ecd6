// What the scripts of bench/work run on: here runtime:wasm itself. The driver puts one of these files beside them as `host.js`.
export { args, exit } from "runtime:app";
export { compile, compileFile, dropModule, instantiate } from "runtime:wasm";

/** Not to be had; `terminate()` resolves when the thread is gone. */
export const processorMicros = () => 0;
export const canStop = true;
