// Requests to an instance by its id, answered in the order in which they were made.

import { core } from "ext:core/mod.js";
import { settled, typeError } from "ext:runtime_wasm/error.js";
import { asArguments, asBytes, asId, asInteger, asString, describe } from "ext:runtime_wasm/convert.js";

const {
  op_wasm_call, op_wasm_exports, op_wasm_memory_grow, op_wasm_memory_read, op_wasm_memory_size, op_wasm_memory_write,
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
    return await settled(reply);
  } finally {
    if (lines.get(instance) === reply) lines.delete(instance);
  }
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
  return inLine(instance, op_wasm_call(instance, name, asArguments(args), 0));
}

/** Lists the exports of an instance, functions with their signatures. */
export async function getExports(instance) {
  return inLine(instance, op_wasm_exports(asId(instance, "instance")));
}

/** The memory of an instance: its export `memory`, or else the first memory that it exports. */
export const memory = Object.freeze({
  /** Copies `length` bytes from `offset` on into a new Uint8Array. */
  async read(instance, offset, length) {
    return inLine(instance, op_wasm_memory_read(asId(instance, "instance"), asInteger(offset, "offset"), asInteger(length, "length")));
  },
  /** Copies bytes to `offset`. */
  async write(instance, offset, bytes) {
    return inLine(instance, op_wasm_memory_write(asId(instance, "instance"), asInteger(offset, "offset"), asBytes(bytes, "bytes")));
  },
  /** The size in pages of 64 KiB. */
  async size(instance) {
    return inLine(instance, op_wasm_memory_size(asId(instance, "instance")));
  },
  /** Grows by `pages`; resolves to the size before. */
  async grow(instance, pages) {
    return inLine(instance, op_wasm_memory_grow(asId(instance, "instance"), asInteger(pages, "pages")));
  },
});
