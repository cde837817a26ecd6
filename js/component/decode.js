// The bytes that src/actor/guest/component/wire.rs describes as values of JavaScript, by their types.
// See source.js for what a decoder is.

import { primordials } from "ext:runtime_wasm/port.js";
import { bareArray } from "ext:runtime_wasm/own.js";
import { elementsOf } from "ext:runtime_wasm/component/arrays.js";
import { isNullable } from "ext:runtime_wasm/component/encode.js";
import { asArray, recordMaker, records, tuples } from "ext:runtime_wasm/component/rows.js";
import { double, each, simple, Source } from "ext:runtime_wasm/component/source.js";
import { keyOf } from "ext:runtime_wasm/component/names.js";

const { ArrayBufferPrototypeSlice, SafeMap } = primordials;

/** The values, in an array as an app knows it. */
export function decodeAll(decoders, encoded, context) {
  const source = new Source(encoded, context);
  const values = bareArray();
  for (let i = 0; i < decoders.length; i++) values[i] = decoders[i].one(source);
  return asArray(values);
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
    keys[i] = keyOf(fields[i][0]);
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
  for (let i = 0; i < names.length; i++) keys[i] = keyOf(names[i]);
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
  if (isNullable(of, inner)) return taggedOf(["none", "some"], [undefined, decoder], false);
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
