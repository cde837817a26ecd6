// The functions of runtime:wasm. JavaScript holds numbers and sends messages; all else is behind the ops.

import { core } from "ext:core/mod.js";
import { settled, typeError, WasmError, WasmErrorCode } from "ext:runtime_wasm/error.js";
import {
  asArguments, asBytes, asFuel, asId, asInteger, asMilliseconds, asOptions, asString, describe,
} from "ext:runtime_wasm/convert.js";
import { connect, prepare, streamOf } from "ext:runtime_wasm/stdio.js";

const {
  op_wasm_add_fuel, op_wasm_call, op_wasm_compile, op_wasm_compile_file, op_wasm_drop_module, op_wasm_end,
  op_wasm_exports, op_wasm_instantiate, op_wasm_max_module_bytes, op_wasm_memory_grow, op_wasm_memory_read,
  op_wasm_memory_size, op_wasm_memory_write,
} = core.ops;

export { WasmError, WasmErrorCode };

/** For each instance with requests under way, the reply of the last one. */
const lines = new Map();

/**
 * Awaits a request's reply after those of the requests before it: the event loop may hear of two answers in either order,
 * the app hears of them in the order in which it asked.
 */
async function inLine(instance, operation) {
  const before = lines.get(instance);
  const reply = before === undefined ? operation : after(before, operation);
  lines.set(instance, reply);
  try {
    return await settled(reply);
  } finally {
    if (lines.get(instance) === reply) lines.delete(instance);
  }
}

/** The reply, once the one before it has come. Ops do not reject. */
async function after(before, operation) {
  const reply = await operation;
  await before;
  return reply;
}

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
  return settled(op_wasm_compile(view));
}

/** Compiles a module from a file that the manifest's `load` grants; resolves to its id. */
export async function compileFile(path, options = {}) {
  asString(path, "path");
  if (typeof options !== "object" || options === null) throw typeError(`options must be an object, not ${describe(options)}`);
  const sha256 = options.sha256 === undefined ? "" : asString(options.sha256, "options.sha256");
  if (options.sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw typeError("options.sha256 must be 64 hexadecimal digits");
  }
  return settled(op_wasm_compile_file(path, sha256));
}

/** Forgets a module. Instances of it live on. */
export async function dropModule(module) {
  return settled(op_wasm_drop_module(asId(module, "module")));
}

/** Calls an export of an instance; resolves to an array of results. */
export async function call(instance, name, args = []) {
  asId(instance, "instance");
  asString(name, "name");
  if (!Array.isArray(args)) throw typeError(`args must be an array, not ${describe(args)}`);
  return inLine(instance, op_wasm_call(instance, name, asArguments(args), 0));
}

/** Lists the exports of an instance, functions with their signatures. */
export async function getExports(instance) {
  return inLine(instance, op_wasm_exports(asId(instance, "instance")));
}

/** The memory of an instance: its export `memory`, or else the first memory that it exports. */
export const memory = Object.freeze({
  /** Copies `length` bytes from `offset` on into a new Uint8Array. */
  async read(instance, offset, length) {
    return inLine(instance, op_wasm_memory_read(asId(instance, "instance"), asInteger(offset, "offset"), asInteger(length, "length")));
  },
  /** Copies bytes to `offset`. */
  async write(instance, offset, bytes) {
    return inLine(instance, op_wasm_memory_write(asId(instance, "instance"), asInteger(offset, "offset"), asBytes(bytes, "bytes")));
  },
  /** The size in pages of 64 KiB. */
  async size(instance) {
    return inLine(instance, op_wasm_memory_size(asId(instance, "instance")));
  },
  /** Grows by `pages`; resolves to the size before. */
  async grow(instance, pages) {
    return inLine(instance, op_wasm_memory_grow(asId(instance, "instance"), asInteger(pages, "pages")));
  },
});

/** Makes an instance of a module, on a thread of its own. */
export async function instantiate(module, options = undefined) {
  asId(module, "module");
  const checked = asOptions(options);
  const signal = options?.signal;
  checkSignal(signal);
  signal?.throwIfAborted();
  const source = prepare(checked, options?.stdin);
  const [id, name, pipes] = await settled(op_wasm_instantiate(module, checked)).catch((error) => {
    source?.releaseLock();
    throw error;
  });
  const instance = new WasmInstance(making, id, name, module);
  connect(instance, pipes, source);
  if (signal !== undefined) {
    if (signal.aborted) await instance.drop();
    signal.throwIfAborted();
    signal.addEventListener("abort", () => end(id, "aborted"), { once: true });
    abortSignals.set(instance, signal);
  }
  return instance;
}

