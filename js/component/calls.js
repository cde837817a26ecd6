// Calls of functions of components: what goes to the op in place of the arguments, and what an app gets of the answer.

import { primordials } from "ext:runtime_wasm/port.js";
import { WasmError, WasmErrorCode } from "ext:runtime_wasm/error.js";
import { quoted } from "ext:runtime_wasm/convert.js";
import { ownValue, shown } from "ext:runtime_wasm/own.js";

const { ArrayIsArray, NumberIsInteger, ObjectDefineProperty, ObjectHasOwn, SafeMap, Uint8Array } = primordials;

/** The instances of components that live, by id. */
export const guests = new SafeMap();

/** All values of a call, in place of its arguments: src/session/encoding/args.rs reads it. */
export function encodedArgument({ bytes, text }) {
  return [undefined, bytes, text, 0, 0, 0];
}

/** The function of this name. */
export function functionOf(guest, name) {
  const { byName } = guest.interface;
  const found = byName.get(name);
  if (found) return found;
  const why = found === null ? "several versions of that interface are exported: name one, as in " + quoted("ns:package/interface@1.0.0#function") : "the component has no such export";
  throw new WasmError(WasmErrorCode.ExportNotFound, "there is no function " + quoted(name) + ": " + why);
}

/** The arguments of a call, for the op. Options at the end may be left out. */
export function argumentsOf(guest, func, args) {
  // A number says all of itself.
  if (areNumbers(func, args)) return args;
  if (args.length > func.params.length || args.length < func.needed) {
    throw new WasmError(WasmErrorCode.TypeError, quoted(func.fullName) + " takes " + func.params.length + " arguments" + listed(func) + ", " + args.length + " were given");
  }
  return [encodedArgument(func.encodeParams(args, guest))];
}

/** The same, which is good also once others are written. */
export function argumentsKept(guest, func, args) {
  const spelled = argumentsOf(guest, func, args);
  const encoded = spelled[0];
  if (ArrayIsArray(encoded)) encoded[1] = new Uint8Array(encoded[1]);
  return spelled;
}

/** Are the arguments numbers, each of which its parameter takes, as many as there are? */
export function areNumbers({ beyond, least, params, takesNumbers }, args) {
  if (!takesNumbers || args.length !== params.length) return false;
  for (let i = 0; i < args.length; i++) {
    const value = args[i];
    if (typeof value !== "number") return false;
    if (least[i] === undefined) continue;
    if (value < least[i] || value >= beyond[i] || ((value | 0) !== value && !NumberIsInteger(value))) return false;
  }
  return true;
}

function listed(func) {
  let text = "";
  for (let i = 0; i < func.params.length && i < 20; i++) text += (i === 0 ? " (" : ", ") + func.params[i][0];
  return text === "" ? "" : text + ")";
}

/** The result of a function that gives a `u32`, which comes as the bits of an i32. The array is ours until now. */
export function unsigned(results) {
  results[0] >>>= 0;
  return results;
}

/**
 * The results of a call, from those of the op: an array. Where the function returns a `result` that is an error, that is thrown, with its
 * `payload`.
 */
export function resultsOf(guest, func, results) {
  if (func.givesAsIs) return results;
  if (func.givesNumber) return unsigned(results);
  const values = func.decodeResult(results[0], guest);
  if (!func.fails) return values;
  const { tag, val } = values[0];
  if (tag === "ok") return func.hasOk ? [val] : [];
  const said = typeof val === "string" ? ": " + quoted(val) : "";
  const error = new WasmError(WasmErrorCode.CallError, quoted(func.fullName) + " returned an error" + said);
  ObjectDefineProperty(error, "payload", shown(val));
  throw error;
}

/** Is it the sign that an argument is still being made? Then the promise of that. */
export function waitsFor(error) {
  return typeof error === "object" && error !== null && ObjectHasOwn(error, "waitsFor") ? error.waitsFor : undefined;
}

/** What a host function that fails gives the guest, where its type has an error: what it has thrown, or the `payload` of that. */
export function payloadOf(thrown, isError) {
  if (typeof thrown === "object" && thrown !== null && ObjectHasOwn(thrown, "payload")) return { __proto__: null, val: ownValue(thrown, "payload") };
  return isError(thrown) ? undefined : { __proto__: null, val: thrown };
}
