// The functions of runtime:wasm. JavaScript holds numbers and sends messages; all else is behind the ops.

import { core } from "ext:core/mod.js";
import { settled, typeError, WasmError, WasmErrorCode } from "ext:runtime_wasm/error.js";
import {
  asArguments, asBytes, asId, asImports, asOptions, asString, readInstanceOptions, readOptions,
} from "ext:runtime_wasm/convert.js";
import { addHandlers, known, pump, removeHandlers } from "ext:runtime_wasm/imports.js";
import { abortSignals, checkSignal, making, unlessCancelled, WasmInstance } from "ext:runtime_wasm/instance.js";
import { end } from "ext:runtime_wasm/requests.js";
import { connect, prepare } from "ext:runtime_wasm/stdio.js";

const {
  op_wasm_all_stats, op_wasm_compile, op_wasm_compile_file, op_wasm_drop_module, op_wasm_inspect, op_wasm_instantiate,
  op_wasm_max_module_bytes,
} = core.ops;

export { call, getExports, memory } from "ext:runtime_wasm/requests.js";
export { WasmError, WasmErrorCode };

function typed(type) {
  return (value) => Object.freeze({ type, value });
}

/** Values with a type of their own: `types.i64(5)`. The type must be the one that the signature has in that place. */
export const types = Object.freeze({
  i32: typed("i32"), i64: typed("i64"), f32: typed("f32"), f64: typed("f64"), v128: typed("v128"),
  externref: typed("externref"), funcref: typed("funcref"),
});

/** Compiles a module from bytes; resolves to its id. */
export async function compile(bytes) {
  const view = asBytes(bytes, "bytes");
  const limit = op_wasm_max_module_bytes();
  if (view.byteLength > limit) {
    const text = `the module has ${view.byteLength} bytes, more than the limit of ${limit} (max_module_bytes)`;
    throw new WasmError(WasmErrorCode.CompileError, text);
  }
  return await settled(op_wasm_compile(view));
}

/** Compiles a module from a file that the manifest's `load` grants; resolves to its id. */
export async function compileFile(path, options = {}) {
  asString(path, "path");
  const { sha256 } = readOptions(options, ["sha256"], "options");
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(asString(sha256, "options.sha256"))) {
    throw typeError("options.sha256 must be 64 hexadecimal digits");
  }
  return await settled(op_wasm_compile_file(path, sha256 ?? ""));
}

/** Forgets a module. Instances of it live on. */
export async function dropModule(module) {
  return await settled(op_wasm_drop_module(asId(module, "module")));
}

/** How every instance is doing, as `instance.stats()` tells it. */
export async function instances() {
  return await settled(op_wasm_all_stats());
}

/** What a module imports, exports and needs, known before it runs. */
export async function inspect(module) {
  const info = JSON.parse(await settled(op_wasm_inspect(asId(module, "module"))));
  return { id: module, ...info };
}

/** Makes an instance of a module, on a thread of its own. */
export async function instantiate(module, options = undefined) {
  asId(module, "module");
  const read = readInstanceOptions(options);
  const checked = asOptions(read);
  const { signal } = read;
  checkSignal(signal);
  signal?.throwIfAborted();
  const { names, globals, handlers } = asImports(read.imports);
  const source = prepare(checked, read.stdin);
  if (names.length > 0) Object.assign(checked, { imports: names, importSet: addHandlers(handlers) });
  pump();
  const values = asArguments(globals);
  const made = unlessCancelled(signal, (handle) => op_wasm_instantiate(module, checked, values, handle));
  const [id, name, pipes] = await made.catch((error) => {
    source?.releaseLock();
    removeHandlers(checked.importSet);
    throw error;
  });
  const instance = new WasmInstance(making, id, name, module);
  known(instance, checked.importSet);
  connect(instance, pipes, source);
  if (signal !== undefined) {
    if (signal.aborted) await instance.drop();
    signal.throwIfAborted();
    const abort = () => end(id, "aborted");
    signal.addEventListener("abort", abort, { once: true });
    // A signal may outlive many instances.
    instance.closed.then(() => signal.removeEventListener("abort", abort));
    abortSignals.set(instance, signal);
  }
  return instance;
}
