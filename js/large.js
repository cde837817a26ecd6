// What is large comes and goes in pieces, one in each turn of the event loop: nothing of a guest's size keeps a timer waiting.

import { closeHandle, eventLoopTurn, ops, primordials } from "ext:runtime_wasm/port.js";
import { isFailure, typeError, WasmErrorCode } from "ext:runtime_wasm/error.js";
import { shown } from "ext:runtime_wasm/own.js";
import { isAborted } from "ext:runtime_wasm/signals.js";

const {
  JSONParse, MathMin, ObjectDefineProperty, ObjectHasOwn, StringPrototypeCharCodeAt, StringPrototypeSlice, StringPrototypeToWellFormed,
  TypedArrayPrototypeGetBuffer, TypedArrayPrototypeGetByteLength, TypedArrayPrototypeGetByteOffset, Uint8Array,
} = primordials;
const {
  op_wasm_large_add, op_wasm_large_add_text, op_wasm_large_begin, op_wasm_large_take, op_wasm_large_take_text, op_wasm_large_text,
} = ops;

/** The turn that was asked for last. */
let last;

/** Waits for a turn of the event loop. Each is given once, so that what is copied in one does not grow with how many there are. */
export async function turn() {
  const before = last;
  const mine = last = (async () => {
    await before;
    await eventLoopTurn();
  })();
  await mine;
}

/** Bytes that are copied in one turn. */
export const PIECE_BYTES = 256 * 1024;

/** Code units of a text that goes over in one turn. An engine takes several times as long for text as for bytes. */
export const PIECE_TEXT = 64 * 1024;

/** Awaits a reply of JSON, which comes in pieces where it is long. Failures are given back. */
export async function wholeList(operation) {
  const reply = await operation;
  if (isFailure(reply)) return reply;
  const value = JSONParse(reply.text);
  let more = reply.more;
  while (more >= 0) {
    await turn();
    const next = op_wasm_large_text(more);
    const piece = JSONParse(next.text);
    const list = listOf(value, piece[0]);
    const items = piece[1];
    for (let index = 0; index < items.length; index++) append(list, items[index]);
    more = next.more;
  }
  return value;
}

function listOf(value, name) {
  if (name === "") return value;
  if (name === "host") return value.needs.host;
  return name === "wasi" ? value.needs.wasi.functions : value[name];
}

function append(list, item) {
  ObjectDefineProperty(list, list.length, shown(item));
}

/** Room for so many bytes; a failure where there is none, for in line there are only replies. */
export function roomFor(length) {
  try {
    return new Uint8Array(length);
  } catch {
    return { __proto__: null, failure: WasmErrorCode.MemoryError, message: "JavaScript has no room for " + length + " bytes" };
  }
}

/** Is this reply bytes, or text, that are to be fetched? */
export function isLarge(reply) {
  return typeof reply === "object" && reply !== null && ObjectHasOwn(reply, "large");
}

/** Awaits a reply, and fetches it where it is large. Failures are given back; so is that a signal has fired meanwhile. */
export async function whole(operation, signal, other) {
  const reply = await operation;
  return isLarge(reply) ? await fetched(reply, signal, other) : reply;
}

/** Fetches a reply, each piece in a turn of its own. */
export async function fetched({ large, length, isText }, signal, other) {
  try {
    return isText ? await textFetched(large, signal, other) : await bytesFetched(large, length, signal, other);
  } finally {
    closeHandle(large);
  }
}

/** Waits for the turn of the next piece; false where nobody wants it any more. */
async function isWanted(signal, other) {
  await turn();
  return !isAborted(signal) && !isAborted(other);
}

function unwanted() {
  return { __proto__: null, failure: WasmErrorCode.InvalidInstanceHandle, message: "the instance was aborted before all of the result had come" };
}

async function bytesFetched(large, length, signal, other) {
  const bytes = roomFor(length);
  if (isFailure(bytes)) return bytes;
  const buffer = TypedArrayPrototypeGetBuffer(bytes);
  for (let at = 0; at < length; at += PIECE_BYTES) {
    if (!await isWanted(signal, other)) return unwanted();
    op_wasm_large_take(large, new Uint8Array(buffer, at, MathMin(PIECE_BYTES, length - at)));
  }
  return bytes;
}

/** What is put together like this is copied by no engine before somebody looks into it. */
async function textFetched(large, signal, other) {
  let text = "";
  while (await isWanted(signal, other)) {
    const piece = op_wasm_large_take_text(large);
    if (piece === "") return text;
    text += piece;
  }
  return unwanted();
}

/**
 * Hands many bytes over. The first piece is copied at once, each other in a turn of its own. `begin` is given the resource before the
 * first turn, and starts the operation that wants the bytes; `end` when all are there. Awaits the operation.
 */
export function handedOver(bytes, what, begin, end) {
  const buffer = TypedArrayPrototypeGetBuffer(bytes);
  const offset = TypedArrayPrototypeGetByteOffset(bytes);
  const length = TypedArrayPrototypeGetByteLength(bytes);
  const add = (large, at) => {
    const many = MathMin(PIECE_BYTES, length - at);
    return op_wasm_large_add(large, new Uint8Array(buffer, offset + at, many)) ? at + many : length;
  };
  return inPieces(length, add, what, begin, end);
}

/** The same with text, which goes in UTF-8. Half a pair of surrogates becomes what it becomes elsewhere: U+FFFD. */
export function textHandedOver(text, begin, end) {
  const { length } = text;
  const add = (large, at) => {
    const to = endOfPiece(text, at);
    const piece = StringPrototypeToWellFormed(StringPrototypeSlice(text, at, to));
    return op_wasm_large_add_text(large, piece) ? to : length;
  };
  return inPieces(length, add, "text", begin, end);
}

/** A pair of surrogates stays together. */
function endOfPiece(text, at) {
  const to = at + PIECE_TEXT;
  if (to >= text.length) return text.length;
  const last = StringPrototypeCharCodeAt(text, to - 1);
  return last >= 0xd800 && last < 0xdc00 ? to - 1 : to;
}

/** `add` hands over the piece that begins at a place, and gives that of the next; the end, where nobody wants them any more. */
async function inPieces(length, add, what, begin, end) {
  const large = op_wasm_large_begin(length);
  const operation = begin(large);
  try {
    for (let at = add(large, 0); at < length; at = add(large, at)) await turn();
  } catch (error) {
    // Whoever waits for the bytes hears of that, too, and its failure is the one in line.
    closeHandle(large);
    if (operation === undefined) throw typeError(what + " cannot be read any more: the buffer has been taken away", error);
    return await operation;
  }
  const ended = end(large);
  return await (operation ?? ended);
}
