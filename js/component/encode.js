// Values of JavaScript as the bytes that src/actor/guest/component/wire.rs describes, by their types. What is wrong with one is a WasmError 5007 that
// names its place.

import { isArrayBuffer, isSharedArrayBuffer, primordials } from "ext:runtime_wasm/port.js";
import { isWasmError, typeError } from "ext:runtime_wasm/error.js";
import { describe, quoted } from "ext:runtime_wasm/convert.js";
import { bareArray } from "ext:runtime_wasm/own.js";
import { elementsOf } from "ext:runtime_wasm/component/arrays.js";
import { Sink } from "ext:runtime_wasm/component/sink.js";
import { camelCase } from "ext:runtime_wasm/component/names.js";

const {
  ArrayBufferIsView, ArrayIsArray, ArrayPrototypeJoin, BigInt, NumberIsInteger, NumberIsSafeInteger, ObjectHasOwn, ObjectPrototype,
  ObjectPrototypeIsPrototypeOf, SafeMap, String, StringPrototypeCodePointAt, StringPrototypeIsWellFormed, StringPrototypeToWellFormed,
  TypedArrayPrototypeGetBuffer, TypedArrayPrototypeGetByteLength, TypedArrayPrototypeGetByteOffset, TypedArrayPrototypeGetSymbolToStringTag,
  TypedArrayPrototypeSet, TypedArrayPrototypeSubarray, Uint8Array,
} = primordials;

/** A value that is wrong, and where it stands: told by who finds it, and completed by all around it. */
class Wrong {
  problem;
  cause;
  path = "";

  constructor(problem, cause = undefined) {
    this.problem = problem;
    this.cause = cause;
  }

  within(place) {
    this.path = this.path === "" ? place : place + ", " + this.path;
    return this;
  }
}

function isWrong(error) {
  return typeof error === "object" && error !== null && ObjectPrototypeIsPrototypeOf(Wrong.prototype, error);
}

function wrong(type, value) {
  return new Wrong("must be " + type + ", not " + describe(value));
}

/** What a getter or a trap of a proxy of the app's throws is wrong with the value that it was read for. */
function placed(error, place) {
  if (isWrong(error)) return error.within(place);
  if (isWasmError(error) || isWaiting(error)) return error;
  return new Wrong("cannot be read", error).within(place);
}

/** Is it the promise of a resource that is still being made? */
function isWaiting(error) {
  return typeof error === "object" && error !== null && ObjectHasOwn(error, "waitsFor");
}

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
    for (; index < encoders.length; index++) encoders[index](sink, values[index]);
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
  if (typeof type === "string") return simple.get(type);
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
    case "result": return resultOf(of, type[2], type[3]);
    case "own": return resourceOf(of.resources[type[2]], true);
    case "borrow": return resourceOf(of.resources[type[2]], false);
    default: return () => {
      throw new Wrong("cannot be given: there are no values of the type " + type[2] + " here");
    };
  }
}

const simple = new SafeMap();

simple.set("bool", (sink, value) => {
  if (typeof value !== "boolean") throw wrong("a boolean (bool)", value);
  const at = sink.word();
  sink.u32[at] = value ? 1 : 0;
});

/** The integers that a number can be: by the names of their types, the least and what is beyond. */
export const integers = new SafeMap();

function integer(name, least, beyond) {
  const text = "an integer of " + least + " to " + (beyond - 1) + " (" + name + ")";
  integers.set(name, { __proto__: null, least, beyond });
  simple.set(name, (sink, value) => {
    if (typeof value !== "number") throw wrong(text, value);
    if (!NumberIsInteger(value) || value < least || value >= beyond) throw new Wrong("must be " + text + ", not " + String(value));
    const at = sink.word();
    sink.u32[at] = value;
  });
}
integer("u8", 0, 256);
integer("s8", -128, 128);
integer("u16", 0, 65536);
integer("s16", -32768, 32768);
integer("u32", 0, 4294967296);
integer("s32", -2147483648, 2147483648);

