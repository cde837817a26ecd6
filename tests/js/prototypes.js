// An app, or a library in it, may have done anything to the prototypes and to the globals. What this module does stays the same: the
// tour below, with prototypes as they come, sees what it sees with each of them spoilt.
//
// While they are spoilt, this file calls nothing of theirs either, and awaits only promises of functions under test.

import { call, compile, compileFile, inspect, instances, instantiate, types, WasmError } from "runtime:wasm";
import { engine, equal, ok, test } from "./check.js";

// Node, Bun and Deno have web APIs and event loops of their own, which ask prototypes and globals themselves: what is spoilt here breaks them, with
// or without this module. There the tour has no streams and no signals, and spares what their loops cannot do without.
const isOurs = engine === "quickjs" || engine === "v8";

const basic = await compileFile("./wasm/basic.wasm");
const exitCode = await compileFile("./wasm/exit_code.wasm");
const fresh = await compileFile("./wasm/fresh.wasm");
const globals = await compileFile("./wasm/globals.wasm");
const host = await compileFile("./wasm/host.wasm");
const references = await compileFile("./wasm/references.wasm");
const stdio = await compileFile("./wasm/stdio.wasm");
const wasi = await compileFile("./wasm/wasi.wasm");

const { defineProperty, getOwnPropertyDescriptor } = Object;
const { ownKeys } = Reflect;
const { AbortController, Uint8Array } = globalThis;
const hello = new TextEncoder().encode("hello");
const sixteen = new Uint8Array(16).fill(7);
const tooShort = new Uint8Array([0, 97, 115, 109]);
// Loaded before anything is spoilt, as an app would find them: their scripts are deno_web's.
const { ReadableStream, WritableStream } = globalThis;
ok(ReadableStream && WritableStream);

/** What an operation ends with: its value, or the code of its error. */
async function ended(operation) {
  try {
    return await operation;
  } catch (error) {
    return error.code;
  }
}

/** On a busy machine the start may take longer than the limit: that is 5011, too. */
async function spin(options) {
  const bounded = await instantiate(basic, options);
  return await bounded.call("spin");
}

const thrown = { __proto__: null, text: "the very one" };

const imports = {
  env: {
    add: (a, b) => BigInt64(a) + b,
    none() {
      throw thrown;
    },
    pair: (value) => [7, value],
    async deeper(value) {
      const results = await this.call("double", value);
      const bytes = await this.memory.read(0, 4);
      return results[0] + bytes[0];
    },
    start: 5,
    state: 6n,
  },
};

const BigInt64 = BigInt;

/** Does one of each, and tells of it in an object that no prototype reaches. */
async function tour(hasStreams) {
  const seen = { __proto__: null };
  await calls(seen);
  await failures(seen);
  await hosts(seen);
  if (hasStreams) await streams(seen);
  await ends(seen);
  return seen;
}

async function calls(seen) {
  const instance = await instantiate(basic);
  const { id, memory } = instance;
  seen.sum = (await instance.call("add", 1, types.i32(2)))[0];
  seen.low = (await call(id, "add64", [3n, { type: "i64", value: 4 }]))[0];
  const swapped = await instance.call("swap", 1, 2n);
  seen.swap = "" + swapped.length + " " + swapped[0] + " " + swapped[1];
  seen.exported = await instance.exports.add(20, 3);
  seen.nothing = (await instance.call("nothing")).length;
  seen.bare = await instance.exports.nothing();
  const batch = await instance.callBatch([["add", 1, 2], ["nothing"], ["next"]]);
  seen.batch = "" + batch.length + " " + batch[0][0] + " " + batch[1].length + " " + batch[2][0];
  seen.vector = (await instance.call("vector", sixteen))[0][15];
  seen.exports = (await instance.getExports()).length;
  seen.read = (await memory.read(0, 5))[4];
  await memory.write(8, hello);
  seen.written = (await memory.read(8, 5))[0];
  seen.pages = "" + (await memory.grow(1)) + " " + (await memory.size());
  seen.state = (await instance.stats()).state;
  seen.alive = (await instances()).length > 0;
  seen.inspected = (await inspect(basic)).exports.length;
  await instance.drop();
  seen.closed = (await instance.closed).reason;

  const values = await instantiate(globals);
  seen.constant = await values.globals.get("constant");
  await values.globals.set("i64", 12n);
  seen.i64 = await values.globals.get("i64");
  await values.drop();
}

