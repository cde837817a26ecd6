// Abort signals, asked by the methods of their class and not by those that a signal or a prototype may have been given since.

import { core, primordials } from "ext:core/mod.js";
import { typeError } from "ext:runtime_wasm/error.js";
import { describe, guarded } from "ext:runtime_wasm/convert.js";
import { membersOf, webClass } from "ext:runtime_wasm/web.js";

const { ObjectPrototypeIsPrototypeOf } = primordials;
const { loadExtScript } = core;

let signals;
let controllers;

/** The members of the class of signals; undefined where the program has no such class. */
function signalClass() {
  const AbortSignal = webClass("AbortSignal");
  if (AbortSignal === undefined) return undefined;
  if (signals === undefined) {
    signals = membersOf(AbortSignal.prototype, ["aborted", "reason"]);
    signals.listening = listening(AbortSignal.prototype);
  }
  return signals;
}

/** How to be told of a signal. deno_web has a way of its own, which reads no options and keeps no app alive. */
function listening(prototype) {
  try {
    const { add, remove } = loadExtScript("ext:deno_web/03_abort_signal.js");
    const members = membersOf(prototype, [add, remove]);
    return { __proto__: null, add: members[add], remove: members[remove] };
  } catch {
    const { addEventListener, removeEventListener } = membersOf(prototype, ["addEventListener", "removeEventListener"]);
    return {
      __proto__: null,
      add: (signal, listener) => addEventListener(signal, "abort", listener, { __proto__: null, once: true }),
      remove: (signal, listener) => removeEventListener(signal, "abort", listener),
    };
  }
}

function controllerClass() {
  const AbortController = webClass("AbortController");
  if (AbortController === undefined) return undefined;
  return controllers ??= membersOf(AbortController.prototype, ["abort", "signal"]);
}

/** Refuses what is given as a signal and is none. */
export function checkSignal(signal) {
  if (signal === undefined) return;
  const found = signalClass();
  if (found === undefined || !ObjectPrototypeIsPrototypeOf(webClass("AbortSignal").prototype, signal)) {
    throw typeError("options.signal must be an AbortSignal, not " + describe(signal));
  }
  // What only inherits from the class throws when it is asked.
  guarded("options.signal", () => found.aborted(signal));
}

/** Has this signal fired? `undefined` is no signal. */
export function isAborted(signal) {
  return signal !== undefined && signalClass().aborted(signal);
}

/** The reason that a signal has fired with. */
export function abortReason(signal) {
  return signalClass().reason(signal);
}

/** Throws the signal's reason once it has fired. */
export function throwIfAborted(signal) {
  if (isAborted(signal)) throw abortReason(signal);
}

/** Has `listener` called when the signal fires. */
export function onAbort(signal, listener) {
  if (signal !== undefined) signalClass().listening.add(signal, listener);
}

/** Takes that back. A signal may outlive many instances. */
export function offAbort(signal, listener) {
  if (signal !== undefined) signalClass().listening.remove(signal, listener);
}

/** A controller of our own, or undefined where the program has no such class. */
export function newController() {
  const AbortController = webClass("AbortController");
  return AbortController === undefined ? undefined : new AbortController();
}

/** The signal of a controller. */
export function signalOf(controller) {
  return controllerClass().signal(controller);
}

/** Fires a controller's signal. */
export function abort(controller) {
  controllerClass().abort(controller);
}
