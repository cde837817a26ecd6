// A manifest that is an object, as the native half reads it. What the format has no place for is said with the path of its key: the native half knows
// only the text that would be made of it.
"use strict";

/** A manifest has no more than a few levels; an object that is within itself has no end of them. */
const DEPTH_MAX = 32;

/** The JSON of a manifest; `wrong` makes the error of a message and its cause. Each property is read once. */
function manifestText(manifest, wrong) {
  return JSON.stringify(table(manifest, "options.manifest", 0));

  function table(object, path, depth) {
    if (depth > DEPTH_MAX) throw wrong(`${path} is nested more than ${DEPTH_MAX} levels deep`);
    if (!isPlain(object)) throw wrong(`${path} must be a plain object, not ${described(object)}`);
    const copy = { __proto__: null };
    for (const key of Object.keys(object)) {
      const at = within(path, key);
      if (!key.isWellFormed()) throw wrong(`${at} has a key that is no text: half a pair of surrogates is in it`);
      const value = read(object, key, at);
      // As if it were not there, which is what it is for.
      if (value !== undefined) copy[key] = item(value, at, depth + 1);
    }
    return copy;
  }

  function list(array, path, depth) {
    if (depth > DEPTH_MAX) throw wrong(`${path} is nested more than ${DEPTH_MAX} levels deep`);
    const copy = [];
    for (let index = 0; index < array.length; index++) {
      const at = `${path}[${index}]`;
      if (!Object.hasOwn(array, index)) throw wrong(`${at} is missing: the array has a hole there`);
      copy.push(item(read(array, index, at), at, depth + 1));
    }
    return copy;
  }

  function item(value, path, depth) {
    switch (typeof value) {
      case "boolean":
        return value;
      case "string":
        if (!value.isWellFormed()) throw wrong(`${path} is no text: half a pair of surrogates is in it`);
        return value;
      case "number":
        if (!Number.isFinite(value)) throw wrong(`${path} must be a finite number, not ${value}`);
        if (Number.isInteger(value) && !Number.isSafeInteger(value)) throw wrong(`${path} is too large a number to be exact: ${value}`);
        return value;
      case "object":
        if (value !== null) return Array.isArray(value) ? list(value, path, depth) : table(value, path, depth);
    }
    throw wrong(`${path} is ${described(value)}, which a manifest has no place for`);
  }

  function read(holder, key, path) {
    try {
      return holder[key];
    } catch (error) {
      throw wrong(`${path} cannot be read`, error);
    }
  }
}

/** An object as a literal makes one, of whatever realm, or one without a prototype. */
function isPlain(object) {
  if (Array.isArray(object)) return false;
  const prototype = Object.getPrototypeOf(object);
  return prototype === null || Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
}

function within(path, key) {
  return /^[A-Za-z_$][\w$-]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}

function described(value) {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  const type = typeof value;
  if (type === "undefined") return type;
  if (type !== "object") return `a ${type}`;
  const name = value.constructor?.name;
  return typeof name === "string" && name !== "" ? `one of the class ${JSON.stringify(name)}` : "an object of a class";
}

module.exports = { manifestText };
