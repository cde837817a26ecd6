// Options from the app, checked and spelled out for the ops: own properties only, each read once. What only inherits an option is
// refused, so that no limit is lost to a class with getters; but nothing on Object.prototype is anybody's option.

import { encode, primordials } from "ext:runtime_wasm/port.js";
import { typeError } from "ext:runtime_wasm/error.js";
import { asBytes, asInteger, asString, describe, guarded, quoted } from "ext:runtime_wasm/convert.js";
import { bareArray, ownValue } from "ext:runtime_wasm/own.js";
import { neededClass, webClass } from "ext:runtime_wasm/web.js";

const {
  ArrayIsArray, ArrayPrototypeIncludes, ArrayPrototypeJoin, BigInt, NumberIsFinite, NumberIsInteger, ObjectGetPrototypeOf,
  ObjectHasOwn, ObjectKeys, ObjectPrototype, ObjectPrototypeIsPrototypeOf, String,
} = primordials;

const optionNames = [
  "name", "args", "env", "preopens", "inheritStdin", "inheritStdout", "inheritStderr",
  "stdin", "stdout", "stderr", "limits", "restart", "signal", "imports",
];
const limitNames = ["fuel", "timeoutMs", "cpuMs", "memoryBytes", "tableElements", "mailbox"];
const amountNames = ["memoryBytes", "tableElements", "mailbox"];

/** The options of a call, each read once: a getter may give another value each time, or throw. */
export function readOptions(options, known, what) {
  return guarded(what, () => {
    onlyKnown(asRecord(options, what), known, what);
    const read = { __proto__: null };
    for (let i = 0; i < known.length; i++) read[known[i]] = ownValue(options, known[i]);
    return read;
  });
}

/** The options of instantiate, read once. */
export function readInstanceOptions(options = {}) {
  return readOptions(options, optionNames, "the options");
}

/** The same for the op. */
export function asOptions(options) {
  return guarded("the options", () => {
    const out = { __proto__: null, limits: asLimits(options.limits) };
    if (options.restart !== undefined) out.restart = asRestart(options.restart);
    if (options.name !== undefined) out.name = asString(options.name, "options.name");
    if (options.args !== undefined) out.args = asStrings(options.args, "options.args");
    if (options.env !== undefined) out.env = asPairs(options.env, "options.env");
    if (options.preopens !== undefined) out.preopens = asPreopens(options.preopens);
    setStdin(out, options);
    out.stdout = asOutput(options, "stdout", "inheritStdout");
    out.stderr = asOutput(options, "stderr", "inheritStderr");
    return out;
  });
}

function asRecord(value, what) {
  if (typeof value !== "object" || value === null || ArrayIsArray(value)) {
    throw typeError(what + " must be an object, not " + describe(value));
  }
  return value;
}

function onlyKnown(record, known, what) {
  const keys = ObjectKeys(record);
  for (let i = 0; i < keys.length; i++) {
    if (!ArrayPrototypeIncludes(known, keys[i])) {
      throw typeError("unknown key " + quoted(keys[i]) + " in " + what + "; there are " + ArrayPrototypeJoin(known, ", "));
    }
  }
  noneInherited(record, known, what);
}

// A proxy can have prototypes without end.
const PROTOTYPES_MAX = 100;

function noneInherited(record, known, what) {
  let holder = ObjectGetPrototypeOf(record);
  for (let depth = 0; holder !== null && holder !== ObjectPrototype; depth++, holder = ObjectGetPrototypeOf(holder)) {
    if (depth === PROTOTYPES_MAX) throw typeError(what + " must not inherit from more than " + PROTOTYPES_MAX + " objects");
    for (let i = 0; i < known.length; i++) {
      if (!ObjectHasOwn(holder, known[i]) || ObjectHasOwn(record, known[i])) continue;
      throw typeError('"' + known[i] + '" in ' + what + " is inherited; it must be a property of the object itself");
    }
  }
}

/** Calls `make` with each key and value of a record of the app's; what it gives goes into an array for the op. */
function entriesOf(value, what, make) {
  const record = asRecord(value, what);
  const made = bareArray();
  const keys = ObjectKeys(record);
  for (let i = 0; i < keys.length; i++) made[i] = make(keys[i], ownValue(record, keys[i]), what + "[" + quoted(keys[i]) + "]");
  return made;
}

function asStrings(value, what) {
  if (!ArrayIsArray(value)) throw typeError(what + " must be an array of strings, not " + describe(value));
  const strings = bareArray();
  const { length } = value;
  for (let i = 0; i < length; i++) strings[i] = asString(value[i], what + "[" + i + "]");
  return strings;
}

function asPairs(value, what) {
  return entriesOf(value, what, (key, item, place) => [key, asString(item, place)]);
}

