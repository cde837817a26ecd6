// Arguments from the app, checked and spelled out for the ops. Whatever is wrong with one is a WasmError 5007 that names it.

import { core } from "ext:core/mod.js";
import { typeError } from "ext:runtime_wasm/error.js";

// WebAssembly's own bound on parameters (JS API, implementation limits); more would only be copied to be refused.
const ARGUMENTS_MAX = 1000;

/** How to call a value in a message. */
export function describe(value) {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  const type = typeof value;
  return type === "undefined" ? "undefined" : type === "object" ? "an object" : `a ${type}`;
}

/** Runs `read` on a value whose getters or proxy traps may throw; what they throw becomes the cause of a 5007. */
function guarded(what, read) {
  try {
    return read();
  } catch (error) {
    if (error?.code === 5007) throw error;
    throw typeError(`${what} cannot be read`, error);
  }
}

export function asString(value, what) {
  if (typeof value !== "string") throw typeError(`${what} must be a string, not ${describe(value)}`);
  return value;
}

export function asId(value, what) {
  if (typeof value !== "number") throw typeError(`${what} must be a number, not ${describe(value)}`);
  return value;
}

/** An integer of any size; whether it fits is for the memory to say. */
export function asInteger(value, what) {
  if (typeof value !== "number" || !Number.isInteger(value)) {
    const found = typeof value === "number" ? String(value) : describe(value);
    throw typeError(`${what} must be an integer, not ${found}`);
  }
  return value;
}

/** A Uint8Array over the bytes of any buffer or view. */
export function asBytes(value, what) {
  return guarded(what, () => {
    if (ArrayBuffer.isView(value)) {
      const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      return isShared(value.buffer) ? bytes.slice() : bytes;
    }
    if (value instanceof ArrayBuffer) return new Uint8Array(value);
    if (isShared(value)) return new Uint8Array(value).slice();
    throw typeError(`${what} must be a Uint8Array, another view, or an ArrayBuffer, not ${describe(value)}`);
  });
}

function isShared(value) {
  return typeof SharedArrayBuffer === "function" && value instanceof SharedArrayBuffer;
}

/**
 * The arguments of a call for the op: each a bare value, whose type the signature decides, or `[type, value]`.
 */
export function asArguments(values) {
  return guarded("the arguments", () => {
    const { length } = values;
    if (length > ARGUMENTS_MAX) throw typeError(`${length} arguments: no function takes over ${ARGUMENTS_MAX}`);
    // Much faster than `Array.from`.
    const args = [];
    for (let index = 0; index < length; index++) args[index] = asArgument(values[index]);
    return args;
  });
}

/** The calls of a batch for the op: each `[name, arguments]`. */
export function asCalls(calls) {
  return guarded("the calls", () => {
    if (!Array.isArray(calls)) throw typeError(`calls must be an array of [name, ...args], not ${describe(calls)}`);
    return Array.from(calls, (call, index) => {
      const what = `calls[${index}]`;
      if (!Array.isArray(call)) throw typeError(`${what} must be an array [name, ...args], not ${describe(call)}`);
      const [name, ...args] = call;
      return [asString(name, `${what}[0]`), asArguments(args)];
    });
  });
}

/** For each function that a guest has let out, its instance and its place there. */
export const guestFunctions = new WeakMap();

const valueTypes = new Set(["i32", "i64", "f32", "f64", "v128", "externref", "funcref"]);

/** A function of a guest's goes with its instance and place, for a funcref; and as itself, for an externref. */
export function asArgument(value) {
  if (typeof value === "function") return asFunction(undefined, value);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  // An array is what the op takes for a pair, so it goes in one; without a type, as a value of any kind.
  if (Array.isArray(value)) return [undefined, value];
  const type = value.type;
  // Much else has a `type`, an event for one.
  if (!valueTypes.has(type)) return value;
  return typeof value.value === "function" ? asFunction(type, value.value) : [type, value.value];
}

function asFunction(type, value) {
  const place = guestFunctions.get(value);
  return place === undefined ? [type, value] : [type, value, place[0], place[1]];
}

const optionNames = [
  "name", "args", "env", "preopens", "inheritStdin", "inheritStdout", "inheritStderr",
  "stdin", "stdout", "stderr", "limits", "restart", "signal", "imports",
];
const limitNames = ["fuel", "timeoutMs", "memoryBytes", "tableElements", "mailbox"];

/** The options of a call, each read once: a getter may give another value each time, or throw. */
export function readOptions(options, known, what) {
  return guarded(what, () => {
    onlyKnown(asRecord(options, what), known, what);
    return Object.fromEntries(known.map((name) => [name, options[name]]));
  });
}

/** The options of instantiate, read once. */
export function readInstanceOptions(options = {}) {
  return readOptions(options, optionNames, "the options");
}

/** The same for the op. */
export function asOptions(options) {
  return guarded("the options", () => {
    const out = { limits: asLimits(options.limits) };
    if (options.restart !== undefined) out.restart = asRestart(options.restart);
    if (options.name !== undefined) out.name = asString(options.name, "options.name");
    if (options.args !== undefined) out.args = asStrings(options.args, "options.args");
    if (options.env !== undefined) out.env = asPairs(options.env, "options.env");
    if (options.preopens !== undefined) out.preopens = asPreopens(options.preopens);
    Object.assign(out, asStdin(options));
    out.stdout = asOutput(options, "stdout", "inheritStdout");
    out.stderr = asOutput(options, "stderr", "inheritStderr");
    return out;
  });
}

export function asRecord(value, what) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw typeError(`${what} must be an object, not ${describe(value)}`);
  }
  return value;
}

