// Host functions: a guest that calls one waits on its own thread; here its handler runs, and its results go back.

import { ops, unrefOp, primordials } from "ext:runtime_wasm/port.js";
import { settled } from "ext:runtime_wasm/error.js";
import { Handler, handlerIsOver } from "ext:runtime_wasm/deadlock.js";
import { abort, newController, signalOf } from "ext:runtime_wasm/signals.js";
import { atOnce } from "ext:runtime_wasm/lines.js";
import { bareResult, memoryOf } from "ext:runtime_wasm/requests.js";
import { asArgument, asArguments, asString, guestFunctions } from "ext:runtime_wasm/convert.js";
import { bareArray } from "ext:runtime_wasm/own.js";
import { tableOf } from "ext:runtime_wasm/table.js";
import { argumentsOf, functionOf, guests, resultsOf } from "ext:runtime_wasm/component/calls.js";

const { op_wasm_call_ref, op_wasm_host_call, op_wasm_host_event, op_wasm_host_functions, op_wasm_host_next,
  op_wasm_host_return, op_wasm_host_throw } = ops;
const {
  ArrayIsArray, MathMin, PromisePrototypeThen, ReflectApply, SafeFinalizationRegistry, SafeMap, SafeWeakRef, SafeWeakSet, String,
  StringPrototypeSlice, SymbolIterator,
} = primordials;

const TEXT_CHARS_MAX = 2000;

/** The handlers of each instance that has any, by a number of their own: an instance's id comes too late for start functions. */
const sets = new SafeMap();
let lastSet = 0;

/** The objects of the instances that live, by id. Weak: an instance of which the app has lost sight is dropped. */
const objects = new SafeMap();

/** Puts handlers where calls find them; gives the number of the set. */
export function addHandlers(handlers) {
  sets.set(++lastSet, handlers);
  return lastSet;
}

/** The instance is made: until it has closed its handlers see it. */
export function known(instance, id, closed, set) {
  objects.set(id, new SafeWeakRef(instance));
  PromisePrototypeThen(closed, () => {
    objects.delete(id);
    removeHandlers(set);
  });
}

export function removeHandlers(set) {
  const guest = sets.get(set)?.guest;
  sets.delete(set);
  // What the app's objects were to a component they are no more.
  guest?.host.ended();
}

let pumping = false;

/** Takes events from now on. The waiting for them does not keep the app alive; the outer call of a guest that waits does. */
export function pump() {
  if (!pumping) {
    pumping = true;
    takeEvents();
  }
}

// No loop in an async function: while that waits for the next event, V8 keeps what the last one brought.
function takeEvents() {
  const next = op_wasm_host_event();
  unrefOp(next);
  PromisePrototypeThen(next, take);
}

function take(goesOn) {
  // The host has been closed.
  if (!goesOn) return;
  takeEvents();
  // Here a call begins, unless its guest has been stopped while the call was on its way.
  const event = op_wasm_host_next();
  if (event === undefined) return;
  if (event.length === 2) cancel(event[0], event[1]);
  else if (event.length === 3) sets.get(event[0])?.guest?.host.dropped(event[2]);
  else serve(event);
}

function cancel(id, instance) {
  handlerIsOver(id, instance)?.abort();
}

/** Begins the handler of one call. */
function serve({ 0: id, 1: instance, 2: set, 3: index, 4: args, 5: results }) {
  const handlers = sets.get(set);
  // It has ended meanwhile: nobody waits.
  if (handlers === undefined) return;
  const controls = { __proto__: null };
  const call = new HostCall(id, instance, controls);
  const handler = new Handler(id, instance, controls.abort);
  handler.within(() => run(handler, handlers[index], call, args, results));
}

async function run({ id, instance }, handler, call, args, results) {
  try {
    // One of a component's gives what the op takes.
    if (typeof handler !== "function") {
      const value = await handler.run(call, instance, args[0], wrong);
      if (handlerIsOver(id, instance) !== undefined) op_wasm_host_return(id, [value]);
      return;
    }
    const result = await ReflectApply(handler, call, args);
    const values = results === 1 ? [asArgument(result)] : results === 0 ? [] : asResults(result, results);
    if (handlerIsOver(id, instance) !== undefined) op_wasm_host_return(id, values);
  } catch (error) {
    if (handlerIsOver(id, instance) !== undefined) op_wasm_host_throw(id, asText(error), error, wasWrong(error));
  }
}

