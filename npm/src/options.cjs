// Options from the app, read as js/options.js reads those of instances: own properties only, each read once. What only inherits an option is refused,
// so that no manifest is lost to a class with getters; but nothing on Object.prototype is anybody's option.
"use strict";

const { isWasmError, ownValue, typeError } = require("./common.cjs");
const {
  ArrayIsArray, ArrayPrototypeIncludes, ArrayPrototypeJoin, JSONStringify, ObjectGetPrototypeOf, ObjectHasOwn, ObjectKeys, ObjectPrototype,
} = require("./primordials.cjs");

/** A proxy can have prototypes without end. */
const PROTOTYPES_MAX = 100;

/** Runs `read` on a value whose getters or proxy traps may throw; what they throw becomes the cause of a 5007. */
function guarded(what, read) {
  try {
    return read();
  } catch (error) {
    if (isWasmError(error) && error.code === 5007) throw error;
    throw typeError(`${what} cannot be read`, error);
  }
}

/** The known options of an object, each read once. */
function readOptions(options, known, what) {
  return guarded(what, () => {
    if (typeof options !== "object" || options === null || ArrayIsArray(options)) throw typeError(`${what} must be an object`);
    onlyKnown(ObjectKeys(options), known, what);
    noneInherited(options, known, what);
    const read = { __proto__: null };
    for (let i = 0; i < known.length; i++) read[known[i]] = ownValue(options, known[i]);
    return read;
  });
}

function onlyKnown(keys, known, what) {
  for (let i = 0; i < keys.length; i++) {
    if (ArrayPrototypeIncludes(known, keys[i])) continue;
    throw typeError(`unknown key ${JSONStringify(keys[i])} in ${what}; there are ${ArrayPrototypeJoin(known, ", ")}`);
  }
}

function noneInherited(options, known, what) {
  let holder = ObjectGetPrototypeOf(options);
  for (let depth = 0; holder !== null && holder !== ObjectPrototype; depth++, holder = ObjectGetPrototypeOf(holder)) {
    if (depth === PROTOTYPES_MAX) throw typeError(`${what} must not inherit from more than ${PROTOTYPES_MAX} objects`);
    for (let i = 0; i < known.length; i++) {
      if (!ObjectHasOwn(holder, known[i]) || ObjectHasOwn(options, known[i])) continue;
      throw typeError(`"${known[i]}" in ${what} is inherited; it must be a property of the object itself`);
    }
  }
}

module.exports = { guarded, readOptions };
