// The object of imports that an app gives, read as the WebAssembly JS API reads one: for each import that the module wants, in the
// module's order, `Get(imports, module)` and then `Get(that, name)`. What else there is in it is nobody's.
//
// The names are a guest's own choice, and what every object, function or array inherits is no gift to it: the names `constructor` and
// `constructor` would give it `Function`. So that counts only where it is the object's own.

import { ops, primordials } from "ext:runtime_wasm/port.js";
import { settled, typeError } from "ext:runtime_wasm/error.js";
import { asArgument, describe, quoted } from "ext:runtime_wasm/convert.js";
import { wholeList } from "ext:runtime_wasm/large.js";
import { readOptions } from "ext:runtime_wasm/options.js";
import { bareArray, ownValue } from "ext:runtime_wasm/own.js";

const { op_wasm_module_imports } = ops;
const { ArrayPrototype, FunctionPrototype, MathMin, ObjectHasOwn, ObjectPrototype, ReflectGetOwnPropertyDescriptor, SafeMap, Uint8Array } = primordials;

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

// What an import is met with: src/session/given.rs has the same numbers. 0 is nothing.
const FUNCTION = 1;
const VALUE = 2;
const FRESH = 3;

/** Imports that are read in one turn of the event loop. Few modules have more. */
const PIECE = 1000;

/** What is read: for each import its kind, beside these the values in the same order, and the functions by the places of their imports. */
export class GivenImports {
  #imports;
  #object;
  #read = 0;
  kinds;
  values = bareArray();
  handlers = bareArray();

  /** For the imports of a module, in its order. */
  constructor(imports, object) {
    if (!isObject(object)) throw typeError("options.imports must be an object, not " + describe(object));
    this.#imports = imports;
    this.#object = object;
    this.kinds = new Uint8Array(imports.length);
  }

  /** Reads on, as far as one turn goes. False once all is read. */
  readOn() {
    const end = MathMin(this.#imports.length, this.#read + PIECE);
    for (; this.#read < end; this.#read++) this.#readNext(this.#imports[this.#read]);
    return this.#read < this.#imports.length;
  }

  #readNext(wanted) {
    const namespace = get(this.#object, wanted[0], wanted, 1);
    if (namespace === undefined) return;
    if (!isObject(namespace)) throw typeError(placeOf(wanted, 1) + " must be an object, not " + describe(namespace));
    const value = get(namespace, wanted[1], wanted, 2);
    const kind = wanted[2];
    if (kind === "function" && typeof value === "function") {
      this.kinds[this.#read] = FUNCTION;
      this.handlers[this.#read] = value;
    } else if ((kind === "memory" || kind === "table") && isFresh(wanted, value)) {
      this.kinds[this.#read] = FRESH;
    } else if (value !== undefined || kind === "global") {
      this.kinds[this.#read] = VALUE;
      this.values[this.values.length] = asValue(wanted, value);
    }
  }
}

/** A property; what all objects, functions or arrays inherit is none. `wanted` and `depth` say what for. */
export function get(object, key, wanted, depth) {
  try {
    const value = object[key];
    return value !== undefined && isInheritedByAll(key, value) && !ObjectHasOwn(object, key) ? undefined : value;
  } catch (error) {
    throw unreadable(wanted, depth, error);
  }
}

/** Is this what objects, functions or arrays inherit, whoever put it there? */
function isInheritedByAll(key, value) {
  // Most names are none of these, and a module may have thousands.
  if (!(key in FunctionPrototype) && !(key in ArrayPrototype)) return false;
  return key === "constructor" || key === "__proto__" || isOf(ObjectPrototype, key, value) ||
    isOf(FunctionPrototype, key, value) || isOf(ArrayPrototype, key, value);
}

function isOf(prototype, key, value) {
  if (!ObjectHasOwn(prototype, key)) return false;
  const property = ReflectGetOwnPropertyDescriptor(prototype, key);
  // What a getter there gives may be another value each time.
  return !ObjectHasOwn(property, "value") || property.value === value;
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

export function isObject(value) {
  return typeof value === "function" || (typeof value === "object" && value !== null);
}
