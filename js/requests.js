// Requests to an instance by its id.

import { ops, primordials } from "ext:runtime_wasm/port.js";
import { isFailure, typeError } from "ext:runtime_wasm/error.js";
import { asArguments, asBytes, asId, asInteger, asString, checkedList, describe } from "ext:runtime_wasm/convert.js";
import { callHandle, calling, isWithin, waiting } from "ext:runtime_wasm/deadlock.js";
import { handedOver, PIECE_BYTES, roomFor, wholeList } from "ext:runtime_wasm/large.js";
import { atOnce, inLine, lines } from "ext:runtime_wasm/lines.js";
import { listOf, ownValue } from "ext:runtime_wasm/own.js";
import { sent } from "ext:runtime_wasm/replies.js";
import { guests } from "ext:runtime_wasm/component/calls.js";

const { ArrayIsArray, ObjectFreeze, PromiseReject, TypedArrayPrototypeGetByteLength } = primordials;

const {
  op_wasm_call, op_wasm_exports, op_wasm_large_sent, op_wasm_memory_grow, op_wasm_memory_has_room, op_wasm_memory_read,
  op_wasm_memory_read_into, op_wasm_memory_size, op_wasm_memory_write, op_wasm_memory_write_large, op_wasm_send_call,
  op_wasm_send_memory_read, op_wasm_send_memory_write,
} = ops;

/**
 * The export by which WASI commands run. That one has ended is heard of in several ways, by its reply and by its streams; an answer that
 * overtook those would find an app with nothing left to wait for.
 */
export const COMMAND_ENTRY = "_start";

/**
 * The promise that `ask` gives, or one that is rejected with what it throws. For what is called often: an async function in this place
 * would cost as much as a guest's call, and on QuickJS several times that whenever a request fails.
 */
export function asked(ask) {
  try {
    return ask();
  } catch (error) {
    return PromiseReject(error);
  }
}

/** A bare result, an array of several, undefined for none. */
export function bareResult(results) {
  return results.length > 1 ? results : ownValue(results, 0);
}

/** Calls an export of an instance; resolves to an array of results. */
export function call(instance, name, args = []) {
  return asked(() => {
    asId(instance, "instance");
    asString(name, "name");
    if (!ArrayIsArray(args)) throw typeError("args must be an array, not " + describe(args));
    const guest = guests.get(instance);
    if (guest !== undefined) return guest.call(name, checkedList(args, listOf));
    const checked = asArguments(checkedList(args, listOf));
    return isWithin() || name === COMMAND_ENTRY
      ? calling(instance, name, () => inLine(instance, op_wasm_call(instance, name, checked, callHandle())))
      : sent(instance, op_wasm_send_call(instance, name, checked));
  });
}

/** Lists the exports of an instance, functions with their signatures. */
export async function getExports(instance) {
  return await atOnce(instance, wholeList(op_wasm_exports(asId(instance, "instance"))));
}

/** Takes its place in the instance's order at once, however long it takes until all bytes are there. */
function write(instance, offset, bytes) {
  const length = TypedArrayPrototypeGetByteLength(bytes);
  if (length <= PIECE_BYTES) {
    return waiting.has(instance)
      ? atOnce(instance, op_wasm_memory_write(instance, offset, bytes))
      : sent(instance, op_wasm_send_memory_write(instance, offset, bytes));
  }
  return atOnce(instance, writeMany(instance, offset, bytes, length));
}

/** Can the memory reach as far? Where nothing is under way, nothing can make it larger before the next request has its turn. */
function reaches(instance, offset, length) {
  return offset >= 0 && op_wasm_memory_has_room(instance, offset + length, !lines.has(instance) && !waiting.has(instance));
}

/** Awaits a read of many bytes: straight into what the app gets. */
async function readMany(instance, offset, length) {
  // For what cannot be there nothing is made: this fails.
  if (!reaches(instance, offset, length)) return await op_wasm_memory_read(instance, offset, length);
  const bytes = roomFor(length);
  if (isFailure(bytes)) return bytes;
  const reply = await op_wasm_memory_read_into(instance, offset, bytes);
  return isFailure(reply) ? reply : bytes;
}

/** Awaits a write of many bytes. */
function writeMany(instance, offset, bytes, length) {
  // Of what cannot fit nothing is copied: to read as much in its place fails in the same words.
  if (!reaches(instance, offset, length)) return op_wasm_memory_read(instance, offset, length);
  return handedOver(bytes, "bytes", (large) => op_wasm_memory_write_large(instance, offset, large), op_wasm_large_sent);
}

/** The memory of an instance: its export `memory`, or else the first memory that it exports. */
export const memory = ObjectFreeze({
  /** Copies `length` bytes from `offset` on into a new Uint8Array. */
  read(instance, offset, length) {
    return asked(() => {
      asId(instance, "instance");
      asInteger(offset, "offset");
      if (asInteger(length, "length") > PIECE_BYTES) return atOnce(instance, readMany(instance, offset, length));
      return waiting.has(instance)
        ? atOnce(instance, op_wasm_memory_read(instance, offset, length))
        : sent(instance, op_wasm_send_memory_read(instance, offset, length));
    });
  },
  /** Copies bytes to `offset`. */
  write(instance, offset, bytes) {
    return asked(() => write(asId(instance, "instance"), asInteger(offset, "offset"), asBytes(bytes, "bytes")));
  },
  /** The size in pages of 64 KiB. */
  size(instance) {
    return asked(() => atOnce(instance, op_wasm_memory_size(asId(instance, "instance"))));
  },
  /** Grows by `pages`; resolves to the size before. */
  grow(instance, pages) {
    return asked(() => atOnce(instance, op_wasm_memory_grow(asId(instance, "instance"), asInteger(pages, "pages"))));
  },
});

/** The memory of the instance whose `id` the object has. It holds the object, and what that holds: see `js/instance.js`. */
export function memoryOf(instance) {
  return ObjectFreeze({
    read: (offset, length) => memory.read(instance.id, offset, length),
    write: (offset, bytes) => memory.write(instance.id, offset, bytes),
    size: () => memory.size(instance.id),
    grow: (pages) => memory.grow(instance.id, pages),
  });
}
