// Values with cases (variants, results, enums, and options of what may be undefined) and flags as the bytes that
// src/actor/guest/component/wire.rs describes. See scalars.js for what an encoder is.

import { primordials } from "ext:runtime_wasm/port.js";
import { describe, quoted } from "ext:runtime_wasm/convert.js";
import { bareArray } from "ext:runtime_wasm/own.js";
import { each, putWord } from "ext:runtime_wasm/component/scalars.js";
import { field, isObject } from "ext:runtime_wasm/component/fields.js";
import { camelCase } from "ext:runtime_wasm/component/names.js";
import { isWrong, listed, ofColumn, placed, wrong, Wrong } from "ext:runtime_wasm/component/wrong.js";

const { SafeMap } = primordials;

/** Objects `{ tag, val }`. In a column stands which case each is; then, for each case as they first come up, a column of its values. */
export function taggedOf(names, encoders) {
  const places = new SafeMap();
  for (let i = 0; i < names.length; i++) places.set(names[i], i);
  const placeOf = (value) => {
    if (!isObject(value)) throw wrong("an object { tag, val }", value);
    const tag = field(value, "tag");
    const place = typeof tag === "string" ? places.get(tag) : undefined;
    if (place === undefined) throw new Wrong("has the tag " + (typeof tag === "string" ? quoted(tag) : describe(tag)) + "; there are " + listed(names));
    return place;
  };
  const one = (sink, value) => {
    const place = placeOf(value);
    putWord(sink, place);
    if (encoders[place] === undefined) return;
    try {
      encoders[place].one(sink, field(value, "val"));
    } catch (error) {
      throw placed(error, "case " + quoted(names[place]));
    }
  };
  const many = (sink, values, key, count) => {
    const from = sink.words(count);
    const { u32 } = sink;
    const columns = new SafeMap();
    const order = bareArray();
    let index = 0;
    try {
      for (; index < count; index++) {
        const value = key === undefined ? values[index] : values[index][key];
        const place = placeOf(value);
        u32[from + index] = place;
        if (encoders[place] === undefined) continue;
        let column = columns.get(place);
        if (column === undefined) {
          columns.set(place, column = bareArray());
          order[order.length] = place;
        }
        column[column.length] = valueOf(value, names[place]);
      }
    } catch (error) {
      throw ofColumn(error, index);
    }
    for (let i = 0; i < order.length; i++) {
      const column = columns.get(order[i]);
      try {
        encoders[order[i]].many(sink, column, undefined, column.length);
      } catch (error) {
        throw placed(amongAll(error, sink, from, order[i]), "case " + quoted(names[order[i]]));
      }
    }
  };
  return { __proto__: null, one, many };
}

/** The value of a case. */
function valueOf(value, tag) {
  try {
    return field(value, "val");
  } catch (error) {
    throw placed(error, "case " + quoted(tag));
  }
}

/** What has been thrown for one of the values of a case, as one of the column with all cases, which begins there. */
export function amongAll(error, sink, from, place) {
  if (!isWrong(error)) return error;
  let left = error.index;
  let at = from;
  while (sink.u32[at] !== place || left-- > 0) at++;
  error.index = at - from;
  return error;
}

export function enumOf(names) {
  const places = new SafeMap();
  for (let i = 0; i < names.length; i++) places.set(names[i], i);
  return each((sink, value) => {
    const place = typeof value === "string" ? places.get(value) : undefined;
    if (place === undefined) throw new Wrong("is " + (typeof value === "string" ? quoted(value) : describe(value)) + "; there are " + listed(names));
    putWord(sink, place);
  });
}

export function flagsOf(names) {
  const keys = bareArray();
  for (let i = 0; i < names.length; i++) keys[i] = camelCase(names[i]);
  return each((sink, value) => {
    // In a function, a class say, nobody finds a flag: it is there by mistake.
    if (!isObject(value) || typeof value === "function") throw wrong("an object of booleans (flags)", value);
    let word = 0;
    for (let i = 0; i < keys.length; i++) {
      const flag = field(value, keys[i]);
      if (flag !== undefined && typeof flag !== "boolean") throw wrong("a boolean", flag).within("flag " + quoted(keys[i]));
      if (flag === true) word |= 1 << (i % 32);
      if (i % 32 === 31 || i === keys.length - 1) {
        putWord(sink, word);
        word = 0;
      }
    }
  });
}
