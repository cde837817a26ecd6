// The error that every function of runtime:wasm rejects with.

import { primordials } from "ext:runtime_wasm/port.js";
import { hidden, shown } from "ext:runtime_wasm/own.js";

const {
  ArrayPrototypeJoin, Error, NumberParseInt, ObjectDefineProperty, ObjectFreeze, ObjectHasOwn, ObjectKeys, ObjectPrototypeIsPrototypeOf,
  SymbolFor,
} = primordials;

const names = {
  __proto__: null,
  5000: "CompileError",
  5001: "InstantiateError",
  5002: "CallError",
  5003: "ExportNotFound",
  5004: "InvalidModuleHandle",
  5005: "InvalidInstanceHandle",
  5006: "MemoryError",
  5007: "TypeError",
  5008: "IoError",
  5009: "PermissionDenied",
  5010: "WasiError",
  5011: "FuelExhausted",
};

/** The codes by name: `WasmErrorCode.CallError === 5002`. */
export const WasmErrorCode = codesByName();

function codesByName() {
  const codes = {};
  const known = ObjectKeys(names);
  for (let i = 0; i < known.length; i++) ObjectDefineProperty(codes, names[known[i]], shown(NumberParseInt(known[i], 10)));
  return ObjectFreeze(codes);
}

/** An error of runtime:wasm, with its `code`, its `name` after the code, and a message that starts with `[code] `. */
export class WasmError extends Error {
  constructor(code, message, options) {
    super("[" + code + "] " + message, options);
    ObjectDefineProperty(this, "name", hidden(names[code] ?? "WasmError"));
    ObjectDefineProperty(this, "code", shown(code));
  }
}

/** Is this one of these errors? Not by `instanceof`, for which an app can define what it says. */
export function isWasmError(error) {
  return ObjectPrototypeIsPrototypeOf(WasmError.prototype, error);
}

function caused(cause) {
  return { __proto__: null, cause };
}

/** 5007: an argument of the wrong type. */
export function typeError(message, cause) {
  return new WasmError(WasmErrorCode.TypeError, message, cause === undefined ? undefined : caused(cause));
}

/** Marks the guest's stack for whoever prints an uncaught error: deno_core hands on the properties that this symbol lists. */
function tellHost(error, guestStack) {
  ObjectDefineProperty(error, "guestTrace", hidden(ArrayPrototypeJoin(guestStack, "\n")));
  ObjectDefineProperty(error, SymbolFor("errorAdditionalPropertyKeys"), hidden(["guestTrace"]));
}

/**
 * Awaits an op: gives its value back, or throws the WasmError of its failure. Who hands on what may reject says `return await`:
 * after a bare `return` QuickJS formats the error's stack, which costs memory for good (docs/verification.md).
 */
export async function settled(operation) {
  const reply = await operation;
  if (isFailure(reply)) throw failed(reply);
  return reply ?? undefined;
}

/** Is what an op has resolved to a failure? Then it has no prototype: what it says is its own. */
export function isFailure(reply) {
  return typeof reply === "object" && reply !== null && ObjectHasOwn(reply, "failure");
}

const details = ["limit", "trap", "guestStack", "exitCode", "call", "import", "instance", "ended"];

/** The WasmError of a failure. */
export function failed(reply) {
  const error = new WasmError(reply.failure, reply.message, "cause" in reply ? caused(reply.cause) : undefined);
  for (let i = 0; i < details.length; i++) {
    const value = reply[details[i]];
    if (value !== undefined) ObjectDefineProperty(error, details[i], shown(value));
  }
  if (reply.guestStack !== undefined) tellHost(error, reply.guestStack);
  return error;
}
