// The bytes that src/actor/guest/component/wire.rs describes as values of JavaScript, by their types.

import { primordials } from "ext:runtime_wasm/port.js";
import { bareArray } from "ext:runtime_wasm/own.js";
import { elementsOf } from "ext:runtime_wasm/component/arrays.js";
import { isOption } from "ext:runtime_wasm/component/encode.js";
import { camelCase } from "ext:runtime_wasm/component/names.js";

const {
  ArrayBufferPrototypeSlice, ArrayPrototypeSlice, BigInt64Array, BigUint64Array, Float32Array, Float64Array, Int32Array, SafeMap, StringFromCodePoint, StringPrototypeSlice,
  TypedArrayPrototypeGetBuffer, TypedArrayPrototypeGetByteLength, TypedArrayPrototypeGetByteOffset, Uint32Array, Uint8Array,
} = primordials;

/** Where values are read: words of 4 bytes, by views that are made when they are needed, and the text of the strings. */
class Source {
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

  /** The place of two words, among such. */
  twoWords() {
    const at = (this.at + 1) >> 1;
    this.at = 2 * at + 2;
    return at;
  }
}

/** The values, in an array as an app knows it. */
export function decodeAll(decoders, encoded, context) {
  const source = new Source(encoded, context);
  const values = bareArray();
  for (let i = 0; i < decoders.length; i++) values[i] = decoders[i](source);
  return asArray(values);
}

/** An array as an app knows it. Its elements are defined by this, not assigned: there may be setters on the prototype of arrays. */
function asArray(bare) {
  return ArrayPrototypeSlice(bare);
}

/** What reads values of a type, made once for each. */
export function decoderOf(of, type) {
  if (typeof type === "string") return simple.get(type);
  return (of.decoders[type] ??= made(of, of.types[type]));
}

function made(of, type) {
  switch (type[1]) {
    case "list": return listOf(of, type[2]);
    case "record": return recordOf(of, type[2]);
    case "tuple": return tupleOf(of, type[2]);
    case "variant": return variantOf(of, type[2]);
    case "enum": return enumOf(type[2]);
    case "flags": return flagsOf(type[2]);
    case "option": return optionOf(of, type[2]);
    case "result": return resultOf(of, type[2], type[3]);
    case "own": return resourceOf(of.resources[type[2]], true);
    case "borrow": return resourceOf(of.resources[type[2]], false);
    default: return () => undefined;
  }
}

const word = (source) => source.u32[source.at++];
function double(source) {
  // As `twoWords` has it. On QuickJS a call costs as much as all else here.
  const at = (source.at + 1) >> 1;
  source.at = 2 * at + 2;
  return (source.f64 ?? source.see("f64", Float64Array, 8))[at];
}
const signed = (source) => (source.i32 ?? source.see("i32", Int32Array, 4))[source.at++];

const simple = new SafeMap();
simple.set("bool", (source) => source.u32[source.at++] !== 0);
simple.set("u8", word);
simple.set("s8", signed);
simple.set("u16", word);
simple.set("s16", signed);
simple.set("u32", word);
simple.set("s32", signed);
simple.set("u64", (source) => (source.u64 ?? source.see("u64", BigUint64Array, 8))[source.twoWords()]);
simple.set("s64", (source) => (source.i64 ?? source.see("i64", BigInt64Array, 8))[source.twoWords()]);
simple.set("f32", (source) => (source.f32 ?? source.see("f32", Float32Array, 4))[source.at++]);
simple.set("f64", double);
simple.set("char", (source) => StringFromCodePoint(word(source)));

simple.set("string", (source) => {
  const from = source.within;
  source.within = from + word(source);
  return StringPrototypeSlice(source.text, from, source.within);
});

