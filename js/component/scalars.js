// Values without parts as the bytes that src/actor/guest/component/wire.rs describes.
//
// An encoder writes one value, `one(sink, value)`, or those of a column, `many(sink, values, key, count)`: each of `values` itself, or what it has as `key`.
// What is read runs code of the app's, perhaps, so it is read once. Loops call nothing: on QuickJS a call costs as much as all else in them.

import { primordials } from "ext:runtime_wasm/port.js";
import { ofColumn, wrong, Wrong } from "ext:runtime_wasm/component/wrong.js";

const { BigInt, NumberIsSafeInteger, SafeMap, String, StringPrototypeCodePointAt } = primordials;

/** By the names of their types. */
export const scalars = new SafeMap();

/** The integers that a number can be: by the names of their types, the least and what is beyond. */
export const integers = new SafeMap();

export function putWord(sink, value) {
  const at = sink.words(1);
  sink.u32[at] = value;
}

/** An encoder that writes the values of a column one by one. */
export function each(one) {
  const many = (sink, values, key, count) => {
    let index = 0;
    try {
      for (; index < count; index++) one(sink, key === undefined ? values[index] : values[index][key]);
    } catch (error) {
      throw ofColumn(error, index);
    }
  };
  return { __proto__: null, one, many };
}

/** One whose values are put into a typed array by `fill(view, from, values, key, count)`, and each by itself is what `checked` gives. */
function filled(name, view, isWide, fill, checked) {
  const place = isWide ? (sink, count) => sink.pairs(count) : (sink, count) => sink.words(count);
  const one = (sink, value) => {
    const number = checked(value);
    const at = place(sink, 1);
    sink[view][at] = number;
  };
  const many = (sink, values, key, count) => {
    // Nothing is taken for no values, not even up to where they could begin.
    if (count === 0) return;
    const from = place(sink, count);
    fill(sink[view], from, values, key, count);
  };
  scalars.set(name, { __proto__: null, one, many, filled: fill });
}

function boolean(value) {
  if (typeof value !== "boolean") throw wrong("a boolean (bool)", value);
  return value ? 1 : 0;
}
filled("bool", "u32", false, (view, from, values, key, count) => {
  let index = 0;
  try {
    for (; index < count; index++) {
      const value = key === undefined ? values[index] : values[index][key];
      view[from + index] = value === true ? 1 : value === false ? 0 : boolean(value);
    }
  } catch (error) {
    throw ofColumn(error, index);
  }
}, boolean);

function integer(name, least, beyond) {
  const text = "an integer of " + least + " to " + (beyond - 1) + " (" + name + ")";
  integers.set(name, { __proto__: null, least, beyond });
  const checked = (value) => {
    if (typeof value !== "number") throw wrong(text, value);
    if (value % 1 !== 0 || value < least || value >= beyond) throw new Wrong("must be " + text + ", not " + String(value));
    return value;
  };
  filled(name, "u32", false, (view, from, values, key, count) => {
    let index = 0;
    try {
      for (; index < count; index++) {
        const value = key === undefined ? values[index] : values[index][key];
        if (typeof value !== "number" || value % 1 !== 0 || value < least || value >= beyond) checked(value);
        view[from + index] = value;
      }
    } catch (error) {
      throw ofColumn(error, index);
    }
  }, checked);
}
integer("u8", 0, 256);
integer("s8", -128, 128);
integer("u16", 0, 65536);
integer("s16", -32768, 32768);
integer("u32", 0, 4294967296);
integer("s32", -2147483648, 2147483648);

function wide(name, least, beyond) {
  const text = "a bigint of " + least + " to " + (beyond - 1n) + " (" + name + ")";
  const checked = (value) => {
    const found = typeof value === "number" && NumberIsSafeInteger(value) ? BigInt(value) : value;
    if (typeof found !== "bigint") throw wrong(text, found);
    if (found < least || found >= beyond) throw new Wrong("must be " + text + ", not " + String(found));
    return found;
  };
  filled(name, "u64", true, (view, from, values, key, count) => {
    let index = 0;
    try {
      for (; index < count; index++) view[from + index] = checked(key === undefined ? values[index] : values[index][key]);
    } catch (error) {
      throw ofColumn(error, index);
    }
  }, checked);
}
wide("u64", 0n, 2n ** 64n);
wide("s64", -(2n ** 63n), 2n ** 63n);

function float(name, isWide) {
  const checked = (value) => {
    if (typeof value !== "number") throw wrong("a number (" + name + ")", value);
    return value;
  };
  filled(name, name, isWide, (view, from, values, key, count) => {
    let index = 0;
    try {
      for (; index < count; index++) {
        const value = key === undefined ? values[index] : values[index][key];
        if (typeof value !== "number") checked(value);
        view[from + index] = value;
      }
    } catch (error) {
      throw ofColumn(error, index);
    }
  }, checked);
}
float("f32", false);
float("f64", true);

scalars.set("char", each((sink, value) => {
  if (typeof value !== "string") throw wrong("a string of one character (char)", value);
  const code = value.length === 0 ? -1 : StringPrototypeCodePointAt(value, 0);
  const isOne = value.length === (code > 0xffff ? 2 : 1) && !(code >= 0xd800 && code <= 0xdfff);
  if (!isOne) throw new Wrong("must be a string of one character (char), not of " + value.length + " code units");
  const at = sink.words(1);
  sink.u32[at] = code;
}));

scalars.set("string", {
  __proto__: null,
  one(sink, value) {
    if (typeof value !== "string") throw wrong("a string", value);
    const at = sink.words(1);
    sink.u32[at] = value.length;
    const { texts } = sink;
    texts[texts.length] = value;
  },
  many(sink, values, key, count) {
    const from = sink.words(count);
    const { texts, u32 } = sink;
    const before = texts.length;
    let index = 0;
    try {
      for (; index < count; index++) {
        const value = key === undefined ? values[index] : values[index][key];
        if (typeof value !== "string") throw wrong("a string", value);
        u32[from + index] = value.length;
        texts[before + index] = value;
      }
    } catch (error) {
      throw ofColumn(error, index);
    }
  },
});
