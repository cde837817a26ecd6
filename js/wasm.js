// The functions of runtime:wasm. JavaScript holds numbers and sends messages; all else is behind the ops.

import { ops, primordials } from "ext:runtime_wasm/port.js";
import { settled, typeError, WasmError, WasmErrorCode } from "ext:runtime_wasm/error.js";
import { asBytes, asId, asString } from "ext:runtime_wasm/convert.js";
import { handedOver, PIECE_BYTES, turn, wholeList } from "ext:runtime_wasm/large.js";
import { asOptions, readInstanceOptions, readOptions } from "ext:runtime_wasm/options.js";
import { forgetImports, GivenImports, knownImports, learnImports } from "ext:runtime_wasm/import_object.js";
import { ComponentImports } from "ext:runtime_wasm/component/imports.js";
import { Guest, HostResources } from "ext:runtime_wasm/component/objects.js";
import { forgetInterface, knownInterface, learnInterface } from "ext:runtime_wasm/component/types.js";
import { addHandlers, known, pump, removeHandlers } from "ext:runtime_wasm/imports.js";
import { closing, end } from "ext:runtime_wasm/ending.js";
import { making, unlessCancelled, WasmInstance } from "ext:runtime_wasm/instance.js";
import { abortSignals } from "ext:runtime_wasm/replies.js";
import { checkSignal, isAborted, offAbort, onAbort, throwIfAborted } from "ext:runtime_wasm/signals.js";
import { connect, prepare, release } from "ext:runtime_wasm/stdio.js";

const {
  op_wasm_all_stats, op_wasm_compile, op_wasm_compile_file, op_wasm_compile_large, op_wasm_drop_module, op_wasm_inspect,
  op_wasm_instantiate, op_wasm_max_module_bytes,
} = ops;
const { ArrayPrototypeJoin, PromisePrototypeCatch, PromisePrototypeThen, RegExpPrototypeExec, TypedArrayPrototypeGetByteLength, Uint8Array } = primordials;

const sha256Digits = /^[0-9a-f]{64}$/i;

export { call, getExports, memory } from "ext:runtime_wasm/requests.js";
export { types } from "ext:runtime_wasm/types.js";
export { WasmError, WasmErrorCode };

/** Compiles a module from bytes; resolves to its id. A signal ends it. */
export async function compile(bytes, options = {}) {
  const view = asBytes(bytes, "bytes");
  const { signal } = readOptions(options, ["signal"], "options");
  checkSignal(signal);
  const limit = op_wasm_max_module_bytes();
  const length = TypedArrayPrototypeGetByteLength(view);
  if (length > limit) {
    const text = "the module has " + length + " bytes, more than the limit of " + limit + " (max_module_bytes)";
    throw new WasmError(WasmErrorCode.CompileError, text);
  }
  return await compiled(signal, (handle) =>
    length <= PIECE_BYTES
      ? op_wasm_compile(view, handle)
      : handedOver(view, "bytes", () => undefined, (large) => op_wasm_compile_large(large, handle)));
}

/** The id of a module, of which is then known what it wants to import. */
async function compiled(signal, start) {
  const module = await unlessCancelled(signal, start);
  if (await learnInterface(module) === null) await learnImports(module);
  return module;
}

/** Compiles a module from a file that the manifest's `load` grants; resolves to its id. */
export async function compileFile(path, options = {}) {
  asString(path, "path");
  const { sha256, signal } = readOptions(options, ["sha256", "signal"], "options");
  checkSignal(signal);
  if (sha256 !== undefined && !isSha256(asString(sha256, "options.sha256"))) {
    throw typeError("options.sha256 must be 64 hexadecimal digits");
  }
  return await compiled(signal, (handle) => op_wasm_compile_file(path, sha256 ?? "", handle));
}

function isSha256(text) {
  return RegExpPrototypeExec(sha256Digits, text) !== null;
}

/** Forgets a module. Instances of it live on. */
export async function dropModule(module) {
  asId(module, "module");
  forgetImports(module);
  forgetInterface(module);
  return await settled(op_wasm_drop_module(module));
}

/** How every instance is doing, as `instance.stats()` tells it. */
export async function instances() {
  return await settled(op_wasm_all_stats());
}

/** What a module imports, exports and needs, known before it runs. */
export async function inspect(module) {
  const info = await settled(wholeList(op_wasm_inspect(asId(module, "module"))));
  if (info.kind === "component") info.wit = ArrayPrototypeJoin(info.wit, "\n") + "\n";
  return { id: module, ...info };
}

const nothing = new GivenImports([], {});
const noBytes = new Uint8Array(0);

/** Makes an instance of a module, on a thread of its own. */
export async function instantiate(module, options = undefined) {
  asId(module, "module");
  const read = readInstanceOptions(options);
  const checked = asOptions(read);
  const { signal } = read;
  checkSignal(signal);
  throwIfAborted(signal);
  // Within the call where it is known what the module wants, as it is of one that has been compiled here.
  const component = knownInterface(module);
  // One that another runtime has compiled is not known yet.
  const described = component === undefined ? await learnInterface(module) : component;
  const guest = described === null ? undefined : new Guest(described, new HostResources());
  const given = guest !== undefined
    ? new ComponentImports(guest, read.imports)
    : read.imports === undefined
    ? nothing
    : new GivenImports(knownImports(module) ?? await learnImports(module), read.imports);
  while (given.readOn()) await turn();
  const source = prepare(checked, read.stdin);
  if (given.handlers.length > 0 || guest !== undefined) checked.importSet = addHandlers(given.handlers);
  pump();
  const made = unlessCancelled(signal, (handle) => op_wasm_instantiate(module, checked, checked.stdinBytes ?? noBytes, given.kinds, given.values, handle));
  const { id, name, pipes } = await PromisePrototypeCatch(made, (error) => {
    release(source);
    removeHandlers(checked.importSet);
    throw error;
  });
  const closed = closing(id);
  const instance = new WasmInstance(making, id, name, module, closed, guest);
  known(instance, id, closed, checked.importSet);
  connect(instance, pipes, source);
  if (signal !== undefined) {
    if (isAborted(signal)) await end(id, "dropped");
    throwIfAborted(signal);
    const abort = () => end(id, "aborted");
    onAbort(signal, abort);
    PromisePrototypeThen(closed, () => offAbort(signal, abort));
    abortSignals.set(instance, signal);
  }
  return instance;
}
