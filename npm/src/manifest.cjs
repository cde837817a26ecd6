// A manifest that is an object, as the native half reads it. What the format has no place for is said with the path of its key: the native half knows
// only the text that would be made of it.
"use strict";

const { bareArray, typeError } = require("./common.cjs");
const { guarded } = require("./options.cjs");
const {
  ArrayIsArray, JSONStringify, NumberIsFinite, NumberIsInteger, NumberIsSafeInteger, ObjectGetPrototypeOf, ObjectHasOwn, ObjectKeys, RegExpPrototypeExec,
  StringPrototypeIsWellFormed,
} = require("./primordials.cjs");

/** A manifest has no more than a few levels; an object that is within itself has no end of them. */
const DEPTH_MAX = 32;

/** The JSON of a manifest. Each property is read once, into copies without prototypes: JSON.stringify asks these for `toJSON`. */
function manifestText(manifest) {
  const what = "options.manifest";
  return JSONStringify(guarded(what, () => table(manifest, what, 0)));
}

function table(object, path, depth) {
  if (depth > DEPTH_MAX) throw tooDeep(path);
  if (!isPlain(object)) throw typeError(`${path} must be a plain object, not ${described(object)}`);
  const copy = { __proto__: null };
  const keys = ObjectKeys(object);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    const at = within(path, key);
    if (!StringPrototypeIsWellFormed(key)) throw typeError(`${at} has a key that is no text: half a pair of surrogates is in it`);
    guarded(at, () => {
      const value = object[key];
      // As if it were not there, which is what it is for.
      if (value !== undefined) copy[key] = item(value, at, depth + 1);
    });
  }
  return copy;
}

function list(array, path, depth) {
  if (depth > DEPTH_MAX) throw tooDeep(path);
  const copy = bareArray();
  const { length } = array;
  for (let index = 0; index < length; index++) {
    const at = `${path}[${index}]`;
    guarded(at, () => {
      if (!ObjectHasOwn(array, index)) throw typeError(`${at} is missing: the array has a hole there`);
      copy[index] = item(array[index], at, depth + 1);
    });
  }
  return copy;
}

function item(value, path, depth) {
  switch (typeof value) {
    case "boolean":
      return value;
    case "string":
      if (!StringPrototypeIsWellFormed(value)) throw typeError(`${path} is no text: half a pair of surrogates is in it`);
      return value;
    case "number":
      if (!NumberIsFinite(value)) throw typeError(`${path} must be a finite number, not ${value}`);
      if (NumberIsInteger(value) && !NumberIsSafeInteger(value)) throw typeError(`${path} is too large a number to be exact: ${value}`);
      return value;
    case "object":
      if (value !== null) return ArrayIsArray(value) ? list(value, path, depth) : table(value, path, depth);
  }
  throw typeError(`${path} is ${described(value)}, which a manifest has no place for`);
}

function tooDeep(path) {
  return typeError(`${path} is nested more than ${DEPTH_MAX} levels deep`);
}

/** An object as a literal makes one, of whatever realm, or one without a prototype. */
function isPlain(object) {
  if (ArrayIsArray(object)) return false;
  const prototype = ObjectGetPrototypeOf(object);
  return prototype === null || ObjectGetPrototypeOf(prototype) === null && ObjectHasOwn(prototype, "isPrototypeOf");
}

function within(path, key) {
  return RegExpPrototypeExec(/^[A-Za-z_$][\w$-]*$/, key) === null ? `${path}[${JSONStringify(key)}]` : `${path}.${key}`;
}

function described(value) {
  if (value === null) return "null";
  if (ArrayIsArray(value)) return "an array";
  const type = typeof value;
  if (type === "undefined") return type;
  if (type !== "object") return `a ${type}`;
  const name = value.constructor?.name;
  return typeof name === "string" && name !== "" ? `one of the class ${JSONStringify(name)}` : "an object of a class";
}

module.exports = { manifestText };
