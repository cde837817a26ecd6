// Values of JavaScript as the bytes that src/actor/guest/component/wire.rs describes, by their types. What is wrong with one is a WasmError 5007 that
// names its place. See scalars.js for what an encoder is.

import { isArrayBuffer, isSharedArrayBuffer, primordials } from "ext:runtime_wasm/port.js";
import { typeError } from "ext:runtime_wasm/error.js";
import { describe, quoted } from "ext:runtime_wasm/convert.js";
import { bareArray } from "ext:runtime_wasm/own.js";
import { elementsOf } from "ext:runtime_wasm/component/arrays.js";
import { amongAll, enumOf, flagsOf, taggedOf } from "ext:runtime_wasm/component/cases.js";
import { each, putWord, scalars } from "ext:runtime_wasm/component/scalars.js";
import { field, fieldsOf, isObject } from "ext:runtime_wasm/component/fields.js";
import { Sink } from "ext:runtime_wasm/component/sink.js";
import { keyOf } from "ext:runtime_wasm/component/names.js";
import { isWrong, ofColumn, placed, wrong, Wrong } from "ext:runtime_wasm/component/wrong.js";

const {
  ArrayBufferIsView, ArrayIsArray, ArrayPrototypeJoin, NumberIsInteger, StringPrototypeIsWellFormed,
  StringPrototypeToWellFormed, TypedArrayPrototypeGetBuffer, TypedArrayPrototypeGetByteLength, TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetSymbolToStringTag, TypedArrayPrototypeSet, TypedArrayPrototypeSubarray, Uint8Array,
} = primordials;

/** All strings as one. Half a pair of surrogates becomes what it becomes elsewhere: U+FFFD. */
function joined(texts) {
  const text = ArrayPrototypeJoin(texts, "");
  if (StringPrototypeIsWellFormed(text)) return text;
  for (let i = 0; i < texts.length; i++) texts[i] = StringPrototypeToWellFormed(texts[i]);
  return ArrayPrototypeJoin(texts, "");
}

// Used again by whoever comes next: an app's code, which runs when its values are read, may encode others meanwhile.
let spare = new Sink();
/** More than this is not kept for the next. */
const KEPT_WORDS = 256 * 1024;

/**
 * Values, of the arguments of a function or of its result, which `what` names: `{ bytes, text }`. The bytes are good until the next call of this.
 */
export function encodeAll(name, what, encoders, values, context) {
  const sink = spare ?? new Sink();
  spare = undefined;
  sink.at = 0;
  sink.context = context;
  let index = 0;
  try {
    for (; index < encoders.length; index++) encoders[index].one(sink, values[index]);
    context.given();
    const text = sink.texts.length === 0 ? "" : joined(sink.texts);
    return { __proto__: null, bytes: TypedArrayPrototypeSubarray(sink.bytes, 0, 4 * sink.at), text };
  } catch (error) {
    context.notGiven();
    const found = placed(error, what === "" ? "arg " + index : what);
    if (!isWrong(found)) throw found;
    throw typeError(quoted(name) + ": " + found.path + " " + found.problem, found.cause);
  } finally {
    sink.context = undefined;
    sink.texts.length = 0;
    if (sink.room <= KEPT_WORDS) spare = sink;
  }
}

/** What writes values of a type, made once for each. */
export function encoderOf(of, type) {
  if (typeof type === "string") return scalars.get(type);
  return (of.encoders[type] ??= made(of, of.types[type]));
}

function made(of, type) {
  const kind = type[1];
  switch (kind) {
    case "list": return listOf(of, type[2]);
    case "record": return recordOf(of, type[2]);
    case "tuple": return tupleOf(of, type[2]);
    case "variant": return variantOf(of, type[2]);
    case "enum": return enumOf(type[2]);
    case "flags": return flagsOf(type[2]);
    case "option": return optionOf(of, type[2]);
    case "result": return taggedOf(["ok", "err"], [encoderOrNone(of, type[2]), encoderOrNone(of, type[3])]);
    case "own": return resourceOf(of.resources[type[2]], true);
    case "borrow": return resourceOf(of.resources[type[2]], false);
    default: return each(() => {
      throw new Wrong("cannot be given: there are no values of the type " + type[2] + " here");
    });
  }
}

function encoderOrNone(of, type) {
  return type === null ? undefined : encoderOf(of, type);
}

/** An array may say that it has more elements than there is room for. */
const ELEMENTS_MAX = 2 ** 28;

function listOf(of, element) {
  const encoder = encoderOf(of, element);
  const elements = elementsOf(element);
  return each((sink, value) => {
    if (elements !== undefined && typeof value === "object" && value !== null) {
      const bytes = plainBytes(elements, value);
      if (bytes !== undefined) return putNumbers(sink, elements, bytes);
    }
    if (!ArrayIsArray(value)) throw wrong(elements === undefined ? "an array (list)" : "an array or a " + elements.name + " (list)", value);
    const { length } = value;
    // A proxy of an array says what it likes.
    if (typeof length !== "number" || !NumberIsInteger(length) || length < 0) throw new Wrong("has a length that is none: " + describe(length) + " (list)");
    if (length > ELEMENTS_MAX) throw new Wrong("has " + length + " elements; " + ELEMENTS_MAX + " are the most (list)");
    try {
      if (elements === undefined) {
        putWord(sink, length);
        return encoder.many(sink, value, undefined, length);
      }
      const numbers = new elements.Array(length);
      encoder.filled(numbers, 0, value, undefined, length);
      putNumbers(sink, elements, new Uint8Array(TypedArrayPrototypeGetBuffer(numbers)));
    } catch (error) {
      throw isWrong(error) ? error.within("element " + error.index) : error;
    }
  });
}

