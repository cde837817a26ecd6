// The object that an app holds for an instance. It knows the instance's id, and asks by it.

import { closeHandle, ops, primordials } from "ext:runtime_wasm/port.js";
import { failed, isFailure, isWasmError, settled, WasmErrorCode } from "ext:runtime_wasm/error.js";
import { asArguments, asCalls, asString, callResults } from "ext:runtime_wasm/convert.js";
import { callHandle, calling, isWithin } from "ext:runtime_wasm/deadlock.js";
import { asFuel } from "ext:runtime_wasm/options.js";
import { bareArray, ownValue, shown } from "ext:runtime_wasm/own.js";
import { offAbort, onAbort, throwIfAborted } from "ext:runtime_wasm/signals.js";
import { end } from "ext:runtime_wasm/ending.js";
import { boundsOf, callBytes, callText } from "ext:runtime_wasm/exchange.js";
import { atOnce, idle, inLine } from "ext:runtime_wasm/lines.js";
import { abortSignals, sent } from "ext:runtime_wasm/replies.js";
import { asked, bareResult, COMMAND_ENTRY, getExports, memoryOf } from "ext:runtime_wasm/requests.js";
import { inputHeard, streamOf } from "ext:runtime_wasm/stdio.js";
import { tableOf } from "ext:runtime_wasm/table.js";
import { argumentsKept, functionOf, guests, resultsOf, waitsFor } from "ext:runtime_wasm/component/calls.js";
import { argumentsOnceReady, calledByName, calledOfComponent, commandOf, resultsOfBatch, withLent } from "ext:runtime_wasm/component/requests.js";
import { exportsOfComponent } from "ext:runtime_wasm/component/exports.js";

const {
  op_wasm_abort_handle, op_wasm_add_fuel, op_wasm_call, op_wasm_call_batch, op_wasm_call_with, op_wasm_global_get, op_wasm_global_set,
  op_wasm_send_batch, op_wasm_send_call, op_wasm_stats,
} = ops;
const {
  ObjectDefineProperty, ObjectFreeze, ObjectHasOwn, PromisePrototypeThen, PromiseReject, Proxy, SafeFinalizationRegistry, SafeMap, Symbol, SymbolFor,
  SymbolToPrimitive, TypeError,
} = primordials;

/** Awaits an op that takes a handle to abort it by; when the signal fires, aborts it and throws the signal's reason. */
export async function unlessCancelled(signal, start) {
  if (signal === undefined) return await settled(start(-1));
  throwIfAborted(signal);
  const handle = op_wasm_abort_handle();
  const cancel = () => closeHandle(handle);
  onAbort(signal, cancel);
  try {
    return await settled(start(handle));
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  } finally {
    offAbort(signal, cancel);
    closeHandle(handle);
  }
}

/** Drops the instances of which the app has lost sight, once the requests that it made of them are answered. */
const forgotten = new SafeFinalizationRegistry(async (id) => {
  await idle(id);
  try {
    await end(id, "dropped");
  } catch {
    // The host has been closed, and all its instances have ended with it.
  }
});

// What an instance gives out holds the object, and not only the id: whoever holds that holds the instance. It is made when it
// is asked for, or each instance would be a cycle, which costs memory until garbage is collected.

/** The globals of an instance. */
function globalsOf(instance) {
  return ObjectFreeze({
    get: async (name) => (await atOnce(instance.id, op_wasm_global_get(instance.id, asString(name, "name"))))[0],
    set: async (name, value) => {
      return await atOnce(instance.id, op_wasm_global_set(instance.id, asString(name, "name"), asArguments([value])));
    },
  });
}

/** A function for each export: a bare result, an array of several, undefined for none. */
function exportsOf(instance) {
  const functions = new SafeMap();
  return new Proxy(ObjectFreeze({ __proto__: null }), {
    __proto__: null,
    get(_target, name) {
      // Not even if the module has such an export: JavaScript itself calls these, and a `then` would make it pass for a promise.
      if (name === "then" || name === "toJSON") return undefined;
      if (name === SymbolToPrimitive) return () => "[object WasmExports]";
      if (typeof name !== "string") return undefined;
      if (!functions.has(name)) {
        functions.set(name, (...args) => called(instance.owner, instance.id, name, args, bareResult));
      }
      return functions.get(name);
    },
  });
}

/**
 * Calls an export, ending with the signals that may end the instance; resolves to an array of results, or to what `read` makes of it.
 * This is done often, and on QuickJS each closure and each async function costs as much as a guest's call.
 */
function called(instance, id, name, args, read = undefined) {
  const guest = guests.get(id);
  if (guest !== undefined) return calledByName(instance, guest, name, args, read);
  try {
    if (isWithin() || name === COMMAND_ENTRY) return calling(id, name, () => calledByItself(instance, id, name, args, read));
    return sent(id, op_wasm_send_call(id, asString(name, "name"), asArguments(args)), instance, read);
  } catch (error) {
    return PromiseReject(error);
  }
}