async function failures(seen) {
  const instance = await instantiate(basic, { name: "failing", limits: { memoryBytes: 65536 } });
  try {
    await instance.call("unreachable");
    seen.trap = "resolved";
  } catch (error) {
    seen.trap = "" + (error instanceof WasmError) + " " + error.code + " " + error.name + " " + error.trap + " " + error.guestStack.length + " " + error.message;
    seen.call = error.call.name;
  }
  try {
    await instance.callBatch([["add", 1, 2], ["unreachable"], ["add", 1, 2]]);
    seen.batchTrap = "resolved";
  } catch (error) {
    seen.batchTrap = "" + error.code + " " + error.index + " " + error.results.length + " " + error.results[0][0];
  }
  seen.grown = await ended(instance.memory.grow(1));
  seen.noExport = await ended(instance.call("no such"));
  seen.count = await ended(instance.call("add", 1));
  seen.type = await ended(instance.call("add", "1", 2));
  seen.bounds = await ended(instance.memory.read(0, 1e9));
  seen.noStart = await ended(instance.run());
  seen.noModule = await ended(instantiate(1.5));
  seen.noInstance = await ended(call(-1, "add", [1, 2]));
  seen.noImports = await ended(instantiate(host));
  seen.unknown = await ended(instantiate(basic, { timeoutms: 5 }));
  seen.invalid = await ended(compile(tooShort));
  seen.denied = await ended(compileFile("/etc/passwd"));
  await instance.terminate("over");
  const closed = await instance.closed;
  seen.terminated = "" + closed.reason + " " + closed.message;

  const leaving = await instantiate(exitCode, { args: ["a"], env: { A: "b" } });
  await leaving.globals.set("code", 3);
  seen.exit = (await leaving.run()).exitCode;
  await leaving.drop();
}

async function hosts(seen) {
  const instance = await instantiate(host, { imports });
  seen.hostAdd = (await instance.call("add", 1, 2n))[0];
  const pair = await instance.call("pair", 0.5);
  seen.hostPair = "" + pair[0] + " " + pair[1];
  seen.hostDeeper = (await instance.call("deeper", 21))[0];
  const both = await instance.call("globals");
  seen.hostGlobals = "" + both[0] + " " + both[1];
  try {
    await instance.call("none");
    seen.hostThrow = "resolved";
  } catch (error) {
    seen.hostThrow = "" + error.code + " " + (error.cause === thrown) + " " + error.import.name;
  }
  await instance.drop();

  const letting = await instantiate(references, { imports: { env: { extern: (v) => v, func: (f) => f, vector: (v) => v } } });
  const add = (await letting.call("get_add"))[0];
  seen.funcref = await add(2, 3);
  seen.callBack = (await letting.call("call_back", add, 4, 5))[0];
  const array = ["type", 1];
  seen.externref = (await letting.call("same", array))[0] === array;
  const kept = letting.table("kept");
  await kept.set(1, array);
  seen.table = "" + (await kept.get(1) === array) + " " + (await kept.grow(2, 5)) + " " + (await kept.get(5)) + " " + (await kept.size());
  seen.tableBeyond = await ended(kept.get(9));
  await letting.drop();

  const env = { memory: { kind: "memory" }, table: { kind: "table" }, log() {} };
  const owning = await instantiate(fresh, { imports: { env, js: { values: env.table } } });
  seen.fresh = "" + (await owning.memory.read(16, 5))[0] + " " + (await owning.table("values").size());
  seen.notFresh = await ended(instantiate(fresh, { imports: { env: { memory: {} } } }));
  await owning.drop();
}

async function streams(seen) {
  const instance = await instantiate(stdio, { stdin: "a text", stdout: "piped", stderr: "null" });
  const { exitCode } = await instance.run();
  const reader = instance.stdout.getReader();
  const { value } = await reader.read();
  const { done } = await reader.read();
  seen.output = exitCode + " " + value[5] + " " + done;
  await instance.drop();

  const fed = await instantiate(stdio, { stdin: "piped", stdout: "piped" });
  const running = fed.run();
  const writer = fed.stdin.getWriter();
  await writer.write(hello);
  await writer.close();
  seen.fed = (await running).exitCode;
  seen.fedOutput = (await fed.stdout.getReader().read()).value[4];
  await fed.drop();

  // Nothing is granted that was not asked for: the first descriptor after the standard streams is none.
  const closedIn = await instantiate(wasi);
  seen.preopen = (await closedIn.call("preopen", 3, 5))[0];
  await closedIn.drop();
}

