// Abort signals, asked by the methods of their class and not by those that a signal or a prototype may have been given since.

import { abortAlgorithms, primordials } from "ext:runtime_wasm/port.js";
import { typeError } from "ext:runtime_wasm/error.js";
import { describe, guarded, quoted } from "ext:runtime_wasm/convert.js";
import { membersOf, neededClass, webClass } from "ext:runtime_wasm/web.js";

const { ObjectKeys, ObjectPrototypeIsPrototypeOf } = primordials;

let signals;
let controllers;

/** The members of the class of signals; undefined where the program has no such class. */
function signalClass() {
  const AbortSignal = webClass("AbortSignal");
  if (AbortSignal === undefined) return undefined;
  if (signals === undefined) {
    const found = membersOf(AbortSignal.prototype, ["aborted", "reason"]);
    found.listening = listening(AbortSignal.prototype);
    signals = complete("AbortSignal", found);
  }
  return signals;
}

/** A program may have made a class of its own, of which not all is there that we need. */
function complete(name, members) {
  const keys = ObjectKeys(members);
  for (let i = 0; i < keys.length; i++) {
    if (members[keys[i]] === undefined) throw typeError("the " + name + " of this program has no " + quoted(keys[i]));
  }
  return members;
}

/** How to be told of a signal. deno_web has a way of its own, which reads no options and keeps no app alive. */
function listening(prototype) {
  const ofDenoWeb = listeningOfDenoWeb(prototype);
  if (ofDenoWeb.add !== undefined) return ofDenoWeb;
  const { addEventListener, removeEventListener } =
    complete("AbortSignal", membersOf(prototype, ["addEventListener", "removeEventListener"]));
  return {
    __proto__: null,
    add: (signal, listener) => addEventListener(signal, "abort", listener, { __proto__: null, once: true }),
    remove: (signal, listener) => removeEventListener(signal, "abort", listener),
  };
}

function listeningOfDenoWeb(prototype) {
  try {
    const { add, remove } = abortAlgorithms();
    const members = membersOf(prototype, [add, remove]);
    return { __proto__: null, add: members[add], remove: members[remove] };
  } catch {
    return { __proto__: null };
  }
}

function controllerClass() {
  return controllers ??= complete("AbortController", membersOf(webClass("AbortController").prototype, ["abort", "signal"]));
}

/** Refuses what is given as a signal and is none. */
export function checkSignal(signal) {
  if (signal === undefined) return;
  const AbortSignal = neededClass("AbortSignal", "options.signal");
  const found = signalClass();
  if (!ObjectPrototypeIsPrototypeOf(AbortSignal.prototype, signal)) {
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
  if (signal !== undefined) signalClass()?.listening.add(signal, listener);
}

/** Takes that back. A signal may outlive many instances. */
export function offAbort(signal, listener) {
  if (signal !== undefined) signalClass().listening.remove(signal, listener);
}

/** A controller of our own. */
export function newController(what) {
  const AbortController = neededClass("AbortController", what);
  controllerClass();
  return new AbortController();
}

/** The signal of a controller. */
export function signalOf(controller) {
  return controllerClass().signal(controller);
}

/** Fires a controller's signal. */
export function abort(controller) {
  controllerClass().abort(controller);
}