/** The same within a handler, which may have to take it back, and of a command. */
async function calledByItself(instance, id, name, args, read) {
  const operation = op_wasm_call(id, asString(name, "name"), asArguments(args), callHandle());
  try {
    const results = await inLine(id, operation, abortSignals.get(instance));
    return read === undefined ? results : read(results);
  } finally {
    if (name === COMMAND_ENTRY) await inputHeard(instance);
  }
}

/** The results of a batch, or its error. `decoded` makes of what has come what the app gets. */
function batchResults({ 0: numbers, 1: others, 2: failure }, decoded = undefined) {
  const found = callResults(numbers, others);
  const results = decoded === undefined ? found : decoded(found);
  if (failure === null) return results;
  const error = failed(failure);
  ObjectDefineProperty(error, "index", shown(results.length));
  ObjectDefineProperty(error, "results", shown(results));
  throw error;
}

/** The reply of an op, but that it is no failure if the instance has ended already. */
async function unlessEnded(operation) {
  const reply = await operation;
  return isFailure(reply) && reply.failure === WasmErrorCode.InvalidInstanceHandle ? null : reply;
}

export const making = Symbol("making an instance");

/** An instance. It lives until it is dropped, or until the app has lost sight of it. */
export class WasmInstance {
  #id;
  #name;
  #moduleId;
  #memory;
  #globals;
  #exports;
  #guest;
  #closed;
  #isGivenBack = false;

  constructor(token, id, name, moduleId, closed, guest) {
    if (token !== making) throw new TypeError("an instance is made by instantiate()");
    this.#id = id;
    this.#name = name;
    this.#moduleId = moduleId;
    this.#closed = closed;
    this.#guest = guest;
    if (guest !== undefined) this.#serve(guest);
    forgotten.register(this, id);
  }

  /** From here on it is called by what knows of it. */
  #serve(guest) {
    guest.id = this.#id;
    // Not the object: whoever has only the id does not hold the instance.
    const { id } = guest;
    guest.invoke = (func, args) => calledOfComponent(undefined, guest, func, args, bareResult);
    guest.call = (name, args) => calledByName(undefined, guest, name, args);
    guests.set(id, guest);
    PromisePrototypeThen(this.#closed, () => guests.delete(id));
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
    return this.#memory ??= memoryOf(this.#held());
  }

  /** The exported globals: get and set, by name. */
  get globals() {
    return this.#globals ??= globalsOf(this.#held());
  }