async function ends(seen) {
  const late = await instantiate(basic);
  seen.late = await ended(late.callWith({ timeoutMs: 20 }, "spin"));
  seen.lateClosed = (await late.closed).reason;

  seen.bounded = await ended(spin({ limits: { timeoutMs: 20 } }));

  if (isOurs) await aborts(seen);

  const metered = await instantiate(basic, { limits: { fuel: 10_000 } });
  seen.fuel = await ended(metered.call("spin"));
  seen.added = (await metered.addFuel(500)) <= 500n;
  await metered.drop();
}

async function aborts(seen) {
  const controller = new AbortController();
  const aborted = await instantiate(basic, { signal: controller.signal });
  const spinning = aborted.call("spin");
  controller.abort(thrown);
  try {
    await spinning;
    seen.aborted = "resolved";
  } catch (reason) {
    seen.aborted = reason === thrown;
  }
  seen.abortClosed = (await aborted.closed).reason;
}

const unspoilt = new Map();

/** Takes the tour with something spoilt; `spoil` gives what undoes it. */
async function spoilt(spoil, hasStreams = isOurs) {
  if (!unspoilt.has(hasStreams)) unspoilt.set(hasStreams, await tour(hasStreams));
  const before = unspoilt.get(hasStreams);
  const mend = spoil();
  let seen, failure;
  try {
    seen = await tour(hasStreams);
  } catch (error) {
    failure = error;
  } finally {
    mend();
  }
  // Not the error itself: what it says of its stack may be spoilt for good.
  if (failure !== undefined) throw new Error(`it failed: ${failure.message}`);
  equal(seen, before);
}

/** Defines properties, each `[target, key, descriptor]`, until they are taken back; by then no method can be relied on. */
function defined(properties) {
  const old = properties.map(([target, key]) => {
    const descriptor = getOwnPropertyDescriptor(target, key);
    return descriptor && Object.assign(Object.create(null), descriptor);
  });
  const bare = properties.map(([, , descriptor]) => Object.assign(Object.create(null), descriptor, { configurable: true }));
  const { length } = properties;
  for (let i = 0; i < length; i++) defineProperty(properties[i][0], properties[i][1], bare[i]);
  return () => {
    for (let i = length - 1; i >= 0; i--) {
      if (old[i] === undefined) delete properties[i][0][properties[i][1]];
      else defineProperty(properties[i][0], properties[i][1], old[i]);
    }
  };
}

const onObjects = (keys, descriptor) => keys.map((key) => [Object.prototype, key, descriptor(hostileValue(key))]);

/** Every key that options, replies, descriptors and web APIs are read by. */
const keys = [
  "name", "args", "env", "preopens", "inheritStdin", "inheritStdout", "inheritStderr", "stdin", "stdout", "stderr", "limits", "restart",
  "signal", "imports", "stdinBytes", "importSet", "fuel", "timeoutMs", "memoryBytes", "tableElements", "mailbox", "on", "max",
  "withinMs", "backoffMs", "path", "access", "guest", "sha256", "failure", "message", "trap", "guestStack", "exitCode", "cause",
  "call", "import", "index", "results", "reason", "pipes", "id", "module", "kind", "params", "code", "type", "done", "highWaterMark",
  "size", "start", "pull", "write", "close", "abort", "cancel", "autoAllocateChunkSize", "once", "capture", "passive", "aborted",
  "has", "deleteProperty", "ownKeys", "getOwnPropertyDescriptor", "defineProperty", "getPrototypeOf", "apply", "construct", "early",
  "ended", "made", "answered", "owner", "env.add", "guestTrace", "stats", "state", "then",
];
/** Those that every property descriptor is read by. */
const descriptorKeys = ["get", "set", "value", "writable", "enumerable", "configurable"];
/** Places of arrays. What is found there is undefined: deno_core's own loop takes anything else for a callback. */
const places = ["0", "1", "2", "3"];

const hostileValues = {
  __proto__: null, preopens: { "/data": "./data" }, timeoutMs: 1e9, limits: { memoryBytes: 0 }, args: ["spoilt"],
  env: { SPOILT: "1" }, inheritStdout: true, failure: 5002, exitCode: 0, index: 9, imports: { env: {} }, fuel: 1, get: undefined,
  set: undefined, writable: false, enumerable: false, configurable: false, abort: undefined, start: undefined, pull: undefined,
};
const hostileValue = (key) => places.includes(key) || key in hostileValues ? hostileValues[key] : "spoilt";

const kinds = {
  "a value": (value) => ({ value, writable: true }),
  "a value that cannot be assigned": (value) => ({ value, writable: false }),
  "a getter, and a setter that takes": (value) => ({ get: () => value, set() {} }),
  "a getter alone": (value) => ({ get: () => value, set: undefined }),
  "a setter alone": () => ({ get: undefined, set() {} }),
};

