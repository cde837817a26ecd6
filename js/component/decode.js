// The bytes that src/actor/guest/component/wire.rs describes as values of JavaScript, by their types.
//
// A decoder reads one value, `one(source)`, or those of a column, `many(source, count)`, which gives something that has them by their places. Loops call
// nothing that need not be: on QuickJS a call costs as much as all else in them.

import { primordials } from "ext:runtime_wasm/port.js";
import { bareArray } from "ext:runtime_wasm/own.js";
import { elementsOf } from "ext:runtime_wasm/component/arrays.js";
import { isOption } from "ext:runtime_wasm/component/encode.js";
import { camelCase } from "ext:runtime_wasm/component/names.js";

const {
  ArrayBufferPrototypeSlice, ArrayPrototype, BigInt64Array, BigUint64Array, Float32Array, Float64Array, Int32Array, ObjectSetPrototypeOf, SafeMap, StringFromCodePoint,
  StringPrototypeSlice, TypedArrayPrototypeGetBuffer, TypedArrayPrototypeGetByteLength, TypedArrayPrototypeGetByteOffset, Uint32Array, Uint8Array,
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

/** The values, in an array as an app knows it. */
export function decodeAll(decoders, encoded, context) {
  const source = new Source(encoded, context);
  const values = bareArray();
  for (let i = 0; i < decoders.length; i++) values[i] = decoders[i].one(source);
  return asArray(values);
}

/** An array as an app knows it. Its elements are there already: an assignment would have asked the setters on the prototype of arrays. */
function asArray(bare) {
  return ObjectSetPrototypeOf(bare, ArrayPrototype);
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
    case "result": return taggedOf(["ok", "err"], [decoderOrNone(of, type[2]), decoderOrNone(of, type[3])], true);
    case "own": return resourceOf(of.resources[type[2]], true);
    case "borrow": return resourceOf(of.resources[type[2]], false);
    default: return each(() => undefined);
  }
}

function decoderOrNone(of, type) {
  return type === null ? undefined : decoderOf(of, type);
}

