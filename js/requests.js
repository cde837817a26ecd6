// Requests to an instance by its id, answered in the order in which they were made.

import { core, primordials } from "ext:core/mod.js";
import { failed, isFailure, typeError, WasmErrorCode } from "ext:runtime_wasm/error.js";
import { asArguments, asBytes, asId, asInteger, asString, checkedList, describe } from "ext:runtime_wasm/convert.js";
import { callHandle, calling, waiting } from "ext:runtime_wasm/deadlock.js";
import { handedOver, PIECE_BYTES, wholeBytes, wholeList } from "ext:runtime_wasm/large.js";
import { listOf, ownValue } from "ext:runtime_wasm/own.js";
import { abortReason, isAborted } from "ext:runtime_wasm/signals.js";

const { ArrayIsArray, MapPrototypeForEach, ObjectFreeze, Promise, PromiseReject, PromiseWithResolvers, SafeMap,
  TypedArrayPrototypeGetByteLength } = primordials;
const { refOpPromise, unrefOpPromise } = core;

const {
  op_wasm_call, op_wasm_closed, op_wasm_end, op_wasm_exports, op_wasm_is_alive, op_wasm_memory_grow,
  op_wasm_memory_has_room, op_wasm_memory_read, op_wasm_large_sent, op_wasm_memory_size, op_wasm_memory_write, op_wasm_memory_write_large,
} = core.ops;

/** For each instance with requests under way, how far it is with them. */
const lines = new SafeMap();

/** Most lines are one request long, so what few need is made when it is needed. */
class Line {
  /** Requests that were made, and those whose reply the app has been given. */
  made = 0;
  answered = 0;
  /** By its number, what lets a request go on whose reply came before that of one before it. */
  early = undefined;
  /** The promise of the line's end, where somebody waits for it. */
  ended = undefined;
}

/**
 * Awaits a request's reply after those of the requests before it: the event loop may hear of two answers in either order,
 * the app hears of them in the order in which it asked. Where one of the signals has ended the instance, what rejects the
 * request is the signal's own reason. One async function and no more, since each costs as much as the call of a guest.
 */
export async function inLine(instance, operation, signal = undefined, other = undefined) {
  let line = lines.get(instance);
  if (line === undefined) lines.set(instance, line = new Line());
  const number = line.made++;
  // Ops do not reject.
  const reply = await operation;
  if (number !== line.answered) await turn(line, number);
  line.answered++;
  if (line.early !== undefined) next(line);
  if (line.answered === line.made) close(instance, line);
  if (isFailure(reply)) throw failure(instance, reply, signal, other);
  return reply ?? undefined;
}

function turn(line, number) {
  line.early ??= new SafeMap();
  return new Promise((resolve) => line.early.set(number, resolve));
}

function next(line) {
  const resolve = line.early.get(line.answered);
  line.early.delete(line.answered);
  resolve?.();
}

function close(instance, line) {
  lines.delete(instance);
  line.ended?.resolve();
}

/** What to throw for a failed request to an instance. */
function failure(instance, reply, signal = undefined, other = undefined) {
  if (!op_wasm_is_alive(instance)) ending(instance);
  if (isOfAbort(reply)) {
    if (isAborted(signal)) return abortReason(signal);
    if (isAborted(other)) return abortReason(other);
  }
  return failed(reply);
}

/** Is this because the instance was aborted? Nothing else is, though a signal may have fired since; nor what nobody remembers. */
function isOfAbort(reply) {
  if (reply.ended !== undefined) return reply.ended.reason === "aborted";
  return reply.failure === WasmErrorCode.InvalidInstanceHandle;
}

/**
 * The same for a request other than a call of an export: an instance that waits for a host function answers it at once, so
 * it must not stand in line behind the call that waits.
 */
export function atOnce(instance, operation) {
  return waiting.has(instance) ? outOfLine(instance, operation) : inLine(instance, operation);
}

async function outOfLine(instance, operation) {
  const reply = await operation;
  if (isFailure(reply)) throw failure(instance, reply);
  return reply ?? undefined;
}

/** For each instance that has not closed, the op that tells when it has. */
const closings = new SafeMap();

/** Why an instance has ended, once it has. Never rejects. While the instance lives this keeps no app alive. */
export async function closing(instance) {
  const operation = op_wasm_closed(instance);
  unrefOpPromise(operation);
  closings.set(instance, operation);
  const reply = await operation;
  closings.delete(instance);
  // A failure: it had ended before anybody could ask for the reason.
  const { reason, message } = isFailure(reply) ? { reason: "dropped", message: "" } : reply;
  return ObjectFreeze(message === "" ? { reason } : { reason, message });
}

/** The instance is ending: its handlers hear of that now, and an app that waits for it shall not end before. */
function ending(instance) {
  const operation = closings.get(instance);
  if (operation !== undefined) refOpPromise(operation);
  const handlers = waiting.get(instance);
  if (handlers !== undefined) MapPrototypeForEach(handlers, (handler) => handler.abort());
}

/** Ends an instance: `how` is "dropped", "terminated" or "aborted". Awaits its thread's end; a failure is given back. */
export function end(instance, how, message = "") {
  const operation = op_wasm_end(instance, how, message);
  ending(instance);
  return operation;
}

/** Resolves once no request to the instance is under way. */
export async function idle(instance) {
  for (let line; (line = lines.get(instance)) !== undefined;) await (line.ended ??= PromiseWithResolvers()).promise;
}

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
    const checked = asArguments(checkedList(args, listOf));
    return calling(instance, name, () => inLine(instance, op_wasm_call(instance, name, checked, callHandle())));
  });
}

/** Lists the exports of an instance, functions with their signatures. */
export async function getExports(instance) {
  return await atOnce(instance, wholeList(op_wasm_exports(asId(instance, "instance"))));
}

/** Takes its place in the instance's order at once, however long it takes until all bytes are there. */
function write(instance, offset, bytes) {
  const length = TypedArrayPrototypeGetByteLength(bytes);
  if (length <= PIECE_BYTES) return op_wasm_memory_write(instance, offset, bytes);
  // Where nothing is under way, nothing can make the memory larger before this has its turn.
  const quiet = !lines.has(instance) && !waiting.has(instance);
  // Of what cannot fit nothing is copied: to read as much in its place fails in the same words.
  if (!op_wasm_memory_has_room(instance, length, quiet)) return op_wasm_memory_read(instance, offset, length);
  return handedOver(bytes, "bytes", (large) => op_wasm_memory_write_large(instance, offset, large), op_wasm_large_sent);
}

/** The memory of an instance: its export `memory`, or else the first memory that it exports. */
export const memory = ObjectFreeze({
  /** Copies `length` bytes from `offset` on into a new Uint8Array. */
  read(instance, offset, length) {
    return asked(() => {
      const operation = op_wasm_memory_read(asId(instance, "instance"), asInteger(offset, "offset"), asInteger(length, "length"));
      return atOnce(instance, wholeBytes(operation));
    });
  },
  /** Copies bytes to `offset`. */
  write(instance, offset, bytes) {
    return asked(() => atOnce(instance, write(asId(instance, "instance"), asInteger(offset, "offset"), asBytes(bytes, "bytes"))));
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