for (const [what, descriptor] of Object.entries(kinds)) {
  test(`Object.prototype has ${what} for each key`, () => spoilt(() => defined(onObjects(keys, descriptor))));
}

for (const [what, descriptor] of Object.entries(kinds)) {
  for (const key of isOurs ? [...descriptorKeys, ...places] : []) {
    test(`Object.prototype has ${what} for "${key}"`, () => spoilt(() => defined(onObjects([key], descriptor))));
  }
}

function broken() {
  throw new SyntaxError("somebody has replaced this");
}

/** Every method and getter of an object, but for these, as one that throws. */
function withoutMethods(target, spared = []) {
  const properties = [];
  for (const key of ownKeys(target)) {
    const descriptor = getOwnPropertyDescriptor(target, key);
    if (!descriptor.configurable || spared.includes(key)) continue;
    if (typeof descriptor.value === "function") properties.push([target, key, { value: broken, writable: true }]);
    else if (descriptor.get !== undefined) properties.push([target, key, { get: broken, set: broken }]);
  }
  return properties;
}

const iterator = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
const classes = [
  "AggregateError", "Array", "ArrayBuffer", "BigInt", "Boolean", "DataView", "Date", "Error", "FinalizationRegistry", "Function", "Map", "Number",
  "Object", "Promise", "Proxy", "RangeError", "RegExp", "Set", "String", "Symbol", "TypeError", "Uint8Array", "WeakMap", "WeakRef",
  "WeakSet",
];
const spoilable = { TypedArray: Object.getPrototypeOf(Uint8Array), "the prototype of iterators": iterator };
spoilable["the prototype of array iterators"] = Object.getPrototypeOf([][Symbol.iterator]());
for (const name of [...classes, "JSON", "Math", "Reflect"]) {
  spoilable[name] = globalThis[name];
  if (globalThis[name].prototype !== undefined) spoilable[`${name}.prototype`] = globalThis[name].prototype;
}
spoilable["TypedArray.prototype"] = spoilable.TypedArray.prototype;
// deno_core itself calls ops by `call`, and awaits them by `then`, which asks for the species. The streams of deno_web ask for `then`,
// and for `concat`, which is what QuickJS makes of templates.
const spared = {
  __proto__: null, "Function.prototype": ["call"], Promise: [Symbol.species], "Promise.prototype": ["then"], "String.prototype": ["concat"],
};

const globalNames = [...classes, "JSON", "Math", "Reflect", "AbortController", "AbortSignal", "ReadableStream", "WritableStream"];
const noGlobals = globalNames.map((name) => [globalThis, name, { value: broken, writable: true }]);
const everything = [];

// What Node keeps of async contexts it keeps by the methods and getters of arrays.
if (engine === "node") for (const name of ["Array.prototype", "TypedArray.prototype"]) spared[name] = ownKeys(spoilable[name]);

for (const [name, target] of Object.entries(spoilable)) {
  const properties = withoutMethods(target, spared[name]);
  test(`no method of ${name} is called`, () => spoilt(() => defined(properties)));
  everything.push(...properties);
}

test("no promise is asked for its then, and no string for its concat", async () => {
  for (const [target, key] of [[Promise.prototype, "then"], [String.prototype, "concat"]]) {
    await spoilt(() => defined([[target, key, { value: broken, writable: true }]]), false);
  }
});

test("the methods of an instance do without each other", async () => {
  const prototype = Object.getPrototypeOf(await instantiate(basic));
  const used = ["constructor", "memory", "globals", "exports", "callBatch", "callWith", Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")];
  const mend = defined(withoutMethods(prototype, used));
  let seen;
  try {
    const instance = await instantiate(basic);
    const { memory, globals, exports } = instance;
    const batch = await instance.callBatch([["add", 1, 2]]);
    const added = await instance.callWith({}, "add", 3, 4);
    seen = [await exports.add(1, 2), (await memory.read(0, 1))[0], await globals.get("answer"), batch[0][0], added[0]];
    await instance[used[6]]();
    seen[5] = await ended(exports.add(1, 2));
  } finally {
    mend();
  }
  equal(seen, [3, 72, 42, 3, 7, 5005]);
});

test("no global is looked up", () => spoilt(() => defined(noGlobals)));

test("all of that at once", () => {
  everything.push(...noGlobals, ...onObjects(keys, kinds["a getter, and a setter that takes"]));
  return spoilt(() => defined(everything));
});
