// The bytes that src/actor/guest/component/wire.rs describes as values of JavaScript, by their types.

import { decode, primordials } from "ext:runtime_wasm/port.js";
import { bareArray } from "ext:runtime_wasm/own.js";
import { elementsOf } from "ext:runtime_wasm/component/arrays.js";
import { isOption } from "ext:runtime_wasm/component/encode.js";
import { camelCase } from "ext:runtime_wasm/component/names.js";

const {
  ArrayBufferPrototypeSlice, ArrayPrototypeSlice, DataView, DataViewPrototypeGetBigInt64, DataViewPrototypeGetBigUint64, DataViewPrototypeGetFloat32, DataViewPrototypeGetFloat64,
  DataViewPrototypeGetInt16, DataViewPrototypeGetInt32, DataViewPrototypeGetInt8, DataViewPrototypeGetUint16, DataViewPrototypeGetUint32, SafeMap, StringFromCharCode, StringFromCodePoint, TypedArrayPrototypeGetBuffer, TypedArrayPrototypeGetByteLength, TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeSubarray,
} = primordials;

/** Where bytes are read. */
class Source {
  bytes;
  view;
  at = 0;
  context;

  constructor(bytes, context) {
    this.bytes = bytes;
    this.view = new DataView(TypedArrayPrototypeGetBuffer(bytes), TypedArrayPrototypeGetByteOffset(bytes), TypedArrayPrototypeGetByteLength(bytes));
    this.context = context;
  }

  /** The place of so many more bytes. */
  take(count) {
    const at = this.at;
    this.at = at + count;
    return at;
  }
}

/** The values, in an array as an app knows it. */
export function decodeAll(decoders, bytes, context) {
  const source = new Source(bytes, context);
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

const read32 = (source) => DataViewPrototypeGetUint32(source.view, source.take(4), true);

const simple = new SafeMap();
simple.set("bool", (source) => source.bytes[source.take(1)] !== 0);
simple.set("u8", (source) => source.bytes[source.take(1)]);
simple.set("s8", (source) => DataViewPrototypeGetInt8(source.view, source.take(1)));
simple.set("u16", (source) => DataViewPrototypeGetUint16(source.view, source.take(2), true));
simple.set("s16", (source) => DataViewPrototypeGetInt16(source.view, source.take(2), true));
simple.set("u32", read32);
simple.set("s32", (source) => DataViewPrototypeGetInt32(source.view, source.take(4), true));
simple.set("u64", (source) => DataViewPrototypeGetBigUint64(source.view, source.take(8), true));
simple.set("s64", (source) => DataViewPrototypeGetBigInt64(source.view, source.take(8), true));
simple.set("f32", (source) => DataViewPrototypeGetFloat32(source.view, source.take(4), true));
simple.set("f64", (source) => DataViewPrototypeGetFloat64(source.view, source.take(8), true));
simple.set("char", (source) => StringFromCodePoint(read32(source)));

/** Texts that are no longer are read here: see the same in encode.js. */
const SHORT = 24;

simple.set("string", (source) => {
  const length = read32(source);
  const at = source.take(length);
  const { bytes } = source;
  if (length <= SHORT) {
    let text = "";
    let index = at;
    for (; index < at + length && bytes[index] < 128; index++) text += StringFromCharCode(bytes[index]);
    if (index === at + length) return text;
  }
  return decode(TypedArrayPrototypeSubarray(bytes, at, at + length));
});

function listOf(of, element) {
  const elements = elementsOf(element);
  if (elements !== undefined) {
    return (source) => {
      const count = read32(source);
      const from = TypedArrayPrototypeGetByteOffset(source.bytes) + source.take(count * elements.bytes);
      // A copy, which begins where its elements have to.
      return new elements.Array(ArrayBufferPrototypeSlice(TypedArrayPrototypeGetBuffer(source.bytes), from, from + count * elements.bytes));
    };
  }
  const decoder = decoderOf(of, element);
  return (source) => {
    const count = read32(source);
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
  return (source) => {
    const bare = { __proto__: null };
    for (let i = 0; i < keys.length; i++) bare[keys[i]] = decoders[i](source);
    return { ...bare };
  };
}

function tupleOf(of, types) {
  const decoders = bareArray();
  for (let i = 0; i < types.length; i++) decoders[i] = decoderOf(of, types[i]);
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
    const place = read32(source);
    const tag = cases[place][0];
    return decoders[place] === undefined ? { tag } : { tag, val: decoders[place](source) };
  };
}

function enumOf(names) {
  return (source) => names[read32(source)];
}

function flagsOf(names) {
  const keys = bareArray();
  for (let i = 0; i < names.length; i++) keys[i] = camelCase(names[i]);
  return (source) => {
    const bare = { __proto__: null };
    let word = 0;
    for (let i = 0; i < keys.length; i++) {
      if (i % 32 === 0) word = read32(source);
      bare[keys[i]] = (word & (1 << (i % 32))) !== 0;
    }
    return { ...bare };
  };
}

function optionOf(of, inner) {
  const decoder = decoderOf(of, inner);
  if (isOption(of, inner)) return (source) => read32(source) === 0 ? { tag: "none" } : { tag: "some", val: decoder(source) };
  return (source) => read32(source) === 0 ? undefined : decoder(source);
}

function resultOf(of, ok, err) {
  const tags = ["ok", "err"];
  const decoders = [ok === null ? undefined : decoderOf(of, ok), err === null ? undefined : decoderOf(of, err)];
  return (source) => {
    const place = read32(source);
    const tag = tags[place];
    return { tag, val: decoders[place] === undefined ? undefined : decoders[place](source) };
  };
}

function resourceOf(resource, isOwned) {
  return (source) => {
    const low = read32(source);
    return source.context.resourceOf(resource, low + 4294967296 * read32(source), isOwned);
  };
}