function onlyKnown(record, known, what) {
  for (const key of Object.keys(record)) {
    if (!known.includes(key)) throw typeError(`unknown key "${key}" in ${what}; there are ${known.join(", ")}`);
  }
}

function asStrings(value, what) {
  if (!Array.isArray(value)) throw typeError(`${what} must be an array of strings, not ${describe(value)}`);
  return Array.from(value, (item, index) => asString(item, `${what}[${index}]`));
}

function asPairs(value, what) {
  const record = asRecord(value, what);
  return Object.entries(record).map(([key, item]) => [key, asString(item, `${what}[${JSON.stringify(key)}]`)]);
}

function asPreopens(value) {
  const record = asRecord(value, "options.preopens");
  return Object.entries(record).map(([guest, host]) => {
    const what = `options.preopens[${JSON.stringify(guest)}]`;
    if (typeof host === "string") return { guest, path: host, access: "" };
    asRecord(host, what);
    onlyKnown(host, ["path", "access"], what);
    const access = host.access ?? "";
    if (!["", "read", "readwrite"].includes(access)) throw typeError(`${what}.access must be "read" or "readwrite"`);
    return { guest, path: asString(host.path, `${what}.path`), access };
  });
}

/**
 * The imports: names and kinds for the op, the values of globals beside them, and the functions by the same positions.
 */
export function asImports(imports) {
  const out = { names: [], globals: [], handlers: [] };
  if (imports === undefined) return out;
  return guarded("options.imports", () => {
    for (const [module, members] of Object.entries(asRecord(imports, "options.imports"))) {
      const what = `options.imports[${JSON.stringify(module)}]`;
      for (const [name, value] of Object.entries(asRecord(members, what))) {
        const isFunction = typeof value === "function";
        if (!isFunction && typeof value !== "number" && typeof value !== "bigint") {
          const place = `${what}[${JSON.stringify(name)}]`;
          throw typeError(`${place} must be a function, a number or a bigint, not ${describe(value)}`);
        }
        out.names.push([module, name, isFunction]);
        out.handlers.push(isFunction ? value : undefined);
        if (!isFunction) out.globals.push(value);
      }
    }
    return out;
  });
}

function asFlag(options, name) {
  const value = options[name];
  if (value !== undefined && typeof value !== "boolean") {
    throw typeError(`options.${name} must be a boolean, not ${describe(value)}`);
  }
  return value === true;
}

/** Is this a stream that can feed a guest? A program on deno_core may have no such class at all. */
export function isStream(value) {
  const { ReadableStream } = globalThis;
  return typeof ReadableStream === "function" && value instanceof ReadableStream;
}

function asStdin(options) {
  const inherit = asFlag(options, "inheritStdin");
  const { stdin } = options;
  if (stdin === undefined) return { stdin: inherit ? "inherit" : "null" };
  if (stdin === "null" || stdin === "inherit" || stdin === "piped") return { stdin };
  if (typeof stdin === "string") return { stdinBytes: core.encode(stdin) };
  if (isStream(stdin)) return { stdin: "piped" };
  return { stdinBytes: asBytes(stdin, "options.stdin") };
}

function asOutput(options, name, flag) {
  const inherit = asFlag(options, flag);
  const value = options[name];
  if (value === undefined) return inherit ? "inherit" : "null";
  if (!["null", "inherit", "piped"].includes(value)) throw typeError(`options.${name} must be "null", "inherit" or "piped"`);
  return value;
}

function asLimits(limits) {
  if (limits === undefined) return {};
  asRecord(limits, "options.limits");
  onlyKnown(limits, limitNames, "options.limits");
  const out = {};
  if (limits.fuel !== undefined) out.fuel = asFuel(limits.fuel, "options.limits.fuel");
  if (limits.timeoutMs !== undefined) out.timeoutMs = asMilliseconds(limits.timeoutMs, "options.limits.timeoutMs");
  for (const name of ["memoryBytes", "tableElements", "mailbox"]) {
    if (limits[name] === undefined) continue;
    out[name] = asInteger(limits[name], `options.limits.${name}`);
    if (out[name] < 0) throw typeError(`options.limits.${name} must not be negative`);
  }
  return out;
}

const restartCauses = ["trap", "timeout", "fuel"];
const RESTARTS_MAX = 1000;

function asRestart(restart) {
  const what = "options.restart";
  onlyKnown(asRecord(restart, what), ["on", "max", "withinMs", "backoffMs"], what);
  const { on = restartCauses, max = 5, withinMs = 60_000, backoffMs = 100 } = restart;
  const causes = asStrings(on, `${what}.on`);
  for (const cause of causes) {
    if (!restartCauses.includes(cause)) throw typeError(`${what}.on has "${cause}"; there are ${restartCauses.join(", ")}`);
  }
  if (asInteger(max, `${what}.max`) < 1 || max > RESTARTS_MAX) {
    throw typeError(`${what}.max must lie in 1 to ${RESTARTS_MAX}, but is ${max}`);
  }
  const pause = backoffMs === 0 ? 0 : asMilliseconds(backoffMs, `${what}.backoffMs`);
  return { on: causes, max, withinMs: asMilliseconds(withinMs, `${what}.withinMs`), backoffMs: pause };
}

/** An amount of fuel, as decimal digits: it may exceed what a number holds. */
export function asFuel(value, what) {
  const whole = typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value));
  if (!whole || value < 0) throw typeError(`${what} must be a bigint or an integer, and not negative`);
  return BigInt(value).toString();
}

export function asMilliseconds(value, what) {
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0) {
    throw typeError(`${what} must be a positive number of milliseconds`);
  }
  return value;
}
