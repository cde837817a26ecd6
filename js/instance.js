// The object that an app holds for an instance. It knows the instance's id, and asks by it.

import { core } from "ext:core/mod.js";
import { typeError, WasmError, WasmErrorCode } from "ext:runtime_wasm/error.js";
import { asArguments, asFuel, asMilliseconds, asString, describe } from "ext:runtime_wasm/convert.js";
import { getExports, inLine, memory } from "ext:runtime_wasm/requests.js";

const { op_wasm_add_fuel, op_wasm_call, op_wasm_end } = core.ops;

export function checkSignal(signal) {
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw typeError(`options.signal must be an AbortSignal, not ${describe(signal)}`);
  }
}

/** Ends an instance without anybody waiting for it. That it has ended before is no error here. */
export function end(id, how) {
  op_wasm_end(id, how, "");
}

/** The signals that instances were made with. */
export const abortSignals = new WeakMap();

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

export const making = Symbol("making an instance");

/** An instance. It stays alive until it is dropped, whoever still refers to it. */
export class WasmInstance {
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