function wide(name, least, beyond) {
  const text = "a bigint of " + least + " to " + (beyond - 1n) + " (" + name + ")";
  simple.set(name, (sink, value) => {
    if (typeof value === "number" && NumberIsSafeInteger(value)) value = BigInt(value);
    if (typeof value !== "bigint") throw wrong(text, value);
    if (value < least || value >= beyond) throw new Wrong("must be " + text + ", not " + String(value));
    const at = sink.twoWords();
    sink.u64[at] = value;
  });
}
wide("u64", 0n, 2n ** 64n);
wide("s64", -(2n ** 63n), 2n ** 63n);

simple.set("f32", (sink, value) => {
  if (typeof value !== "number") throw wrong("a number (f32)", value);
  const at = sink.word();
  sink.f32[at] = value;
});
simple.set("f64", (sink, value) => {
  if (typeof value !== "number") throw wrong("a number (f64)", value);
  // As `twoWords` has it. On QuickJS a call costs as much as all else here.
  const at = (sink.at + 1) >> 1;
  if ((sink.at = 2 * at + 2) > sink.room) sink.grow();
  sink.f64[at] = value;
});

simple.set("char", (sink, value) => {
  if (typeof value !== "string") throw wrong("a string of one character (char)", value);
  const code = value.length === 0 ? -1 : StringPrototypeCodePointAt(value, 0);
  const isOne = value.length === (code > 0xffff ? 2 : 1) && !(code >= 0xd800 && code <= 0xdfff);
  if (!isOne) throw new Wrong("must be a string of one character (char), not of " + value.length + " code units");
  putWord(sink, code);
});

simple.set("string", (sink, value) => {
  if (typeof value !== "string") throw wrong("a string", value);
  putWord(sink, value.length);
  const { texts } = sink;
  texts[texts.length] = value;
});

function putWord(sink, value) {
  const at = sink.at++;
  if (sink.at > sink.room) sink.grow();
  sink.u32[at] = value;
}

function listOf(of, element) {
  const encoder = encoderOf(of, element);
  const elements = elementsOf(element);
  return (sink, value) => {
    if (elements !== undefined && typeof value === "object" && value !== null) {
      const bytes = plainBytes(elements, value);
      if (bytes !== undefined) {
        const count = TypedArrayPrototypeGetByteLength(bytes);
        putWord(sink, count / elements.bytes);
        if (elements.bytes === 8) sink.align();
        const at = sink.many(count);
        return TypedArrayPrototypeSet(sink.bytes, bytes, at);
      }
    }
    if (!ArrayIsArray(value)) throw wrong(elements === undefined ? "an array (list)" : "an array or a " + elements.name + " (list)", value);
    const { length } = value;
    putWord(sink, length);
    let index = 0;
    try {
      if (elements !== undefined) return packed(sink, encoder, elements, value, length, (at) => index = at);
      for (; index < length; index++) encoder(sink, value[index]);
    } catch (error) {
      throw placed(error, "element " + index);
    }
  };
}

