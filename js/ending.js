// How instances end: the news of it, and the errors of requests that an end has met.

import { ops, refOp, unrefOp, primordials } from "ext:runtime_wasm/port.js";
import { failed, isFailure, WasmErrorCode } from "ext:runtime_wasm/error.js";
import { waiting } from "ext:runtime_wasm/deadlock.js";
import { abortReason, isAborted } from "ext:runtime_wasm/signals.js";

const { MapPrototypeForEach, ObjectFreeze, SafeMap } = primordials;
const { op_wasm_closed, op_wasm_end, op_wasm_is_alive } = ops;

/** What to throw for a failed request to an instance. */
export function failure(instance, reply, signal = undefined, other = undefined) {
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

/** For each instance that has not closed, the op that tells when it has. */
const closings = new SafeMap();

/** Why an instance has ended, once it has. Never rejects. While the instance lives this keeps no app alive. */
export async function closing(instance) {
  const operation = op_wasm_closed(instance);
  unrefOp(operation);
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
  if (operation !== undefined) refOp(operation);
  const handlers = waiting.get(instance);
  if (handlers !== undefined) MapPrototypeForEach(handlers, (handler) => handler.abort());
}

/** Ends an instance: `how` is "dropped", "terminated" or "aborted". Awaits its thread's end; a failure is given back. */
export function end(instance, how, message = "") {
  const operation = op_wasm_end(instance, how, message);
  ending(instance);
  return operation;
}