function asPreopens(value) {
  return entriesOf(value, "options.preopens", (guest, host, what) => {
    if (typeof host === "string") return { __proto__: null, guest, path: host, access: "" };
    const { path, access } = readOptions(host, ["path", "access"], what);
    if (access !== undefined && access !== "read" && access !== "readwrite") {
      throw typeError(what + '.access must be "read" or "readwrite"');
    }
    return { __proto__: null, guest, path: asString(path, what + ".path"), access: access ?? "" };
  });
}

function asFlag(options, name) {
  const value = options[name];
  if (value !== undefined && typeof value !== "boolean") {
    throw typeError("options." + name + " must be a boolean, not " + describe(value));
  }
  return value === true;
}

/** Is this a stream that can feed a guest? */
export function isStream(value) {
  // Not to load the scripts of web streams for who has none.
  if (typeof value !== "object" || value === null) return false;
  const ReadableStream = webClass("ReadableStream");
  return ReadableStream !== undefined && ObjectPrototypeIsPrototypeOf(ReadableStream.prototype, value);
}

/** Is this meant as a stream, in a program that has no streams? */
function isStreamOfOthers(value) {
  return webClass("ReadableStream") === undefined && typeof value === "object" && value !== null && "getReader" in value;
}

function setStdin(out, options) {
  const inherit = asFlag(options, "inheritStdin");
  const { stdin } = options;
  if (stdin === undefined) out.stdin = inherit ? "inherit" : "null";
  else if (stdin === "null" || stdin === "inherit" || stdin === "piped") out.stdin = stdin;
  else if (typeof stdin === "string") setBytes(out, encode(stdin));
  else if (isStream(stdin)) out.stdin = "piped";
  else if (isStreamOfOthers(stdin)) neededClass("ReadableStream", "options.stdin as a stream");
  else setBytes(out, asBytes(stdin, "options.stdin"));
}

/** The op takes them beside the options. */
function setBytes(out, bytes) {
  out.stdin = "bytes";
  out.stdinBytes = bytes;
}

function asOutput(options, name, flag) {
  const inherit = asFlag(options, flag);
  const value = options[name];
  if (value === undefined) return inherit ? "inherit" : "null";
  if (value !== "null" && value !== "inherit" && value !== "piped") {
    throw typeError("options." + name + ' must be "null", "inherit" or "piped"');
  }
  return value;
}

function asLimits(limits) {
  const out = { __proto__: null };
  if (limits === undefined) return out;
  const read = readOptions(limits, limitNames, "options.limits");
  const { fuel, timeoutMs, cpuMs } = read;
  if (fuel !== undefined) out.fuel = asFuel(fuel, "options.limits.fuel");
  if (timeoutMs !== undefined) out.timeoutMs = asMilliseconds(timeoutMs, "options.limits.timeoutMs");
  if (cpuMs !== undefined) out.cpuMs = asMilliseconds(cpuMs, "options.limits.cpuMs");
  for (let i = 0; i < amountNames.length; i++) {
    const name = amountNames[i];
    if (read[name] === undefined) continue;
    out[name] = asInteger(read[name], "options.limits." + name);
    if (out[name] < 0) throw typeError("options.limits." + name + " must not be negative");
  }
  return out;
}

const restartCauses = ["trap", "timeout", "fuel"];
const RESTARTS_MAX = 1000;

function asRestart(restart) {
  const what = "options.restart";
  const { on = restartCauses, max = 5, withinMs = 60_000, backoffMs = 100 } =
    readOptions(restart, ["on", "max", "withinMs", "backoffMs"], what);
  const causes = asStrings(on, what + ".on");
  for (let i = 0; i < causes.length; i++) {
    if (!ArrayPrototypeIncludes(restartCauses, causes[i])) {
      throw typeError(what + ".on has " + quoted(causes[i]) + "; there are " + ArrayPrototypeJoin(restartCauses, ", "));
    }
  }
  if (asInteger(max, what + ".max") < 1 || max > RESTARTS_MAX) {
    throw typeError(what + ".max must lie in 1 to " + RESTARTS_MAX + ", but is " + max);
  }
  const pause = backoffMs === 0 ? 0 : asMilliseconds(backoffMs, what + ".backoffMs");
  return { __proto__: null, on: causes, max, withinMs: asMilliseconds(withinMs, what + ".withinMs"), backoffMs: pause };
}

/** An amount of fuel, as decimal digits: it may exceed what a number holds. */
export function asFuel(value, what) {
  const whole = typeof value === "bigint" || (typeof value === "number" && NumberIsInteger(value));
  if (!whole || value < 0) throw typeError(what + " must be a bigint or an integer, and not negative");
  return String(BigInt(value));
}

export function asMilliseconds(value, what) {
  if (typeof value !== "number" || !NumberIsFinite(value) || value <= 0) {
    throw typeError(what + " must be a positive number of milliseconds");
  }
  return value;
}