function listOf(of, element) {
  const elements = elementsOf(element);
  if (elements !== undefined) {
    return (source) => {
      const count = word(source);
      if (elements.bytes === 8 && source.at % 2 === 1) source.at++;
      const from = source.offset + 4 * source.at;
      const length = count * elements.bytes;
      source.at += (length + 3 - (length + 3) % 4) / 4;
      // A copy, which is the app's.
      return new elements.Array(ArrayBufferPrototypeSlice(source.buffer, from, from + length));
    };
  }
  const decoder = decoderOf(of, element);
  return (source) => {
    const count = word(source);
    const values = bareArray();
    for (let index = 0; index < count; index++) values[index] = decoder(source);
    return asArray(values);
  };
}

function recordOf(of, fields) {
  const keys = bareArray();
  const decoders = bareArray();
  for (let i = 0; i < fields.length; i++) {
    keys[i] = camelCase(fields[i][0]);
    decoders[i] = decoderOf(of, fields[i][1]);
  }
  return recordMaker(keys, decoders);
}

/** Literals define what stands in them, and are the fastest way to an object. */
function recordMaker(keys, decoders) {
  const { 0: a, 1: b, 2: c, 3: d } = keys;
  const { 0: e, 1: f, 2: g, 3: h } = decoders;
  switch (keys.length) {
    case 1: return (source) => ({ [a]: e(source) });
    case 2: return (source) => ({ [a]: e(source), [b]: f(source) });
    case 3: return (source) => ({ [a]: e(source), [b]: f(source), [c]: g(source) });
    case 4: return (source) => ({ [a]: e(source), [b]: f(source), [c]: g(source), [d]: h(source) });
  }
  return (source) => {
    const bare = { __proto__: null };
    for (let i = 0; i < keys.length; i++) bare[keys[i]] = decoders[i](source);
    return { ...bare };
  };
}

function tupleOf(of, types) {
  const decoders = bareArray();
  for (let i = 0; i < types.length; i++) decoders[i] = decoderOf(of, types[i]);
  const { 0: a, 1: b, 2: c, 3: d } = decoders;
  switch (decoders.length) {
    case 1: return (source) => [a(source)];
    case 2: return (source) => [a(source), b(source)];
    case 3: return (source) => [a(source), b(source), c(source)];
    case 4: return (source) => [a(source), b(source), c(source), d(source)];
  }
  return (source) => {
    const values = bareArray();
    for (let i = 0; i < decoders.length; i++) values[i] = decoders[i](source);
    return asArray(values);
  };
}

function variantOf(of, cases) {
  const decoders = bareArray();
  for (let i = 0; i < cases.length; i++) decoders[i] = cases[i][1] === null ? undefined : decoderOf(of, cases[i][1]);
  return (source) => {
    const place = word(source);
    const tag = cases[place][0];
    return decoders[place] === undefined ? { tag } : { tag, val: decoders[place](source) };
  };
}

function enumOf(names) {
  return (source) => names[word(source)];
}

function flagsOf(names) {
  const keys = bareArray();
  for (let i = 0; i < names.length; i++) keys[i] = camelCase(names[i]);
  return (source) => {
    const bare = { __proto__: null };
    let bits = 0;
    for (let i = 0; i < keys.length; i++) {
      if (i % 32 === 0) bits = word(source);
      bare[keys[i]] = (bits & (1 << (i % 32))) !== 0;
    }
    return { ...bare };
  };
}

function optionOf(of, inner) {
  const decoder = decoderOf(of, inner);
  if (isOption(of, inner)) return (source) => word(source) === 0 ? { tag: "none" } : { tag: "some", val: decoder(source) };
  return (source) => word(source) === 0 ? undefined : decoder(source);
}

function resultOf(of, ok, err) {
  const tags = ["ok", "err"];
  const decoders = [ok === null ? undefined : decoderOf(of, ok), err === null ? undefined : decoderOf(of, err)];
  return (source) => {
    const place = word(source);
    const tag = tags[place];
    return { tag, val: decoders[place] === undefined ? undefined : decoders[place](source) };
  };
}

function resourceOf(resource, isOwned) {
  return (source) => {
    return source.context.resourceOf(resource, double(source), isOwned);
  };
}