  /** A table, by its name: get, set, grow, size. */
  table(name) {
    return tableOf(this.#held(), name);
  }

  /** The exported functions, by name: a bare result, an array of several, undefined for none. */
  get exports() {
    return this.#exports ??= this.#guest === undefined
      ? exportsOf(this.#held())
      : exportsOfComponent(this.#guest, (func, args) => calledOfComponent(this, this.#guest, func, args, bareResult));
  }

  /** Resolves once the instance has ended and its thread is gone: `{ reason, message? }`. */
  get closed() {
    return this.#closed;
  }

  /** For those that hold it. */
  #held() {
    return { __proto__: null, id: this.#id, owner: this };
  }

  /** How it is doing, now: answered without its thread. */
  async stats() {
    return await settled(op_wasm_stats(this.#id));
  }

  /** Calls an export; resolves to an array of results. */
  call(name, ...args) {
    return called(this, this.#id, name, args);
  }

  /** Calls exports in turn, as one request, up to the first that fails: its error has `index`, and `results` before it. */
  callBatch(calls) {
    return asked(() => {
      if (this.#guest !== undefined) return this.#batchOfComponent(calls);
      if (isWithin()) return calling(this.#id, undefined, () => this.#batchWithin(asCalls(calls)));
      const { 0: numbers, 1: names, 2: others } = asCalls(calls);
      return sent(this.#id, op_wasm_send_batch(this.#id, numbers, names, others), this, batchResults);
    });
  }

  #batchOfComponent(calls) {
    const guest = this.#guest;
    const functions = bareArray();
    let spelled;
    let missing;
    guest.hold();
    try {
      spelled = asCalls(calls, {
        __proto__: null,
        functions,
        functionOf: (name) => {
          try {
            return functionOf(guest, name);
          } catch (error) {
            throw missing = error;
          }
        },
        spelled: (func, args) => argumentsKept(guest, func, args),
      });
    } catch (error) {
      if (missing !== undefined) throw missing;
      const ready = waitsFor(error.cause);
      if (ready === undefined) throw error;
      return this.#batchOnceReady(ready, calls);
    } finally {
      guest.release(spelled !== undefined);
    }
    const lent = guest.host.takeLent();
    const read = (reply) => batchResults(reply, (found) => resultsOfBatch(guest, functions, found));
    const promise = isWithin()
      ? calling(this.#id, undefined, async () => read(await this.#sendBatch(spelled)))
      : sent(this.#id, op_wasm_send_batch(this.#id, spelled[0], spelled[1], spelled[2]), this, read);
    return lent.length === 0 ? promise : withLent(guest, lent, promise);
  }

  async #batchOnceReady(ready, calls) {
    await ready;
    return await this.#batchOfComponent(calls);
  }

  async #sendBatch({ 0: numbers, 1: names, 2: others }) {
    const operation = op_wasm_call_batch(this.#id, numbers, names, others, callHandle());
    return await inLine(this.#id, operation, abortSignals.get(this));
  }

  async #batchWithin({ 0: numbers, 1: names, 2: others }) {
    const operation = op_wasm_call_batch(this.#id, numbers, names, others, callHandle());
    return batchResults(await inLine(this.#id, operation, abortSignals.get(this)));
  }

  /** Calls an export within bounds of its own. Reaching that of time ends the instance; that of fuel ends the call. */
  callWith(options, name, ...args) {
    return asked(() => calling(this.#id, name, () => this.#callWith(options, name, args)));
  }

  async #callWith(options, name, args) {
    const { signal, limit, cpu, most } = boundsOf(options);
    asString(name, "name");
    const guest = this.#guest;
    const func = guest === undefined ? undefined : functionOf(guest, name);
    const checked = guest === undefined ? asArguments(args) : await argumentsOnceReady(guest, func, args);
    const lent = guest === undefined ? undefined : guest.host.takeLent();
    throwIfAborted(signal);
    const abort = () => end(this.#id, "aborted");
    onAbort(signal, abort);
    try {
      const called = func === undefined ? name : func.fullName;
      const operation = op_wasm_call_with(this.#id, called, checked, limit, cpu, most, callHandle());
      const results = await inLine(this.#id, operation, signal, abortSignals.get(this));
      return func === undefined ? results : resultsOf(guest, func, results);
    } finally {
      offAbort(signal, abort);
      if (lent !== undefined) guest.host.forgetLent(lent);
    }
  }

  /** Calls an export with bytes, which gives bytes, as docs/plugins.md says: one request. With the options of `callWith`. */
  callBytes(name, bytes, options = undefined) {
    return asked(() => callBytes(this, this.#id, name, bytes, options));
  }

  /** The same with text in UTF-8. Half a pair of surrogates becomes what it becomes elsewhere: U+FFFD. */
  callText(name, text, options = undefined) {
    return asked(() => callText(this, this.#id, name, text, options));
  }

  /** Runs a WASI command: calls `_start` and resolves to its exit code, whatever it is. */
  run() {
    return this.#run();
  }

  async #run() {
    try {
      const guest = this.#guest;
      await called(this, this.#id, guest === undefined ? COMMAND_ENTRY : commandOf(guest), []);
      return { exitCode: 0 };
    } catch (error) {
      // A component says no more than that it failed.
      if (this.#guest !== undefined && isWasmError(error) && ObjectHasOwn(error, "payload")) return { exitCode: 1 };
      const exitCode = isWasmError(error) ? ownValue(error, "exitCode") : undefined;
      if (exitCode === undefined) throw error;
      return { exitCode };
    }
  }

  /** Lists the exports. */
  async getExports() {
    return await getExports(this.#id);
  }

  /** Adds fuel to an instance that has a limit; resolves to what it has then. */
  async addFuel(amount) {
    return await atOnce(this.#id, op_wasm_add_fuel(this.#id, asFuel(amount, "amount")));
  }

  /** Ends the instance at once, whatever its guest is doing; resolves when its thread is gone, also if something else has ended it. */
  terminate(reason = "") {
    return asked(() => this.#end("terminated", asString(reason, "reason")));
  }

  /** Gives the handle back, and ends the instance, if it has not ended; resolves when its thread is gone. Once: again it is 5005. */
  drop() {
    return asked(() => {
      // Of what has been given back the op says how it has ended.
      return this.#isGivenBack ? inLine(this.#id, end(this.#id, "dropped")) : this.#drop();
    });
  }

  #drop() {
    this.#isGivenBack = true;
    return this.#end("dropped");
  }

  /** The first reason to end stands, and whoever comes later waits for the same end. */
  async #end(how, message = "") {
    await inLine(this.#id, unlessEnded(end(this.#id, how, message)));
    await this.#closed;
  }

  /** `await using instance = ...`: given back at the end of the block, unless it has been before. */
  async [Symbol.asyncDispose ?? SymbolFor("Symbol.asyncDispose")]() {
    if (this.#isGivenBack) await this.#closed;
    else await this.#drop();
  }
}