/** Numbers of an array, each in its own bytes: checked as single ones are, and read once. `isAt` is told of each before it is. */
function packed(sink, encoder, elements, value, length, isAt) {
  const numbers = new elements.Array(length);
  const from = sink.at;
  for (let index = 0; index < length; index++) {
    isAt(index);
    const item = value[index];
    encoder(sink, item);
    sink.at = from;
    numbers[index] = elements.isWide ? BigInt(item) : item;
  }
  if (elements.bytes === 8) sink.align();
  const count = length * elements.bytes;
  const at = sink.many(count);
  TypedArrayPrototypeSet(sink.bytes, new Uint8Array(TypedArrayPrototypeGetBuffer(numbers)), at);
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

/** A field: what all objects inherit is nobody's. */
function field(value, key) {
  const found = value[key];
  return found !== undefined && key in ObjectPrototype && !ObjectHasOwn(value, key) ? undefined : found;
}

function isObject(value) {
  return (typeof value === "object" || typeof value === "function") && value !== null;
}

function recordOf(of, fields) {
  const keys = bareArray();
  const encoders = bareArray();
  for (let i = 0; i < fields.length; i++) {
    keys[i] = camelCase(fields[i][0]);
    encoders[i] = encoderOf(of, fields[i][1]);
  }
  return (sink, value) => {
    if (!isObject(value)) throw wrong("an object (record)", value);
    let index = 0;
    try {
      for (; index < keys.length; index++) encoders[index](sink, field(value, keys[index]));
    } catch (error) {
      throw placed(error, "field " + quoted(keys[index]));
    }
  };
}

function tupleOf(of, types) {
  const encoders = bareArray();
  for (let i = 0; i < types.length; i++) encoders[i] = encoderOf(of, types[i]);
  return (sink, value) => {
    if (!ArrayIsArray(value)) throw wrong("an array (tuple)", value);
    if (value.length !== encoders.length) throw new Wrong("must be an array of " + encoders.length + " (tuple), not of " + value.length);
    let index = 0;
    try {
      for (; index < encoders.length; index++) encoders[index](sink, value[index]);
    } catch (error) {
      throw placed(error, "element " + index);
    }
  };
}

/** The names of cases, as a message has room for. */
function listed(names) {
  let text = "";
  for (let i = 0; i < names.length && i < 20; i++) text += (i === 0 ? "" : ", ") + quoted(names[i]);
  return names.length > 20 ? text + ", ..." : text;
}

function variantOf(of, cases) {
  const places = new SafeMap();
  const encoders = bareArray();
  const names = bareArray();
  for (let i = 0; i < cases.length; i++) {
    names[i] = cases[i][0];
    places.set(names[i], i);
    encoders[i] = cases[i][1] === null ? undefined : encoderOf(of, cases[i][1]);
  }
  return (sink, value) => tagged(sink, value, places, encoders, names);
}

function tagged(sink, value, places, encoders, names) {
  if (!isObject(value)) throw wrong("an object { tag, val }", value);
  const tag = field(value, "tag");
  const place = typeof tag === "string" ? places.get(tag) : undefined;
  if (place === undefined) throw new Wrong("has the tag " + (typeof tag === "string" ? quoted(tag) : describe(tag)) + "; there are " + listed(names));
  putWord(sink, place);
  if (encoders[place] === undefined) return;
  try {
    encoders[place](sink, field(value, "val"));
  } catch (error) {
    throw placed(error, "case " + quoted(tag));
  }
}

function enumOf(names) {
  const places = new SafeMap();
  for (let i = 0; i < names.length; i++) places.set(names[i], i);
  return (sink, value) => {
    const place = typeof value === "string" ? places.get(value) : undefined;
    if (place === undefined) throw new Wrong("is " + (typeof value === "string" ? quoted(value) : describe(value)) + "; there are " + listed(names));
    putWord(sink, place);
  };
}

function flagsOf(names) {
  const keys = bareArray();
  for (let i = 0; i < names.length; i++) keys[i] = camelCase(names[i]);
  return (sink, value) => {
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
  };
}

/** Is it an option, whose `undefined` could not be told from that of one around it? */
export function isOption(of, type) {
  return typeof type === "number" && of.types[type][1] === "option";
}

const someAndNone = ["none", "some"];

function optionOf(of, inner) {
  const encoder = encoderOf(of, inner);
  if (isOption(of, inner)) {
    const places = new SafeMap();
    places.set("none", 0);
    places.set("some", 1);
    return (sink, value) => tagged(sink, value, places, [undefined, encoder], someAndNone);
  }
  return (sink, value) => {
    const isNone = value === undefined || value === null;
    putWord(sink, isNone ? 0 : 1);
    if (!isNone) encoder(sink, value);
  };
}

const okAndErr = ["ok", "err"];

function resultOf(of, ok, err) {
  const places = new SafeMap();
  places.set("ok", 0);
  places.set("err", 1);
  const encoders = [ok === null ? undefined : encoderOf(of, ok), err === null ? undefined : encoderOf(of, err)];
  return (sink, value) => tagged(sink, value, places, encoders, okAndErr);
}

function resourceOf(resource, isOwned) {
  return (sink, value) => {
    const number = sink.context.numberOf(resource, value, isOwned);
    if (typeof number === "string") throw new Wrong(number);
    const at = sink.twoWords();
    sink.f64[at] = number;
  };
}