/** A list of numbers: how many, and their bytes. */
function putNumbers(sink, elements, bytes) {
  const count = TypedArrayPrototypeGetByteLength(bytes);
  putWord(sink, count / elements.bytes);
  if (elements.bytes === 8) sink.align();
  const at = sink.many(count);
  TypedArrayPrototypeSet(sink.bytes, bytes, at);
}

/** The bytes of a view that has such elements, or of a buffer where these are bytes. */
function plainBytes(elements, value) {
  if (ArrayBufferIsView(value)) {
    const name = TypedArrayPrototypeGetSymbolToStringTag(value);
    if (name !== elements.name && !(name === "Uint8ClampedArray" && elements.name === "Uint8Array")) return undefined;
    // Throws where the buffer has gone.
    return new Uint8Array(TypedArrayPrototypeGetBuffer(value), TypedArrayPrototypeGetByteOffset(value), TypedArrayPrototypeGetByteLength(value));
  }
  return elements.name === "Uint8Array" && (isArrayBuffer(value) || isSharedArrayBuffer(value)) ? new Uint8Array(value) : undefined;
}

function recordOf(of, fields) {
  const keys = bareArray();
  const encoders = bareArray();
  for (let i = 0; i < fields.length; i++) {
    keys[i] = keyOf(fields[i][0]);
    encoders[i] = encoderOf(of, fields[i][1]);
  }
  const one = (sink, value) => {
    if (!isObject(value)) throw wrong("an object (record)", value);
    let index = 0;
    try {
      for (; index < keys.length; index++) encoders[index].one(sink, field(value, keys[index]));
    } catch (error) {
      throw placed(error, "field " + quoted(keys[index]));
    }
  };
  const many = (sink, values, key, count) => {
    const rows = bareArray();
    let index = 0;
    try {
      for (; index < count; index++) {
        const value = key === undefined ? values[index] : values[index][key];
        if (typeof value !== "object" && typeof value !== "function" || value === null) throw wrong("an object (record)", value);
        rows[index] = value;
      }
    } catch (error) {
      throw ofColumn(error, index);
    }
    for (let i = 0; i < keys.length; i++) {
      try {
        const column = fieldsOf(rows, keys[i]);
        encoders[i].many(sink, column.values, column.key, count);
      } catch (error) {
        throw placed(error, "field " + quoted(keys[i]));
      }
    }
  };
  return { __proto__: null, one, many };
}

function tupleOf(of, types) {
  const encoders = bareArray();
  for (let i = 0; i < types.length; i++) encoders[i] = encoderOf(of, types[i]);
  const notSuch = (value) => {
    if (!ArrayIsArray(value)) return wrong("an array (tuple)", value);
    return new Wrong("must be an array of " + encoders.length + " (tuple), not of " + value.length);
  };
  const one = (sink, value) => {
    if (!ArrayIsArray(value) || value.length !== encoders.length) throw notSuch(value);
    let index = 0;
    try {
      for (; index < encoders.length; index++) encoders[index].one(sink, value[index]);
    } catch (error) {
      throw placed(error, "element " + index);
    }
  };
  const many = (sink, values, key, count) => {
    const rows = bareArray();
    const { length } = encoders;
    let index = 0;
    try {
      for (; index < count; index++) {
        const value = key === undefined ? values[index] : values[index][key];
        if (!ArrayIsArray(value) || value.length !== length) throw notSuch(value);
        rows[index] = value;
      }
    } catch (error) {
      throw ofColumn(error, index);
    }
    for (let i = 0; i < length; i++) {
      try {
        encoders[i].many(sink, rows, i, count);
      } catch (error) {
        throw placed(error, "element " + i);
      }
    }
  };
  return { __proto__: null, one, many };
}

function variantOf(of, cases) {
  const encoders = bareArray();
  const names = bareArray();
  for (let i = 0; i < cases.length; i++) {
    names[i] = cases[i][0];
    encoders[i] = encoderOrNone(of, cases[i][1]);
  }
  return taggedOf(names, encoders);
}

/**
 * Does `undefined` stand for a value of this type? Then an option around it is tagged, for its own `undefined` could not be told from that one. What is
 * tagged is never `undefined`.
 */
export function isNullable(of, type) {
  return typeof type === "number" && of.types[type][1] === "option" && !isNullable(of, of.types[type][2]);
}

function optionOf(of, inner) {
  const encoder = encoderOf(of, inner);
  if (isNullable(of, inner)) return taggedOf(["none", "some"], [undefined, encoder]);
  const one = (sink, value) => {
    const isNone = value === undefined || value === null;
    putWord(sink, isNone ? 0 : 1);
    if (!isNone) encoder.one(sink, value);
  };
  const many = (sink, values, key, count) => {
    const from = sink.words(count);
    const { u32 } = sink;
    const column = bareArray();
    let some = 0;
    let index = 0;
    try {
      for (; index < count; index++) {
        const value = key === undefined ? values[index] : values[index][key];
        if (value === undefined || value === null) {
          u32[from + index] = 0;
        } else {
          u32[from + index] = 1;
          column[some++] = value;
        }
      }
    } catch (error) {
      throw ofColumn(error, index);
    }
    try {
      encoder.many(sink, column, undefined, some);
    } catch (error) {
      throw amongAll(error, sink, from, 1);
    }
  };
  return { __proto__: null, one, many };
}

function resourceOf(resource, isOwned) {
  return each((sink, value) => {
    const number = sink.context.numberOf(resource, value, isOwned);
    if (typeof number === "string") throw new Wrong(number);
    const at = sink.pairs(1);
    sink.f64[at] = number;
  });
}
