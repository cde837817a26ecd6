// The web APIs that this program may have, abort signals and streams. A program on deno_core may have none, or define them later,
// so they are looked up when they are needed; what the program had at the start is what is taken.

import { primordials } from "ext:runtime_wasm/port.js";
import { typeError } from "ext:runtime_wasm/error.js";
import { ownValue } from "ext:runtime_wasm/own.js";

const { ObjectGetPrototypeOf, ReflectApply, ReflectGetOwnPropertyDescriptor, globalThis, uncurryThis } = primordials;

const inGlobal = (name) => ReflectGetOwnPropertyDescriptor(globalThis, name);

/** Values, or getters that load them when somebody first asks. */
const atStart = {
  __proto__: null,
  AbortController: inGlobal("AbortController"),
  AbortSignal: inGlobal("AbortSignal"),
  ReadableStream: inGlobal("ReadableStream"),
  WritableStream: inGlobal("WritableStream"),
};

const classes = { __proto__: null };

/** The class of this name, or undefined where the program has none. */
export function webClass(name) {
  return classes[name] ??= lookUp(atStart[name] ?? inGlobal(name));
}

function lookUp(descriptor) {
  if (descriptor === undefined) return undefined;
  const value = valueOf(descriptor, globalThis);
  return typeof value === "function" ? value : undefined;
}

function valueOf(descriptor, holder) {
  const get = ownValue(descriptor, "get");
  return get === undefined ? ownValue(descriptor, "value") : ReflectApply(get, holder, []);
}

/** The same for `what`, which cannot do without it. */
export function neededClass(name, what) {
  const found = webClass(name);
  if (found === undefined) throw typeError(what + " needs " + name + ", which this program does not provide");
  return found;
}

/**
 * Methods and getters of a prototype, each as a function that takes the object first. Kept by whoever needs them, they stay what
 * they are, whatever an app does to the prototype afterwards.
 */
export function membersOf(prototype, keys) {
  const members = { __proto__: null };
  for (let i = 0; i < keys.length; i++) members[keys[i]] = member(prototype, keys[i]);
  return members;
}

function member(prototype, key) {
  for (let holder = prototype; holder !== null; holder = ObjectGetPrototypeOf(holder)) {
    const descriptor = ReflectGetOwnPropertyDescriptor(holder, key);
    if (descriptor !== undefined) return uncurryThis(ownValue(descriptor, "get") ?? ownValue(descriptor, "value"));
  }
  return undefined;
}
