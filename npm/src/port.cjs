// What the JavaScript of runtime:wasm needs of the program that it runs in: here of Node, Bun or Deno, by the addon. `js/port.js` is its twin.
"use strict";

const { AsyncLocalStorage } = require("node:async_hooks");
const { types } = require("node:util");
const { listening } = require("./listeners.cjs");
const primordials = require("./primordials.cjs");

const { ArrayIsArray, JSONStringify, ObjectKeys, ObjectSetPrototypeOf, ReflectApply, SafeWeakMap, StringPrototypeToWellFormed, uncurryThis } = primordials;
const { isArrayBuffer, isSharedArrayBuffer } = types;
const encoder = new TextEncoder();
const encodeBy = uncurryThis(TextEncoder.prototype.encode);
const soon = setImmediate;

/** The ops whose promises can be told not to keep the process alive. */
const LOOSE = ["op_wasm_closed", "op_wasm_host_event", "op_wasm_stdio_closed", "op_wasm_stdio_read", "op_wasm_stdio_write"];

/**
 * A value that code finds wherever it has been called from within `run`, also after its awaits. What carries it is made when it is first needed:
 * in Node it makes every promise of the process dearer.
 */
class Context {
  #storage;

  get() {
    return this.#storage === undefined ? undefined : getStore(this.#storage);
  }

  run(value, work) {
    this.#storage ??= new AsyncLocalStorage();
    return runWith(this.#storage, value, work);
  }
}
const getStore = uncurryThis(AsyncLocalStorage.prototype.getStore);
const runWith = uncurryThis(AsyncLocalStorage.prototype.run);

/**
 * Plain data for JSON.stringify, in copies without prototypes: it asks these for `toJSON`. Half a pair of surrogates becomes what it becomes
 * elsewhere: U+FFFD.
 */
function bareCopy(value) {
  if (typeof value === "string") return StringPrototypeToWellFormed(value);
  if (typeof value !== "object" || value === null) return value;
  const copy = ArrayIsArray(value) ? ObjectSetPrototypeOf([], null) : { __proto__: null };
  const keys = ObjectKeys(value);
  for (let i = 0; i < keys.length; i++) copy[keys[i]] = bareCopy(value[keys[i]]);
  return copy;
}

/** The port on top of a host's native functions. */
function port(native) {
  const tasks = new SafeWeakMap();
  const ops = { __proto__: null };
  const keys = ObjectKeys(native);
  for (let i = 0; i < keys.length; i++) ops[keys[i]] = native[keys[i]];
  for (let i = 0; i < LOOSE.length; i++) ops[LOOSE[i]] = loose(native[LOOSE[i]]);

  function loose(op) {
    return (...args) => {
      const promise = ReflectApply(op, undefined, args);
      tasks.set(promise, native.task());
      return promise;
    };
  }

  // The options are plain data, once js/options.js is done with them.
  ops.op_wasm_instantiate = (module, options, stdin, kinds, values, abort) => {
    const { stdinBytes: _, ...plain } = options;
    return native.op_wasm_instantiate(module, JSONStringify(bareCopy(plain)), stdin, kinds, values, abort);
  };

  return {
    __proto__: null,
    abortAlgorithms: () => ({ __proto__: null }),
    closeHandle: native.op_wasm_close,
    Context,
    encode: (text) => encodeBy(encoder, text),
    eventLoopTurn: () => new primordials.Promise((resolve) => soon(resolve)),
    isArrayBuffer,
    isSharedArrayBuffer,
    listening,
    ops,
    primordials,
    refOp: (promise) => native.holds(tasks.get(promise), true),
    unrefOp: (promise) => native.holds(tasks.get(promise), false),
  };
}

module.exports = { port };
