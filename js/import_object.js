// The object of imports that an app gives, read as the WebAssembly JS API reads one: for each import that the module wants, in the
// module's order, `Get(imports, module)` and then `Get(that, name)`. What else there is in it is nobody's.

import { core, primordials } from "ext:core/mod.js";
import { settled, typeError } from "ext:runtime_wasm/error.js";
import { asArgument, describe, quoted } from "ext:runtime_wasm/convert.js";
import { wholeList } from "ext:runtime_wasm/large.js";
import { readOptions } from "ext:runtime_wasm/options.js";
import { bareArray, ownValue } from "ext:runtime_wasm/own.js";

const { op_wasm_module_imports } = core.ops;
const { SafeMap, Uint8Array } = primordials;

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
  for (let index = 0; index < imports.length; index++) readImport(given, index, imports[index], object);
  return given;
}

function readImport(given, index, { 0: module, 1: name, 2: kind }, object) {
  // What throws is rare, and a module may have thousands of imports: their places are spelled out on need.
  const place = () => "options.imports[" + quoted(module) + "]";
  const namespace = get(object, module, place);
  if (namespace === undefined) return;
  if (!isObject(namespace)) throw typeError(place() + " must be an object, not " + describe(namespace));
  const member = () => place() + "[" + quoted(name) + "]";
  const value = get(namespace, name, member);
  if (kind === "function" && typeof value === "function") {
    given.kinds[index] = FUNCTION;
    given.handlers[index] = value;
  } else if (isFresh(kind, value, member)) {
    given.kinds[index] = FRESH;
  } else if (value !== undefined || kind === "global") {
    given.kinds[index] = VALUE;
    given.values[given.values.length] = orUnreadable(() => asArgument(value), member);
  }
}

/** Is this the wish for a memory or a table of the instance's own? */
function isFresh(kind, value, place) {
  if (kind !== "memory" && kind !== "table") return false;
  if (typeof value !== "object" || value === null || orUnreadable(() => ownValue(value, "kind"), place) !== kind) return false;
  readOptions(value, freshKeys, place());
  return true;
}

const freshKeys = ["kind"];

function get(object, key, place) {
  return orUnreadable(() => object[key], place);
}

/** What `read` gives. What a getter or a trap of a proxy throws becomes the cause of a 5007 that names the place. */
function orUnreadable(read, place) {
  try {
    return read();
  } catch (error) {
    throw typeError(place() + " cannot be read", error);
  }
}

function isObject(value) {
  return typeof value === "function" || (typeof value === "object" && value !== null);
}
