// Calls with bytes or text, which give such: one request, and one turn of the event loop for what is small. What is large, of the app's or
// of the guest's, goes in pieces.

import { ops, primordials } from "ext:runtime_wasm/port.js";
import { asBytes, asString } from "ext:runtime_wasm/convert.js";
import { callHandle, calling, isWithin } from "ext:runtime_wasm/deadlock.js";
import { end } from "ext:runtime_wasm/ending.js";
import { handedOver, PIECE_BYTES, PIECE_TEXT, textHandedOver, whole } from "ext:runtime_wasm/large.js";
import { inLine } from "ext:runtime_wasm/lines.js";
import { asFuel, asMilliseconds, readOptions } from "ext:runtime_wasm/options.js";
import { abortSignals, sent } from "ext:runtime_wasm/replies.js";
import { checkSignal, offAbort, onAbort, throwIfAborted } from "ext:runtime_wasm/signals.js";

const { StringPrototypeToWellFormed, TypedArrayPrototypeGetByteLength } = primordials;
const {
  op_wasm_call_bytes, op_wasm_call_large, op_wasm_call_text, op_wasm_large_sent, op_wasm_send_call_bytes, op_wasm_send_call_text,
} = ops;

/** The bounds that a call is given, as ops take them. */
export function boundsOf(options) {
  const { signal, timeoutMs, cpuMs, fuel } = readOptions(options, ["signal", "timeoutMs", "cpuMs", "fuel"], "options");
  checkSignal(signal);
  const limit = timeoutMs === undefined ? 0 : asMilliseconds(timeoutMs, "options.timeoutMs");
  const cpu = cpuMs === undefined ? 0 : asMilliseconds(cpuMs, "options.cpuMs");
  const most = fuel === undefined ? "" : asFuel(fuel, "options.fuel");
  return { __proto__: null, signal, limit, cpu, most };
}

const unbounded = { __proto__: null, signal: undefined, limit: 0, cpu: 0, most: "" };

/** Reads the options first: a getter of theirs may take the bytes away. */
function boundsIfAny(options) {
  return options === undefined ? undefined : boundsOf(options);
}

/** Calls an export with bytes, and resolves to the bytes that it gives. */
export function callBytes(owner, id, name, bytes, options) {
  asString(name, "name");
  const bounds = boundsIfAny(options);
  const given = asBytes(bytes, "bytes");
  if (TypedArrayPrototypeGetByteLength(given) > PIECE_BYTES) {
    const start = (large, { limit, cpu, most }) => op_wasm_call_large(id, name, large, false, limit, cpu, most, callHandle());
    return bounded(owner, id, name, bounds, (within) => {
      return handedOver(given, "bytes", (large) => start(large, within), op_wasm_large_sent);
    });
  }
  if (bounds === undefined && !isWithin()) return sent(id, op_wasm_send_call_bytes(id, name, given), owner);
  return bounded(owner, id, name, bounds, ({ limit, cpu, most }) => {
    return op_wasm_call_bytes(id, name, given, limit, cpu, most, callHandle());
  });
}

/** Calls an export with text, and resolves to the text that it gives. */
export function callText(owner, id, name, text, options) {
  asString(name, "name");
  const bounds = boundsIfAny(options);
  if (asString(text, "text").length > PIECE_TEXT) {
    const start = (large, { limit, cpu, most }) => op_wasm_call_large(id, name, large, true, limit, cpu, most, callHandle());
    return bounded(owner, id, name, bounds, (within) => {
      return textHandedOver(text, (large) => start(large, within), op_wasm_large_sent);
    });
  }
  const given = StringPrototypeToWellFormed(text);
  if (bounds === undefined && !isWithin()) return sent(id, op_wasm_send_call_text(id, name, given), owner);
  return bounded(owner, id, name, bounds, ({ limit, cpu, most }) => {
    return op_wasm_call_text(id, name, given, limit, cpu, most, callHandle());
  });
}

/** By an op that can be bounded and taken back. */
function bounded(owner, id, name, bounds, start) {
  return calling(id, name, () => exchanged(owner, id, bounds ?? unbounded, start));
}

async function exchanged(owner, id, bounds, start) {
  const { signal } = bounds;
  throwIfAborted(signal);
  const abort = () => end(id, "aborted");
  onAbort(signal, abort);
  try {
    const other = abortSignals.get(owner);
    return await inLine(id, whole(start(bounds), signal, other), signal, other);
  } finally {
    offAbort(signal, abort);
  }
}
