// Where the values of a component are read, and how those without parts are.
//
// A decoder reads one value, `one(source)`, or those of a column, `many(source, count)`, which gives something that has them by their places. Loops call
// nothing that need not be: on QuickJS a call costs as much as all else in them.

import { primordials } from "ext:runtime_wasm/port.js";
import { bareArray } from "ext:runtime_wasm/own.js";

const {
  BigInt64Array, BigUint64Array, Float32Array, Float64Array, Int32Array, SafeMap, StringFromCodePoint, StringPrototypeSlice,
  TypedArrayPrototypeGetBuffer, TypedArrayPrototypeGetByteLength, TypedArrayPrototypeGetByteOffset, Uint32Array, Uint8Array,
} = primordials;

/** Where values are read: words of 4 bytes, by views that are made when they are needed, and the text of the strings. */
export class Source {
  buffer;
  offset;
  length;
  u32;
  i32 = undefined;
  f32 = undefined;
  f64 = undefined;
  u64 = undefined;
  i64 = undefined;
  /** The next word. */
  at = 0;
  text;
  /** The next code unit of the text. */
  within = 0;
  context;

  constructor({ 0: bytes, 1: text }, context) {
    // It begins where its views can.
    const ours = TypedArrayPrototypeGetByteOffset(bytes) % 8 === 0 ? bytes : new Uint8Array(bytes);
    this.buffer = TypedArrayPrototypeGetBuffer(ours);
    this.offset = TypedArrayPrototypeGetByteOffset(ours);
    this.length = TypedArrayPrototypeGetByteLength(ours);
    this.u32 = new Uint32Array(this.buffer, this.offset, this.length / 4);
    this.text = text;
    this.context = context;
  }

  /** The view of this name, by the first who needs it. */
  see(name, View, bytes) {
    return this[name] = new View(this.buffer, this.offset, this.length / bytes);
  }

  /** Takes the next words. Gives the place of the first. */
  words(count) {
    const { at } = this;
    this.at += count;
    return at;
  }

  /** Takes twice as many words, where values of 8 bytes are. Gives the place of the first among such values. */
  pairs(count) {
    const at = (this.at + 1) >> 1;
    this.at = 2 * (at + count);
    return at;
  }
}

/** A decoder that reads the values of a column one by one. */
export function each(one) {
  const many = (source, count) => {
    const column = bareArray();
    for (let i = 0; i < count; i++) column[i] = one(source);
    return column;
  };
  return { __proto__: null, one, many };
}

/** So few are read faster than a view of them is made. */
const FEW = 16;

/** A decoder of numbers, which lie there as those of a typed array. */
function numbers(name, View, bytes) {
  const one = bytes === 8
    ? (source) => (source[name] ?? source.see(name, View, bytes))[source.pairs(1)]
    : (source) => (source[name] ?? source.see(name, View, bytes))[source.at++];
  const many = (source, count) => {
    const at = count === 0 ? 0 : bytes === 8 ? source.pairs(count) : source.words(count);
    if (count > FEW) return new View(source.buffer, source.offset + bytes * at, count);
    const view = source[name] ?? source.see(name, View, bytes);
    const column = bareArray();
    for (let i = 0; i < count; i++) column[i] = view[at + i];
    return column;
  };
  return { __proto__: null, one, many };
}

const word = numbers("u32", Uint32Array, 4);
const signed = numbers("i32", Int32Array, 4);
export const double = numbers("f64", Float64Array, 8);

/** By the names of their types. */
export const simple = new SafeMap();
simple.set("bool", {
  __proto__: null,
  one: (source) => source.u32[source.at++] !== 0,
  many(source, count) {
    const from = source.words(count);
    const { u32 } = source;
    const column = bareArray();
    for (let i = 0; i < count; i++) column[i] = u32[from + i] !== 0;
    return column;
  },
});
simple.set("u8", word);
simple.set("s8", signed);
simple.set("u16", word);
simple.set("s16", signed);
simple.set("u32", word);
simple.set("s32", signed);
simple.set("u64", numbers("u64", BigUint64Array, 8));
simple.set("s64", numbers("i64", BigInt64Array, 8));
simple.set("f32", numbers("f32", Float32Array, 4));
simple.set("f64", double);
simple.set("char", each((source) => StringFromCodePoint(source.u32[source.at++])));

simple.set("string", {
  __proto__: null,
  one(source) {
    const from = source.within;
    source.within = from + source.u32[source.at++];
    return StringPrototypeSlice(source.text, from, source.within);
  },
  many(source, count) {
    const from = source.words(count);
    const { text, u32 } = source;
    const column = bareArray();
    let end = source.within;
    for (let i = 0; i < count; i++) column[i] = StringPrototypeSlice(text, end, end += u32[from + i]);
    source.within = end;
    return column;
  },
});