/**
 * Several results come as an array or another iterable, of which one more is read than there may be: it may have no end. Anything
 * else counts as one value, which Rust refuses.
 */
function asResults(result, count) {
  const values = bareArray();
  if (ArrayIsArray(result)) {
    const length = MathMin(result.length, count + 1);
    for (let index = 0; index < length; index++) values[index] = asArgument(result[index]);
    return values;
  }
  if (typeof result !== "object" || result === null || !(SymbolIterator in result)) return [asArgument(result)];
  // By the iterator of the app's own object, which is told when no more is read.
  const iterator = ReflectApply(result[SymbolIterator], result, []);
  for (let step; !(step = iterator.next()).done;) {
    values[values.length] = asArgument(step.value);
    if (values.length > count) {
      iterator.return?.();
      break;
    }
  }
  return values;
}

/** What a component's function returned, and could not be encoded: that is told apart from what an app throws. */
const wrong = new SafeWeakSet();

function wasWrong(error) {
  return typeof error === "object" && error !== null && wrong.has(error);
}

/** A thrown value as a text for the message, no more of it than one can hold; it may be anything. */
function asText(thrown) {
  try {
    return StringPrototypeSlice(String(thrown), 0, TEXT_CHARS_MAX);
  } catch {
    return "a value that has no text";
  }
}

/** What a host function finds as `this`. */
class HostCall {
  #id;
  #instanceId;
  #instance;
  #memory;
  #controls;
  #controller;

  constructor(id, instanceId, controls) {
    this.#id = id;
    this.#instanceId = instanceId;
    this.#instance = objects.get(instanceId)?.deref();
    this.#controls = controls;
    controls.aborted = false;
    controls.abort = () => {
      controls.aborted = true;
      if (this.#controller !== undefined) abort(this.#controller);
    };
  }

  /** The guest's memory, also while it waits. */
  get memory() {
    return (this.#memory ??= memoryOf({ __proto__: null, id: this.#instanceId }));
  }

  /** A table of the guest's, also while it waits. */
  table(name) {
    return tableOf({ __proto__: null, id: this.#instanceId }, name);
  }

  /** The instance; undefined while its start function runs, and once the app has lost sight of it. */
  get instance() {
    return this.#instance;
  }

  /** Aborts when the guest is stopped while it waits. */
  get signal() {
    if (this.#controller === undefined) {
      this.#controller = newController("this.signal");
      if (this.#controls.aborted) abort(this.#controller);
    }
    return signalOf(this.#controller);
  }

  /** Calls an export of the guest that waits; resolves to an array of results. */
  async call(name, ...args) {
    asString(name, "name");
    const guest = guests.get(this.#instanceId);
    if (guest !== undefined) {
      const func = functionOf(guest, name);
      const operation = op_wasm_host_call(this.#id, this.#instanceId, func.fullName, argumentsOf(guest, func, args));
      return resultsOf(guest, func, await settled(operation));
    }
    return await settled(op_wasm_host_call(this.#id, this.#instanceId, name, asArguments(args)));
  }
}

/** The functions that guests have let out, by their numbers. One function of a guest's is one here. */
const made = new SafeMap();
const forgotten = new SafeFinalizationRegistry((number) => {
  // Another may have been made for it since.
  if (made.get(number)?.deref() === undefined) made.delete(number);
});

op_wasm_host_functions((instance, number) => {
  const known = made.get(number)?.deref();
  if (known !== undefined) return known;
  // Whoever holds the function holds the instance.
  const held = { __proto__: null, id: instance, owner: objects.get(instance)?.deref() };
  const func = async (...args) => bareResult(await atOnce(held.id, op_wasm_call_ref(held.id, number, asArguments(args))));
  guestFunctions.set(func, [instance, number]);
  made.set(number, new SafeWeakRef(func));
  forgotten.register(func, number);
  return func;
});
