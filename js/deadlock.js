// Handlers that would wait for themselves.
//
// An instance that waits for a handler of ours answers calls after that. So a handler that awaits a call of the instance that waits for it
// waits for ever, and so do two whose instances call each other. What waits for what is known: a handler that runs waits for the calls
// whose promises somebody within it has subscribed to; a call waits for the handlers that its instance waits for. A subscription that
// closes a circle in this is given one turn of the event loop, in which the handler may return all the same; then its call is taken
// out of the mailbox and rejects.
//
// Code is within a handler also after its awaits: both engines hand the context on with each promise, and deno_web with timers.

import { closeHandle, Context, eventLoopTurn, ops, primordials } from "ext:runtime_wasm/port.js";
import { quoted } from "ext:runtime_wasm/convert.js";
import { WasmError, WasmErrorCode } from "ext:runtime_wasm/error.js";
import { bareArray, hidden } from "ext:runtime_wasm/own.js";

const { op_wasm_abort_handle, op_wasm_instance_label, op_wasm_is_alive } = ops;
const { MapPrototypeForEach, ObjectDefineProperty, Promise, PromisePrototypeThen, PromiseWithResolvers, SafeMap, SafeSet } = primordials;

const NO_HANDLE = -1;

/** For each instance that waits for handlers, these, by the ids of its calls of them. */
export const waiting = new SafeMap();

/** The handler within which code runs. */
const current = new Context();

/** A handler that has begun, and for which its instance waits until it is over. */
export class Handler {
  id;
  instance;
  /** Tells it that the guest waits no more. */
  abort;
  /** The calls that it waits for, as keys. */
  awaited = new SafeMap();

  constructor(id, instance, abort) {
    this.id = id;
    this.instance = instance;
    this.abort = abort;
    if (!waiting.has(instance)) waiting.set(instance, new SafeMap());
    waiting.get(instance).set(id, this);
  }

  /** Does its instance still wait for it? */
  isOpen() {
    return waiting.get(this.instance)?.get(this.id) === this;
  }

  /** Runs what belongs to the handler, with all that it awaits. */
  within(run) {
    return current.run(this, run);
  }
}

/** The handler has ended, or its guest has. Gives it, the first time. */
export function handlerIsOver(id, instance) {
  const handlers = waiting.get(instance);
  const handler = handlers?.get(id);
  if (handler === undefined) return undefined;
  handlers.delete(id);
  if (handlers.size === 0) waiting.delete(instance);
  return handler;
}

/** The handle of the call that is being made, if it is made within a handler. */
let handle = NO_HANDLE;

/** What to give the op of a call: closing it takes the call out of the mailbox. */
export function callHandle() {
  return handle;
}

/** Is this code within a handler that somebody waits for? */
export function isWithin() {
  return waiting.size > 0 && current.get()?.isOpen() === true;
}

/**
 * What an app gets for a call of an export, or for a batch where there is no name. `start` makes the call, at once, and gives a promise.
 * One that is made within a handler that would wait for itself rejects.
 */
export function calling(instance, name, start) {
  return isWithin() ? new CallWithin(instance, name).promiseOf(start) : start();
}

/** A call that is made within a handler. */
class CallWithin {
  instance;
  #name;
  #handle = op_wasm_abort_handle();
  /** The handlers that wait for it. */
  #waiters = bareArray();
  #isOver = false;
  #reject;

  constructor(instance, name) {
    this.instance = instance;
    this.#name = name;
  }

  promiseOf(start) {
    const { promise, resolve, reject } = PromiseWithResolvers();
    this.#reject = reject;
    const resolved = (value) => {
      this.#end();
      resolve(value);
    };
    const rejected = (error) => {
      this.#end();
      reject(error);
    };
    handle = this.#handle;
    try {
      PromisePrototypeThen(start(), resolved, rejected);
    } catch (error) {
      rejected(error);
    } finally {
      handle = NO_HANDLE;
    }
    // Whoever subscribes to a promise, by `await` or by a method, asks for its constructor first.
    const get = () => {
      this.#subscribed();
      return Promise;
    };
    ObjectDefineProperty(promise, "constructor", { __proto__: null, get, configurable: true, enumerable: false });
    // JavaScriptCore subscribes to what an async function returns without asking, unless the promise has a method of its own.
    const then = (resolve, reject) => PromisePrototypeThen(promise, resolve, reject);
    ObjectDefineProperty(promise, "then", hidden(then));
    return promise;
  }

  #end() {
    this.#isOver = true;
    for (let i = 0; i < this.#waiters.length; i++) this.#waiters[i].awaited.delete(this);
    closeHandle(this.#handle);
  }

  #subscribed() {
    const handler = current.get();
    if (this.#isOver || handler === undefined || !handler.isOpen() || handler.awaited.has(this)) return;
    handler.awaited.set(this, true);
    this.#waiters[this.#waiters.length] = handler;
    if (waitsFor(this.instance, handler)) this.#decideSoon(handler);
  }

  async #decideSoon(handler) {
    await eventLoopTurn();
    if (this.#isOver || !handler.isOpen() || !waitsFor(this.instance, handler)) return;
    const itself = handler.instance === this.instance;
    const what = this.#name === undefined ? "a batch of calls" : "the call of " + quoted(this.#name);
    const text = what + " in " + op_wasm_instance_label(this.instance) + " would never be answered: the instance waits" +
      (itself ? "" : ", by way of others,") + " for the handler that awaits it" +
      (itself ? "; within a handler, this.call(...) calls the guest that waits for it" : "");
    this.#end();
    this.#reject(new WasmError(WasmErrorCode.CallError, text));
  }
}

/** Is this handler among those that the instance waits for, or that these wait for in turn? */
function waitsFor(instance, handler) {
  const seen = new SafeSet();
  const next = bareArray();
  const add = (id) => {
    if (!seen.has(id)) next[next.length] = id;
    seen.add(id);
  };
  add(instance);
  let found = false;
  for (let i = 0; i < next.length && !found; i++) {
    const handlers = waiting.get(next[i]);
    // One that has been stopped waits no more, though the news of that may still be on its way.
    if (handlers === undefined || !op_wasm_is_alive(next[i])) continue;
    MapPrototypeForEach(handlers, (other) => {
      found ||= other === handler;
      MapPrototypeForEach(other.awaited, (_, call) => add(call.instance));
    });
  }
  return found;
}
