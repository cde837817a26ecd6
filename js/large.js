// What is large comes and goes in pieces, one in each turn of the event loop: nothing of a guest's size keeps a timer waiting.

import { closeHandle, eventLoopTurn, ops, primordials } from "ext:runtime_wasm/port.js";
import { isFailure, typeError } from "ext:runtime_wasm/error.js";
import { shown } from "ext:runtime_wasm/own.js";

const {
  JSONParse, MathMin, ObjectDefineProperty, TypedArrayPrototypeGetBuffer, TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset, Uint8Array,
} = primordials;
const { op_wasm_large_add, op_wasm_large_begin, op_wasm_large_text } = ops;

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

/**
 * Hands many bytes over. The first piece is copied at once, each other in a turn of its own. `begin` is given the resource before the
 * first turn, and starts the operation that wants the bytes; `end` when all are there. Awaits the operation.
 */
export async function handedOver(bytes, what, begin, end) {
  const buffer = TypedArrayPrototypeGetBuffer(bytes);
  const offset = TypedArrayPrototypeGetByteOffset(bytes);
  const length = TypedArrayPrototypeGetByteLength(bytes);
  const large = op_wasm_large_begin(length);
  const operation = begin(large);
  try {
    for (let at = 0; at < length; at += PIECE_BYTES) {
      if (at > 0) await turn();
      // False where nobody wants them any more.
      if (!op_wasm_large_add(large, new Uint8Array(buffer, offset + at, MathMin(PIECE_BYTES, length - at)))) break;
    }
  } catch (error) {
    // Whoever waits for the bytes hears of that, too, and its failure is the one in line.
    closeHandle(large);
    if (operation === undefined) throw typeError(what + " cannot be read any more: the buffer has been taken away", error);
    return await operation;
  }
  const ended = end(large);
  return await (operation ?? ended);
}
