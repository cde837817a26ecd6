// Arguments from the app, checked and spelled out for the ops. Whatever is wrong with one is a WasmError 5007 that names it.

import { isArrayBuffer, isSharedArrayBuffer, ops, primordials } from "ext:runtime_wasm/port.js";
import { isWasmError, typeError } from "ext:runtime_wasm/error.js";
import { bareArray, listAfterFirst, ownValue } from "ext:runtime_wasm/own.js";

const {
  ArrayBuffer, ArrayBufferIsView, ArrayBufferPrototypeGetResizable, ArrayIsArray, ArrayPrototypeSlice, DataView, DataViewPrototypeGetBuffer,
  DataViewPrototypeGetByteLength, DataViewPrototypeGetByteOffset, DataViewPrototypeGetUint32, DataViewPrototypeSetBigUint64, Float64Array, NumberIsInteger, SafeSet, SafeWeakMap, String, TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength, TypedArrayPrototypeGetByteOffset, TypedArrayPrototypeGetSymbolToStringTag,
  TypedArrayPrototypeSet, TypedArrayPrototypeValues, Uint8Array,
} = primordials;
const { op_wasm_printable } = ops;

// WebAssembly's own bound on parameters (JS API, implementation limits); more would only be copied to be refused.
const ARGUMENTS_MAX = 1000;

/** How to call a value in a message. */
export function describe(value) {
  if (value === null) return "null";
  if (ArrayIsArray(value)) return "an array";
  const type = typeof value;
  return type === "undefined" ? "undefined" : type === "object" ? "an object" : "a " + type;
}

/** A name for a message, in quotes: escaped and cut, as it may come from anywhere. */
export function quoted(name) {
  return '"' + op_wasm_printable(name) + '"';
}

/** Runs `read` on a value whose getters or proxy traps may throw; what they throw becomes the cause of a 5007. */
export function guarded(what, read) {
  try {
    return read();
  } catch (error) {
    if (isWasmError(error) && error.code === 5007) throw error;
    throw typeError(what + " cannot be read", error);
  }
}

export function asString(value, what) {
  if (typeof value !== "string") throw typeError(what + " must be a string, not " + describe(value));
  return value;
}

/** Which numbers those are, for whoever gives something else: a path, or what has the id. */
const ids = { __proto__: null, module: "which compile() and compileFile() give", instance: "an instance's id" };

export function asId(value, what) {
  if (typeof value !== "number") throw typeError(what + " must be a number, " + ids[what] + ", not " + describe(value));
  return value;
}

/** An integer of any size; whether it fits is for the memory to say. */
export function asInteger(value, what) {
  if (typeof value !== "number" || !NumberIsInteger(value)) {
    const found = typeof value === "number" ? String(value) : describe(value);
    throw typeError(what + " must be an integer, not " + found);
  }
  return value;
}

/** A Uint8Array over the bytes of any buffer or view; over a copy, where others can change them or how many there are. */
export function asBytes(value, what) {
  return guarded(what, () => {
    if (ArrayBufferIsView(value)) return bytesOfView(value, what);
    if (isArrayBuffer(value) || isSharedArrayBuffer(value)) return settledBytes(value, new Uint8Array(value));
    throw typeError(what + " must be a Uint8Array, another view, or an ArrayBuffer, not " + describe(value));
  });
}

function bytesOfView(view, what) {
  if (TypedArrayPrototypeGetSymbolToStringTag(view) === undefined) {
    // These throw where the buffer has shrunk or gone.
    const buffer = DataViewPrototypeGetBuffer(view);
    return settledBytes(buffer, new Uint8Array(buffer, DataViewPrototypeGetByteOffset(view), DataViewPrototypeGetByteLength(view)));
  }
  const buffer = TypedArrayPrototypeGetBuffer(view);
  const length = TypedArrayPrototypeGetByteLength(view);
  // So does this; to the length it is as good as empty.
  if (length === 0) TypedArrayPrototypeValues(view);
  return settledBytes(buffer, new Uint8Array(buffer, TypedArrayPrototypeGetByteOffset(view), length));
}

function settledBytes(buffer, bytes) {
  return canChange(buffer) ? new Uint8Array(bytes) : bytes;
}

/** Can somebody else change the bytes, or how many there are, at any time? */
function canChange(buffer) {
  return isSharedArrayBuffer(buffer) || ArrayBufferPrototypeGetResizable?.(buffer) === true;
}

/**
 * The arguments of a call for the op: each a bare value, whose type the signature decides, or `[type, value]`. They take the place of
 * the values, in an array of our own: what an app was called with, or what `listOf` gave.
 */
export function asArguments(values) {
  const { length } = values;
  if (length > ARGUMENTS_MAX) throw tooMany(length);
  for (let index = 0; index < length; index++) {
    const value = values[index];
    if (typeof value !== "number") values[index] = guarded("the arguments", () => asArgument(value));
  }
  return values;
}

function tooMany(length) {
  return typeError(length + " arguments: no function takes over " + ARGUMENTS_MAX);
}

/** An array of arguments that an app has made, or of all after the first place of it, in an array of our own. */
export function checkedList(array, list) {
  return guarded("the arguments", () => {
    if (array.length > ARGUMENTS_MAX + 1) throw tooMany(array.length);
    return list(array);
  });
}

/** What stands in the place of a number of arguments where they are not all numbers. */
const OTHERS = 2047;

/**
 * The calls of a batch for the op, `[bytes, names, others]`. The bytes are those of numbers: for each call 2048 times the place of its name, and how
 * many arguments it has, which follow; or `OTHERS`, where not all of them are numbers, and the next of the others are its arguments. Of a component
 * `functionOf` gives the function of a name and `spelled` its encoded arguments; the functions go into `functions`.
 */
