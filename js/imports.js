// Host functions: a guest that calls one waits on its own thread; here its handler runs, and its results go back.

import { core } from "ext:core/mod.js";
import { settled } from "ext:runtime_wasm/error.js";
import { asArgument, asArguments, asString, guestFunctions } from "ext:runtime_wasm/convert.js";

const { op_wasm_call_ref, op_wasm_host_call, op_wasm_host_event, op_wasm_host_functions, op_wasm_host_return,
  op_wasm_host_throw } = core.ops;

/** The handlers of each instance that has any, by a number of their own: an instance's id comes too late for start functions. */
const sets = new Map();
let lastSet = 0;

/** The handlers that are running, by call; and how many of them each instance waits for. */
const running = new Map();
const waiting = new Map();

/** Does this instance wait for a handler? Then it answers requests at once, ahead of the call that it is in. */
export function waits(instance) {
  return waiting.has(instance);
}

/** Puts handlers where calls find them; gives the number of the set. `memoryOf` makes the memory of an instance by id. */
export function addHandlers(handlers, memoryOf) {
  sets.set(++lastSet, { handlers, memoryOf, instance: undefined });
  return lastSet;
}

/** The instance is made: from now on its handlers see it. */
export function setInstance(set, instance) {
  sets.get(set).instance = instance;
}

export function removeHandlers(set) {
  sets.delete(set);
}

let pumping = false;

/** Takes events from now on. The waiting for them does not keep the app alive; the outer call of a guest that waits does. */
export function pump() {
  if (!pumping) {
    pumping = true;
    takeEvents();
  }
}

async function takeEvents() {
  for (;;) {
    const next = op_wasm_host_event();
    core.unrefOpPromise(next);
    const event = await next;
    if (event.length === 2) cancel(event[0], event[1]);
    else serve(event);
  }
}

function cancel(id, instance) {
  const call = running.get(id);
  if (call === undefined) return;
  over(id, instance);
  call.abort();
}

function over(id, instance) {
  running.delete(id);
  const left = waiting.get(instance) - 1;
  if (left > 0) waiting.set(instance, left);
  else waiting.delete(instance);
}

/** Runs the handler of one call. */
async function serve([id, instance, set, index, args, results]) {
  const { handlers, memoryOf, instance: object } = sets.get(set);
  const controls = {};
  const call = new HostCall(id, instance, object, memoryOf, controls);
  running.set(id, controls);
  waiting.set(instance, (waiting.get(instance) ?? 0) + 1);
  try {
    const result = await Reflect.apply(handlers[index], call, args);
    const values = results === 1 ? [asArgument(result)] : results === 0 ? [] : asResults(result);
    if (!running.has(id)) return;
    over(id, instance);
    op_wasm_host_return(id, values);
  } catch (error) {
    if (!running.has(id)) return;
    over(id, instance);
    op_wasm_host_throw(id, asText(error), error);
  }
}

/** Several results come as an array or another iterable; anything else counts as one value, which Rust refuses. */
function asResults(result) {
  const several = typeof result === "object" && result !== null && Symbol.iterator in result;
  return several ? Array.from(result, asArgument) : [asArgument(result)];
}

/** A thrown value as a text for the message; it may be anything. */
function asText(thrown) {
  try {
    return String(thrown);
  } catch {
    return "a value that has no text";
  }
}

/** What a host function finds as `this`. */
class HostCall {
  #id;
  #instanceId;
  #instance;
  #memoryOf;
  #memory;
  #controls;
  #controller;

  constructor(id, instanceId, instance, memoryOf, controls) {
    this.#id = id;
    this.#instanceId = instanceId;
    this.#instance = instance;
    this.#memoryOf = memoryOf;
    this.#controls = controls;
    controls.aborted = false;
    controls.abort = () => {
      controls.aborted = true;
      this.#controller?.abort();
    };
  }

  /** The guest's memory, also while it waits. */
  get memory() {
    return (this.#memory ??= this.#memoryOf(this.#instanceId));
  }

  /** The instance; undefined while its start function runs. */
  get instance() {
    return this.#instance;
  }

  /** Aborts when the guest is stopped while it waits. Undefined where there is no AbortController. */
  get signal() {
    if (this.#controller === undefined && typeof AbortController === "function") {
      this.#controller = new AbortController();
      if (this.#controls.aborted) this.#controller.abort();
    }
    return this.#controller?.signal;
  }

  /** Calls an export of the guest that waits; resolves to an array of results. */
  async call(name, ...args) {
    asString(name, "name");
    return settled(op_wasm_host_call(this.#id, this.#instanceId, name, asArguments(args)));
  }
}

/** The functions that guests have let out, as `instance/index`. One function of a guest's is one here. */
const made = new Map();

op_wasm_host_functions((instance, index) => {
  const key = `${instance}/${index}`;
  const known = made.get(key)?.deref();
  if (known !== undefined) return known;
  const func = async (...args) => {
    const results = await settled(op_wasm_call_ref(instance, index, asArguments(args)));
    return results.length > 1 ? results : results[0];
  };
  guestFunctions.set(func, [instance, index]);
  made.set(key, new WeakRef(func));
  return func;
});