function checkSignal(signal) {
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw typeError(`options.signal must be an AbortSignal, not ${describe(signal)}`);
  }
}

/** Ends an instance without anybody waiting for it. That it has ended before is no error here. */
function end(id, how) {
  op_wasm_end(id, how, "");
}

/** The signals that instances were made with. */
const abortSignals = new WeakMap();

/** Awaits a call that a signal may end: then it rejects with the signal's own reason. */
async function unlessAborted(signals, instance, operation) {
  try {
    return await inLine(instance, operation);
  } catch (error) {
    const ended = error.code === WasmErrorCode.CallError || error.code === WasmErrorCode.InvalidInstanceHandle;
    const aborted = signals.find((signal) => signal?.aborted);
    if (ended && error.trap === undefined && error.exitCode === undefined && aborted) throw aborted.reason;
    throw error;
  }
}

const making = Symbol("making an instance");

/** An instance. It stays alive until it is dropped, whoever still refers to it. */
class WasmInstance {
  #id;
  #name;
  #moduleId;
  #memory;

  constructor(token, id, name, moduleId) {
    if (token !== making) throw new TypeError("an instance is made by instantiate()");
    this.#id = id;
    this.#name = name;
    this.#moduleId = moduleId;
    this.#memory = Object.freeze({
      read: (offset, length) => memory.read(id, offset, length),
      write: (offset, bytes) => memory.write(id, offset, bytes),
      size: () => memory.size(id),
      grow: (pages) => memory.grow(id, pages),
    });
  }

  /** The numeric id, for the low-level functions. */
  get id() {
    return this.#id;
  }

  /** The id of the module. */
  get moduleId() {
    return this.#moduleId;
  }

  /** The name, as errors and logs show it. */
  get name() {
    return this.#name;
  }

  /** What the guest reads, where stdin is "piped": a WritableStream; else null. */
  get stdin() {
    return streamOf(this, "stdin");
  }

  /** What the guest writes, where stdout is "piped": a ReadableStream; else null. */
  get stdout() {
    return streamOf(this, "stdout");
  }

  /** The same for stderr. */
  get stderr() {
    return streamOf(this, "stderr");
  }

  /** The memory: read, write, size, grow. */
  get memory() {
    return this.#memory;
  }

  /** Calls an export; resolves to an array of results. */
  async call(name, ...args) {
    asString(name, "name");
    const operation = op_wasm_call(this.#id, name, asArguments(args), 0);
    return unlessAborted([abortSignals.get(this)], this.#id, operation);
  }

  /** Calls an export within bounds of its own; reaching one ends the instance. */
  async callWith(options, name, ...args) {
    if (typeof options !== "object" || options === null) throw typeError(`options must be an object, not ${describe(options)}`);
    const { signal, timeoutMs } = options;
    checkSignal(signal);
    const limit = timeoutMs === undefined ? 0 : asMilliseconds(timeoutMs, "options.timeoutMs");
    asString(name, "name");
    const checked = asArguments(args);
    signal?.throwIfAborted();
    const abort = () => end(this.#id, "aborted");
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const operation = op_wasm_call(this.#id, name, checked, limit);
      return await unlessAborted([signal, abortSignals.get(this)], this.#id, operation);
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Runs a WASI command: calls `_start` and resolves to its exit code, whatever it is. */
  async run() {
    try {
      await this.call("_start");
      return { exitCode: 0 };
    } catch (error) {
      if (error instanceof WasmError && error.exitCode !== undefined) return { exitCode: error.exitCode };
      throw error;
    }
  }

  /** Lists the exports. */
  async getExports() {
    return getExports(this.#id);
  }

  /** Adds fuel to an instance that has a limit; resolves to what it has then. */
  async addFuel(amount) {
    return BigInt(await inLine(this.#id, op_wasm_add_fuel(this.#id, asFuel(amount, "amount"))));
  }

  /** Ends the instance at once, whatever its guest is doing; resolves when its thread is gone. */
  async terminate(reason = "") {
    return inLine(this.#id, op_wasm_end(this.#id, "terminated", asString(reason, "reason")));
  }

  /** Gives the instance back, ending what it is doing; resolves when its thread is gone. */
  async drop() {
    return inLine(this.#id, op_wasm_end(this.#id, "dropped", ""));
  }

  /** `await using instance = ...`: dropped at the end of the block, unless it has ended before. */
  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    try {
      await this.drop();
    } catch (error) {
      if (error.code !== WasmErrorCode.InvalidInstanceHandle) throw error;
    }
  }
}
