// The typed arrays that lists of numbers are.

import { primordials } from "ext:runtime_wasm/port.js";

const {
  BigInt64Array, BigUint64Array, Float32Array, Float64Array, Int16Array, Int32Array, Int8Array, SafeMap, Uint16Array, Uint32Array, Uint8Array,
} = primordials;

const known = new SafeMap();

function add(type, name, made, bytes) {
  known.set(type, { __proto__: null, name, Array: made, bytes, isWide: type === "u64" || type === "s64" });
}

add("u8", "Uint8Array", Uint8Array, 1);
add("s8", "Int8Array", Int8Array, 1);
add("u16", "Uint16Array", Uint16Array, 2);
add("s16", "Int16Array", Int16Array, 2);
add("u32", "Uint32Array", Uint32Array, 4);
add("s32", "Int32Array", Int32Array, 4);
add("u64", "BigUint64Array", BigUint64Array, 8);
add("s64", "BigInt64Array", BigInt64Array, 8);
add("f32", "Float32Array", Float32Array, 4);
add("f64", "Float64Array", Float64Array, 8);

/** The typed array for elements of this type, if there is one: its name, its constructor, the bytes of an element, and whether those are bigints. */
export function elementsOf(type) {
  return known.get(type);
}
