// Reading what an app hands over, and making what goes to the ops, so that nothing of it depends on prototypes. An app, or a library
// in it, may have put anything there: a value, a getter, a setter, a method of its own.
//
// The rules in this folder: an app's object is read by its own properties; objects of ours have no prototype, and what an app
// gets is defined, not assigned; built-in functions are those of deno_core's `primordials`, taken before the app ran; arrays
// are walked by index, for an iterator is a method of a prototype; texts are joined by `+`, for QuickJS makes a template a call of
// `concat`. tests/tidy_js.rs looks after these.

import { primordials } from "ext:runtime_wasm/port.js";

const { ObjectHasOwn, ObjectSetPrototypeOf, ReflectApply } = primordials;

/** The value of an object's own property, or undefined. */
export function ownValue(object, key) {
  return ObjectHasOwn(object, key) ? object[key] : undefined;
}

/** A property to define: one that is not listed, such as those that errors have. */
export function hidden(value) {
  return { __proto__: null, value, writable: true, configurable: true, enumerable: false };
}

/** A property to define, as an assignment would make it where no prototype has a say. */
export function shown(value) {
  return { __proto__: null, value, writable: true, configurable: true, enumerable: true };
}

/** An empty array for an op. It has no prototype, so what is assigned to a place of it is there. */
export function bareArray() {
  return ObjectSetPrototypeOf([], null);
}

const listed = (...items) => items;
const listedAfterFirst = (_first, ...items) => items;

/** The elements of an array of the app's, in one of our own. Only for short ones: they cross as arguments. */
export function listOf(array) {
  return ReflectApply(listed, undefined, array);
}

/** All of them but the first. */
export function listAfterFirst(array) {
  return ReflectApply(listedAfterFirst, undefined, array);
}