export function asCalls(calls, component = undefined) {
  return guarded("the calls", () => {
    if (!ArrayIsArray(calls)) throw typeError("calls must be an array of [name, ...args], not " + describe(calls));
    const { length } = calls;
    const names = bareArray();
    const others = bareArray();
    let room = 4 * length;
    let numbers = new Float64Array(room);
    let last;
    let place = -1;
    let at = 0;
    // Of a component, for the parameters of the function that was named last.
    let func;
    let least;
    let beyond;
    for (let index = 0; index < length; index++) {
      const call = calls[index];
      if (!ArrayIsArray(call)) throw typeError("calls[" + index + "] must be an array [name, ...args], not " + describe(call));
      const name = call[0];
      if (name !== last || place < 0) {
        let called = asString(name, "calls[" + index + "][0]");
        if (component !== undefined) {
          func = component.functionOf(called);
          ({ least, beyond, fullName: called } = func);
        }
        place = placeOf(names, called);
        last = name;
      }
      if (component !== undefined) component.functions[index] = func;
      const many = call.length;
      if (many > ARGUMENTS_MAX + 1) throw tooMany(many);
      if (at + many > room) numbers = longer(numbers, room = 2 * (at + many + length - index));
      const head = at++;
      let argument = 1;
      if (func === undefined || (func.takesNumbers && many === func.params.length + 1)) {
        for (let value; argument < many; argument++) {
          // Whether a NaN keeps its bits among numbers is for an engine to say.
          if (typeof (value = call[argument]) !== "number" || value !== value) break;
          if (func !== undefined && least[argument - 1] !== undefined) {
            if (value < least[argument - 1] || value >= beyond[argument - 1] || ((value | 0) !== value && !NumberIsInteger(value))) break;
          }
          numbers[at++] = value;
        }
        if (argument === many) {
          numbers[head] = 2048 * place + many - 1;
          continue;
        }
      }
      at = head + 1;
      numbers[head] = 2048 * place + OTHERS;
      const given = checkedList(call, listAfterFirst);
      others[others.length] = component === undefined ? asArguments(given) : component.spelled(func, given);
    }
    return [new Uint8Array(TypedArrayPrototypeGetBuffer(numbers), 0, 8 * at), names, others];
  });
}

/** The place of a name among those that there are, which it is added to. There are few. */
function placeOf(names, name) {
  let place = 0;
  while (place < names.length && names[place] !== name) place++;
  names[place] = name;
  return place;
}

function longer(numbers, room) {
  const more = new Float64Array(room);
  TypedArrayPrototypeSet(more, numbers);
  return more;
}

/** The results of the calls of a batch, from the op's `[bytes, others]`: for each call no number, one with its result, or the next of the others. */
export function callResults(bytes, others) {
  const length = TypedArrayPrototypeGetByteLength(bytes) / 8;
  const numbers = new Float64Array(TypedArrayPrototypeGetBuffer(bytes), TypedArrayPrototypeGetByteOffset(bytes), length);
  const results = bareArray();
  let other = 0;
  for (let at = 0, index = 0; at < length; index++) {
    const many = numbers[at++];
    results[index] = many === 1 ? [numbers[at++]] : many === 0 ? [] : others[other++];
  }
  // An array as an app knows it. Its elements are defined by this, not assigned.
  return ArrayPrototypeSlice(results);
}

/** For each function that a guest has let out, its instance and its place there. */
export const guestFunctions = new SafeWeakMap();

const valueTypes = new SafeSet(["i32", "i64", "f32", "f64", "v128", "externref", "funcref"]);

/** One value for the op; see there for how it is spelled out. */
export function asArgument(value) {
  const kind = typeof value;
  if (kind === "bigint" || kind === "function") return ofType(undefined, value);
  if (kind !== "object" || value === null) return value;
  // An array is what the op takes for a pair, so it goes in one; without a type, as a value of any kind.
  if (ArrayIsArray(value)) return [undefined, value];
  const type = ownValue(value, "type");
  if (valueTypes.has(type)) return ofType(type, ownValue(value, "value"));
  // Much else has a `type`, an event for one.
  return canLoseBytes(value) ? ofType(undefined, value) : value;
}

function ofType(type, value) {
  if (typeof value === "bigint") return asBigInt(type, value);
  if (typeof value === "function") return asFunction(type, value);
  return canLoseBytes(value) ? [type, value, copied(value)] : [type, value];
}

/** A function of a guest's goes with its instance and place, for a funcref; and as itself, for an externref. */
function asFunction(type, value) {
  const place = guestFunctions.get(value);
  return place === undefined ? [type, value] : [type, value, place[0], place[1]];
}

const halves = new DataView(new ArrayBuffer(8));
const LEAST = -(2n ** 63n);
const BEYOND = 2n ** 64n;

/** A bigint goes in two halves of 32 bits. (deno_core on QuickJS reads one by a script of its own, which asks globals.) */
function asBigInt(type, value) {
  if (value < LEAST || value >= BEYOND) return [type, value, undefined, undefined, undefined];
  DataViewPrototypeSetBigUint64(halves, 0, value);
  return [type, value, DataViewPrototypeGetUint32(halves, 0), DataViewPrototypeGetUint32(halves, 4), value < 0n];
}

/** Bytes whose number can change go with a copy, which may be a vector; and as themselves, for an externref. */
function canLoseBytes(value) {
  return TypedArrayPrototypeGetSymbolToStringTag(value) === "Uint8Array" && canChange(TypedArrayPrototypeGetBuffer(value));
}

function copied(bytes) {
  return new Uint8Array(TypedArrayPrototypeGetByteLength(bytes) === 0 ? 0 : bytes);
}