/** A decoder that reads the values of a column one by one. */
function each(one) {
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
const double = numbers("f64", Float64Array, 8);

const simple = new SafeMap();
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

function listOf(of, element) {
  const elements = elementsOf(element);
  if (elements !== undefined) {
    return each((source) => {
      const count = source.u32[source.at++];
      if (elements.bytes === 8 && source.at % 2 === 1) source.at++;
      const from = source.offset + 4 * source.at;
      const length = count * elements.bytes;
      source.at += (length + 3 - (length + 3) % 4) / 4;
      // A copy, which is the app's.
      return new elements.Array(ArrayBufferPrototypeSlice(source.buffer, from, from + length));
    });
  }
  const decoder = decoderOf(of, element);
  // None of the types that are left gives anything but an array of our own.
  return each((source) => asArray(decoder.many(source, source.u32[source.at++])));
}

function recordOf(of, fields) {
  const keys = bareArray();
  const decoders = bareArray();
  for (let i = 0; i < fields.length; i++) {
    keys[i] = camelCase(fields[i][0]);
    decoders[i] = decoderOf(of, fields[i][1]);
  }
  const one = recordMaker(keys, decoders, 0);
  const many = (source, count) => {
    const columns = bareArray();
    for (let i = 0; i < decoders.length; i++) columns[i] = decoders[i].many(source, count);
    return records(keys, columns, 0, count);
  };
  return { __proto__: null, one, many };
}

/** Literals define what stands in them, and are the fastest way to an object. With more keys they are put together of several, and with many more made key by key. */
const KEYS_IN_LITERALS = 16;

function recordMaker(keys, decoders, from) {
  const { [from]: a, [from + 1]: b, [from + 2]: c, [from + 3]: d } = keys;
  const { [from]: e, [from + 1]: f, [from + 2]: g, [from + 3]: h } = decoders;
  switch (keys.length - from) {
    case 1: return (source) => ({ [a]: e.one(source) });
    case 2: return (source) => ({ [a]: e.one(source), [b]: f.one(source) });
    case 3: return (source) => ({ [a]: e.one(source), [b]: f.one(source), [c]: g.one(source) });
    case 4: return (source) => ({ [a]: e.one(source), [b]: f.one(source), [c]: g.one(source), [d]: h.one(source) });
  }
  if (keys.length === 0 || keys.length > KEYS_IN_LITERALS) {
    return (source) => {
      const bare = { __proto__: null };
      for (let i = 0; i < keys.length; i++) bare[keys[i]] = decoders[i].one(source);
      return { ...bare };
    };
  }
  const more = recordMaker(keys, decoders, from + 4);
  return (source) => ({ [a]: e.one(source), [b]: f.one(source), [c]: g.one(source), [d]: h.one(source), ...more(source) });
}

/** The same of columns: an array of our own. */
function records(keys, columns, from, count) {
  const { [from]: a, [from + 1]: b, [from + 2]: c, [from + 3]: d } = keys;
  const { [from]: e, [from + 1]: f, [from + 2]: g, [from + 3]: h } = columns;
  const made = bareArray();
  switch (keys.length - from) {
    case 1:
      for (let i = 0; i < count; i++) made[i] = { [a]: e[i] };
      return made;
    case 2:
      for (let i = 0; i < count; i++) made[i] = { [a]: e[i], [b]: f[i] };
      return made;
    case 3:
      for (let i = 0; i < count; i++) made[i] = { [a]: e[i], [b]: f[i], [c]: g[i] };
      return made;
    case 4:
      for (let i = 0; i < count; i++) made[i] = { [a]: e[i], [b]: f[i], [c]: g[i], [d]: h[i] };
      return made;
  }
  if (keys.length === 0 || keys.length > KEYS_IN_LITERALS) {
    for (let i = 0; i < count; i++) {
      const bare = { __proto__: null };
      for (let k = 0; k < keys.length; k++) bare[keys[k]] = columns[k][i];
      made[i] = { ...bare };
    }
    return made;
  }
  const more = records(keys, columns, from + 4, count);
  for (let i = 0; i < count; i++) made[i] = { [a]: e[i], [b]: f[i], [c]: g[i], [d]: h[i], ...more[i] };
  return made;
}

function tupleOf(of, types) {
  const decoders = bareArray();
  for (let i = 0; i < types.length; i++) decoders[i] = decoderOf(of, types[i]);
  const one = (source) => {
    const values = bareArray();
    for (let i = 0; i < decoders.length; i++) values[i] = decoders[i].one(source);
    return asArray(values);
  };
  const many = (source, count) => {
    const columns = bareArray();
    for (let i = 0; i < decoders.length; i++) columns[i] = decoders[i].many(source, count);
    return tuples(columns, count);
  };
  return { __proto__: null, one, many };
}

function tuples(columns, count) {
  const { 0: a, 1: b, 2: c, 3: d } = columns;
  const made = bareArray();
  switch (columns.length) {
    case 1:
      for (let i = 0; i < count; i++) made[i] = [a[i]];
      return made;
    case 2:
      for (let i = 0; i < count; i++) made[i] = [a[i], b[i]];
      return made;
    case 3:
      for (let i = 0; i < count; i++) made[i] = [a[i], b[i], c[i]];
      return made;
    case 4:
      for (let i = 0; i < count; i++) made[i] = [a[i], b[i], c[i], d[i]];
      return made;
  }
  for (let i = 0; i < count; i++) {
    const values = bareArray();
    for (let k = 0; k < columns.length; k++) values[k] = columns[k][i];
    made[i] = asArray(values);
  }
  return made;
}

function variantOf(of, cases) {
  const names = bareArray();
  const decoders = bareArray();
  for (let i = 0; i < cases.length; i++) {
    names[i] = cases[i][0];
    decoders[i] = decoderOrNone(of, cases[i][1]);
  }
  return taggedOf(names, decoders, false);
}

/** Objects `{ tag, val }`; where there is no value, `hasVal` says whether there is a `val` of undefined. Columns are as encode.js has them. */
function taggedOf(names, decoders, hasVal) {
  const withoutValue = hasVal ? (tag) => ({ tag, val: undefined }) : (tag) => ({ tag });
  const one = (source) => {
    const place = source.u32[source.at++];
    const tag = names[place];
    return decoders[place] === undefined ? withoutValue(tag) : { tag, val: decoders[place].one(source) };
  };
  const many = (source, count) => {
    const from = source.words(count);
    const { u32 } = source;
    // How many values each case has, and then how many are left of them.
    const left = new SafeMap();
    const order = bareArray();
    for (let i = 0; i < count; i++) {
      const place = u32[from + i];
      if (decoders[place] === undefined) continue;
      const before = left.get(place);
      if (before === undefined) order[order.length] = place;
      left.set(place, before === undefined ? 1 : before + 1);
    }
    const columns = new SafeMap();
    const lengths = new SafeMap();
    for (let i = 0; i < order.length; i++) {
      const length = left.get(order[i]);
      lengths.set(order[i], length);
      columns.set(order[i], decoders[order[i]].many(source, length));
    }
    const made = bareArray();
    for (let i = 0; i < count; i++) {
      const place = u32[from + i];
      const tag = names[place];
      const column = columns.get(place);
      if (column === undefined) {
        made[i] = withoutValue(tag);
      } else {
        const rest = left.get(place);
        left.set(place, rest - 1);
        made[i] = { tag, val: column[lengths.get(place) - rest] };
      }
    }
    return made;
  };
  return { __proto__: null, one, many };
}

function enumOf(names) {
  return each((source) => names[source.u32[source.at++]]);
}

function flagsOf(names) {
  const keys = bareArray();
  for (let i = 0; i < names.length; i++) keys[i] = camelCase(names[i]);
  return each((source) => {
    const bare = { __proto__: null };
    let bits = 0;
    for (let i = 0; i < keys.length; i++) {
      if (i % 32 === 0) bits = source.u32[source.at++];
      bare[keys[i]] = (bits & (1 << (i % 32))) !== 0;
    }
    return { ...bare };
  });
}

function optionOf(of, inner) {
  const decoder = decoderOf(of, inner);
  if (isOption(of, inner)) return taggedOf(["none", "some"], [undefined, decoder], false);
  const one = (source) => source.u32[source.at++] === 0 ? undefined : decoder.one(source);
  const many = (source, count) => {
    const from = source.words(count);
    const { u32 } = source;
    let some = 0;
    for (let i = 0; i < count; i++) some += u32[from + i];
    const values = decoder.many(source, some);
    const made = bareArray();
    some = 0;
    for (let i = 0; i < count; i++) made[i] = u32[from + i] === 0 ? undefined : values[some++];
    return made;
  };
  return { __proto__: null, one, many };
}

function resourceOf(resource, isOwned) {
  return each((source) => source.context.resourceOf(resource, double.one(source), isOwned));
}
