// What is read of an app's objects: code of the app's runs, perhaps, so each is read once.

import { primordials } from "ext:runtime_wasm/port.js";
import { bareArray } from "ext:runtime_wasm/own.js";
import { ofColumn } from "ext:runtime_wasm/component/wrong.js";

const { ObjectHasOwn, ObjectPrototype } = primordials;

/** A field: what all objects inherit is nobody's. */
export function field(value, key) {
  const found = value[key];
  return found !== undefined && key in ObjectPrototype && !ObjectHasOwn(value, key) ? undefined : found;
}

export function isObject(value) {
  return (typeof value === "object" || typeof value === "function") && value !== null;
}

/** The fields of this name, as the values of a column: what holds them, and under which key. */
export function fieldsOf(rows, key) {
  return key in ObjectPrototype ? { __proto__: null, values: ownFields(rows, key), key: undefined } : { __proto__: null, values: rows, key };
}

/** A field of each, whose name is that of something that all objects inherit. */
function ownFields(rows, key) {
  const column = bareArray();
  let index = 0;
  try {
    for (; index < rows.length; index++) column[index] = field(rows[index], key);
  } catch (error) {
    throw ofColumn(error, index);
  }
  return column;
}
