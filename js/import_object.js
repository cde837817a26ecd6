// The object of imports that an app gives, read as the WebAssembly JS API reads one: for each import that the module wants, in the
// module's order, `Get(imports, module)` and then `Get(that, name)`. What else there is in it is nobody's.
//
// The names are a guest's own choice, and what every object, function or array inherits is no gift to it: the names `constructor` and
// `constructor` would give it `Function`. So that counts only where it is the object's own.

import { core, primordials } from "ext:core/mod.js";
import { settled, typeError } from "ext:runtime_wasm/error.js";
import { asArgument, describe, quoted } from "ext:runtime_wasm/convert.js";
import { wholeList } from "ext:runtime_wasm/large.js";
import { readOptions } from "ext:runtime_wasm/options.js";
import { bareArray, ownValue } from "ext:runtime_wasm/own.js";

const { op_wasm_module_imports } = core.ops;
const { ArrayPrototype, FunctionPrototype, ObjectHasOwn, ObjectPrototype, ReflectGetOwnPropertyDescriptor, SafeMap, Uint8Array } = primordials;

/** What modules want to import, by their ids: `[module, name, kind]` for each import. */
const wanted = new SafeMap();

/**
 * Learns what a module wants to import. Done when it has been compiled, so that the object is read within the call of `instantiate`;
 * then, if at all, for a module that another runtime has compiled.
 */
export async function learnImports(module) {
  const imports = await settled(wholeList(op_wasm_module_imports(module)));
  wanted.set(module, imports);
  return imports;
}

/** What is known of that; undefined where nothing is. */
export function knownImports(module) {
  return wanted.get(module);
}

export function forgetImports(module) {
  wanted.delete(module);
}

// What an import is met with: src/ops/instantiate.rs has the same numbers. 0 is nothing.
const FUNCTION = 1;
const VALUE = 2;
const FRESH = 3;

/** What is read: for each import its kind, beside these the values in the same order, and the functions by the places of their imports. */
export class GivenImports {
  kinds;
  values = bareArray();
  handlers = bareArray();

  constructor(count) {
    this.kinds = new Uint8Array(count);
  }
}

/** Reads what the imports of a module are met with. */
export function readImports(imports, object) {
  if (!isObject(object)) throw typeError("options.imports must be an object, not " + describe(object));
  const given = new GivenImports(imports.length);
  for (let index = 0; index < imports.length; index++) {
    const wanted = imports[index];
    const namespace = get(object, wanted[0], wanted, 1);
    if (namespace === undefined) continue;
    if (!isObject(namespace)) throw typeError(placeOf(wanted, 1) + " must be an object, not " + describe(namespace));
    meet(given, index, wanted, get(namespace, wanted[1], wanted, 2));
  }
  return given;
}

function get(object, key, wanted, depth) {
  try {
    const value = object[key];
    return value !== undefined && isInheritedByAll(key, value) && !ObjectHasOwn(object, key) ? undefined : value;
  } catch (error) {
    throw unreadable(wanted, depth, error);
  }
}

/** Is this what objects, functions or arrays inherit, whoever put it there? */
function isInheritedByAll(key, value) {
  return key === "constructor" || key === "__proto__" || isOf(ObjectPrototype, key, value) ||
    isOf(FunctionPrototype, key, value) || isOf(ArrayPrototype, key, value);
}

function isOf(prototype, key, value) {
  if (!ObjectHasOwn(prototype, key)) return false;
  const property = ReflectGetOwnPropertyDescriptor(prototype, key);
  // What a getter there gives may be another value each time.
  return !ObjectHasOwn(property, "value") || property.value === value;
}

function meet(given, index, wanted, value) {
  const kind = wanted[2];
  if (kind === "function" && typeof value === "function") {
    given.kinds[index] = FUNCTION;
    given.handlers[index] = value;
  } else if ((kind === "memory" || kind === "table") && isFresh(wanted, value)) {
    given.kinds[index] = FRESH;
  } else if (value !== undefined || kind === "global") {
    given.kinds[index] = VALUE;
    given.values[given.values.length] = asValue(wanted, value);
  }
}

/** Is this the wish for a memory or a table of the instance's own? */
function isFresh(wanted, value) {
  if (typeof value !== "object" || value === null || kindOf(wanted, value) !== wanted[2]) return false;
  readOptions(value, freshKeys, placeOf(wanted, 2));
  return true;
}

const freshKeys = ["kind"];

function kindOf(wanted, value) {
  try {
    return ownValue(value, "kind");
  } catch (error) {
    throw unreadable(wanted, 2, error);
  }
}

function asValue(wanted, value) {
  try {
    return asArgument(value);
  } catch (error) {
    throw unreadable(wanted, 2, error);
  }
}

/** What a getter or a trap of a proxy throws becomes the cause of a 5007 that names the place. */
function unreadable(wanted, depth, error) {
  return typeError(placeOf(wanted, depth) + " cannot be read", error);
}

/** Where an import is looked for. Spelled out on need only: a module may have thousands. */
function placeOf(wanted, depth) {
  const namespace = "options.imports[" + quoted(wanted[0]) + "]";
  return depth === 1 ? namespace : namespace + "[" + quoted(wanted[1]) + "]";
}

function isObject(value) {
  return typeof value === "function" || (typeof value === "object" && value !== null);
}
