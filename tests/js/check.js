// A few lines of test harness: cases run in the order in which they are declared, and all failures are shown.

import { args, exit } from "runtime:app";
import { WasmError } from "runtime:wasm";

/** The JavaScript engine: "quickjs" or "v8". */
export const engine = args[0];

const cases = [];
let started = false;

export function test(name, body) {
  cases.push([name, body]);
  if (!started) {
    started = true;
    queueMicrotask(run);
  }
}

async function run() {
  // Cases may be declared until the module that declares them has been evaluated.
  await new Promise((resolve) => setTimeout(resolve, 0));
  let failed = 0;
  for (const [name, body] of cases) {
    try {
      await body();
      console.log(`ok ${name}`);
    } catch (error) {
      failed++;
      console.log(`not ok ${name}\n${error?.stack ?? error}`);
    }
  }
  console.log(`${cases.length - failed} passed, ${failed} failed`);
  exit(failed === 0 ? 0 : 1);
}

export function show(value) {
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}[${Array.from(value)}]`;
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value).map(([key, item]) => `${key}: ${show(item)}`).join(", ")}}`;
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

export function equal(found, expected, what = "") {
  if (show(found) !== show(expected)) throw new Error(`${what} found ${show(found)}, expected ${show(expected)}`);
}

export function ok(value, what = "not true") {
  if (!value) throw new Error(what);
}

const names = {
  5000: "CompileError", 5001: "InstantiateError", 5002: "CallError", 5003: "ExportNotFound",
  5004: "InvalidModuleHandle", 5005: "InvalidInstanceHandle", 5006: "MemoryError", 5007: "TypeError",
  5008: "IoError", 5009: "PermissionDenied", 5010: "WasiError", 5011: "FuelExhausted",
};

/** Awaits a rejection with this code; the message must contain each of the parts. Gives the error. */
export async function rejects(operation, code, ...parts) {
  let value;
  try {
    value = await (typeof operation === "function" ? operation() : operation);
  } catch (error) {
    if (!(error instanceof WasmError)) throw new Error(`not a WasmError but ${error?.stack ?? error}`);
    equal([error.code, error.name], [code, names[code]], error.message);
    ok(error.message.startsWith(`[${code}] `), `the message starts otherwise: ${error.message}`);
    for (const part of parts) ok(error.message.includes(part), `no ${JSON.stringify(part)} in: ${error.message}`);
    return error;
  }
  throw new Error(`resolved with ${show(value)}, expected ${code}`);
}

/** Resolves after this many turns of a timer: the event loop is alive. */
export async function ticks(count) {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Takes a buffer away from whoever has it. */
export function detach(buffer) {
  // Younger than Node 20.
  return buffer.transfer === undefined ? structuredClone(buffer, { transfer: [buffer] }) : buffer.transfer();
}

/** Resolves once each of these instances is at work on a request. */
export async function busy(...instances) {
  for (const instance of instances) {
    while (!["running", "waiting"].includes((await instance.stats()).state)) await ticks(1);
  }
}

/** Makes garbage, round after round, until this is so, or for long enough. */
export async function collected(seen, every = 50) {
  const garbage = [];
  for (let round = 0; round < 3000; round++) {
    // Looked at seldom: what a WeakRef gives while the engine marks what lives is marked, and it marks for many rounds.
    if (round % every === 0 && await seen()) return;
    // What a WeakRef has given is held until the job ends, so no garbage is collected of it in this one.
    await ticks(1);
    for (let i = 0; i < 500; i++) {
      const item = { bytes: new Array(200).fill(round) };
      item.self = item;
      garbage[i] = item;
    }
    garbage[0].buffer = new Uint8Array(1 << 20);
    // Where a program lets scripts ask for it.
    globalThis.gc?.();
    await ticks(1);
  }
}
