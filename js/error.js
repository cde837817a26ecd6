// The error that every function of runtime:wasm rejects with.

const names = {
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
export const WasmErrorCode = Object.freeze(
  Object.fromEntries(Object.entries(names).map(([code, name]) => [name, Number(code)])),
);

function hidden(value) {
  return { value, writable: true, configurable: true, enumerable: false };
}

function shown(value) {
  return { value, writable: true, configurable: true, enumerable: true };
}

/** An error of runtime:wasm, with its `code`, its `name` after the code, and a message that starts with `[code] `. */
export class WasmError extends Error {
  constructor(code, message, options) {
    super(`[${code}] ${message}`, options);
    Object.defineProperty(this, "name", hidden(names[code] ?? "WasmError"));
    Object.defineProperty(this, "code", shown(code));
  }
}

/** 5007: an argument of the wrong type. */
export function typeError(message, cause) {
  return new WasmError(WasmErrorCode.TypeError, message, cause === undefined ? undefined : { cause });
}

/** Marks the guest's stack for whoever prints an uncaught error: deno_core hands on the properties that this symbol lists. */
function tellHost(error) {
  Object.defineProperty(error, "guestTrace", hidden(error.guestStack.join("\n")));
  Object.defineProperty(error, Symbol.for("errorAdditionalPropertyKeys"), hidden(["guestTrace"]));
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

/** Is what an op has resolved to a failure? */
export function isFailure(reply) {
  return typeof reply === "object" && reply !== null && reply.failure !== undefined;
}

/** The WasmError of a failure. */
export function failed(reply) {
  const error = new WasmError(reply.failure, reply.message, "cause" in reply ? { cause: reply.cause } : undefined);
  for (const key of ["trap", "guestStack", "exitCode", "call", "import"]) {
    if (reply[key] !== undefined) Object.defineProperty(error, key, shown(reply[key]));
  }
  if (reply.guestStack !== undefined) tellHost(error);
  return error;
}
