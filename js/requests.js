// Requests to an instance by its id, answered in the order in which they were made.

import { core } from "ext:core/mod.js";
import { settled, typeError } from "ext:runtime_wasm/error.js";
import { asArguments, asBytes, asId, asInteger, asString, describe } from "ext:runtime_wasm/convert.js";

const {
  op_wasm_call, op_wasm_closed, op_wasm_end, op_wasm_exports, op_wasm_is_alive, op_wasm_memory_grow, op_wasm_memory_read,
  op_wasm_memory_size, op_wasm_memory_write,
} = core.ops;

/** For each instance with requests under way, the reply of the last one. */
const lines = new Map();

/**
 * Awaits a request's reply after those of the requests before it: the event loop may hear of two answers in either order,
 * the app hears of them in the order in which it asked.
 */
export async function inLine(instance, operation) {
  const before = lines.get(instance);
  const reply = before === undefined ? operation : after(before, operation);
  lines.set(instance, reply);
  try {
    return await outcome(instance, reply);
  } finally {
    if (lines.get(instance) === reply) lines.delete(instance);
  }
}

/** How many host functions each instance waits for, where it does. */
export const waiting = new Map();

/**
 * The same for a request other than a call of an export: an instance that waits for a host function answers it at once, so
 * it must not stand in line behind the call that waits.
 */
export function atOnce(instance, operation) {
  return waiting.has(instance) ? outcome(instance, operation) : inLine(instance, operation);
}

async function outcome(instance, reply) {
  try {
    return await settled(reply);
  } catch (error) {
    if (!op_wasm_is_alive(instance)) ending(instance);
    throw error;
  }
}

/** For each instance that has not closed, the op that tells when it has. */
const closings = new Map();

/** Why an instance has ended, once it has. Never rejects. While the instance lives this keeps no app alive. */
export async function closing(instance) {
  const operation = op_wasm_closed(instance);
  core.unrefOpPromise(operation);
  closings.set(instance, operation);
  const reply = await operation;
  closings.delete(instance);
  // A failure: it had ended before anybody could ask for the reason.
  const [reason, message] = Array.isArray(reply) ? reply : ["dropped", ""];
  return Object.freeze(message === "" ? { reason } : { reason, message });
}

/** The instance is ending: an app that waits for that shall not end before. */
function ending(instance) {
  const operation = closings.get(instance);
  if (operation !== undefined) core.refOpPromise(operation);
}

/** Ends an instance: `how` is "dropped", "terminated" or "aborted". Awaits its thread's end; a failure is given back. */
export function end(instance, how, message = "") {
  const operation = op_wasm_end(instance, how, message);
  ending(instance);
  return operation;
}

/** Resolves once no request to the instance is under way. */
export async function idle(instance) {
  while (lines.has(instance)) await lines.get(instance);
}

/** The reply, once the one before it has come. Ops do not reject. */
async function after(before, operation) {
  const reply = await operation;
  await before;
  return reply;
}

/** Calls an export of an instance; resolves to an array of results. */
export async function call(instance, name, args = []) {
  asId(instance, "instance");
  asString(name, "name");
  if (!Array.isArray(args)) throw typeError(`args must be an array, not ${describe(args)}`);
  return await inLine(instance, op_wasm_call(instance, name, asArguments(args)));
}

/** Lists the exports of an instance, functions with their signatures. */
export async function getExports(instance) {
  return await atOnce(instance, op_wasm_exports(asId(instance, "instance")));
}

/** The memory of an instance: its export `memory`, or else the first memory that it exports. */
export const memory = Object.freeze({
  /** Copies `length` bytes from `offset` on into a new Uint8Array. */
  async read(instance, offset, length) {
    return await atOnce(instance, op_wasm_memory_read(asId(instance, "instance"), asInteger(offset, "offset"), asInteger(length, "length")));
  },
  /** Copies bytes to `offset`. */
  async write(instance, offset, bytes) {
    return await atOnce(instance, op_wasm_memory_write(asId(instance, "instance"), asInteger(offset, "offset"), asBytes(bytes, "bytes")));
  },
  /** The size in pages of 64 KiB. */
  async size(instance) {
    return await atOnce(instance, op_wasm_memory_size(asId(instance, "instance")));
  },
  /** Grows by `pages`; resolves to the size before. */
  async grow(instance, pages) {
    return await atOnce(instance, op_wasm_memory_grow(asId(instance, "instance"), asInteger(pages, "pages")));
  },
});

/** The memory of one instance, by its id alone. */
export function memoryOf(id) {
  return Object.freeze({
    read: (offset, length) => memory.read(id, offset, length),
    write: (offset, bytes) => memory.write(id, offset, bytes),
    size: () => memory.size(id),
    grow: (pages) => memory.grow(id, pages),
  });
}
