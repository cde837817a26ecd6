// Random lives and deaths of instances: rounds of them, chosen by a seed. Between the rounds a guest reads a byte from the
// standard input: whoever runs this looks at the process meanwhile, from outside.
import { args } from "runtime:app";
import { compile, compileFile, dropModule, instances, instantiate, WasmError } from "runtime:wasm";

const [unit, ...numbers] = args;
const [amount, rounds] = numbers.map(Number);
let seed = Number(numbers[2]);
function random(below) {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return (seed >>> 8) % below;
}
const oneOf = (...choices) => choices[random(choices.length)];

const totals = { lives: 0, operations: 0, unsettled: 0 };
/** How operations ended, by kind of life: "ok", a code, "host error", or "aborted". */
const outcomes = {};

// A fresh error each time: on QuickJS what is caught and is no error, or has been caught before, costs memory for good
// (docs/verification.md).
class Aborted extends Error {}
class Thrown extends Error {}

/** Any other than these is a bug, and ends the script. */
function outcomeOf(error) {
  if (error instanceof Aborted) return "aborted";
  if (!(error instanceof WasmError)) throw error;
  if (error.cause === undefined) return String(error.code);
  if (!(error.cause instanceof Thrown)) outcomeOf(error.cause);
  return "host error";
}

async function settled(kind, promise) {
  totals.operations++;
  totals.unsettled++;
  let outcome = "ok";
  try {
    await promise;
  } catch (error) {
    outcome = outcomeOf(error);
  } finally {
    totals.unsettled--;
  }
  const counts = (outcomes[kind] ??= {});
  counts[outcome] = (counts[outcome] ?? 0) + 1;
  return outcome;
}

const guest = await compileFile("./guest.wasm");
const asking = await compileFile("./asking.wasm");
const owning = await compileFile("./owning.wasm");
const stdio = await compileFile("./stdio.wasm");
const gate = await instantiate(await compileFile("./gate.wasm"), { inheritStdin: true });

/** Makes an instance. With limits a time limit holds for that too. */
async function made(kind, module, options) {
  totals.lives++;
  let instance;
  await settled(kind, instantiate(module, options).then((one) => instance = one));
  return instance;
}

/** Lets what was asked begin, or come to its end, or nothing of it. */
async function aMoment(instance) {
  switch (random(4)) {
    case 0: return;
    case 1: return await new Promise((resolve) => setTimeout(resolve, random(10)));
    default: for (let turns = random(20); turns > 0; turns--) await instance.stats().catch(() => {});
  }
}

/** Ends an instance in one way or another, and waits until all that it was asked has settled. */
async function over(kind, instance, waiting, controller) {
  await aMoment(instance);
  const end = random(controller === undefined ? 2 : 3);
  if (end === 2) controller.abort(new Aborted());
  else await settled(kind, end === 1 ? instance.drop() : instance.terminate("soak"));
  await Promise.all(waiting);
  const { reason } = await instance.closed;
  const ends = (outcomes.closed ??= {});
  ends[reason] = (ends[reason] ?? 0) + 1;
}

const limits = () => oneOf({}, { fuel: 100_000 }, { timeoutMs: 1 + random(5) });

function someCall(instance) {
  const name = oneOf("add", "trap", "spin", "deep", "grow", "none");
  const values = name === "add" ? [1, 2] : [];
  switch (random(8)) {
    case 0: return instance.callWith({ timeoutMs: 1 + random(3) }, name, ...values);
    case 1: return instance.callBatch([["add", 1, 2], [name, ...values], ["add", 3, 4]]);
    case 2: return instance.memory.read(random(70_000), random(100));
    case 3: return instance.globals.set("global", oneOf(1, 2n, "x"));
    default: return instance.call(name, ...values);
  }
}

/** Calls of all kinds, several at once; what spins is ended by a limit, or by the end of the instance. */
async function plainLife() {
  const controller = random(3) === 0 ? new AbortController() : undefined;
  const bounds = limits();
  const instance = await made("plain", guest, { limits: bounds, signal: controller?.signal });
  if (instance === undefined) return;
  const waiting = Array.from({ length: 1 + random(6) }, () => settled("plain", someCall(instance)));
  if (Object.keys(bounds).length > 0 && random(4) > 0) await Promise.all(waiting);
  await over("plain", instance, waiting, controller);
}

/** What a handler does, by number. The last ones never settle by themselves. */
const handlers = [
  () => 1,
  async () => 2,
  () => { throw new Thrown(); },
  async () => { throw new Thrown(); },
  () => "no number",
  async function () { return (await this.call("double", 21))[0]; },
  async function () { await this.memory.write(0, new Uint8Array(8)); return (await this.memory.read(0, 8)).length; },
  async function () { await this.call("trap").catch(() => {}); return 3; },
  async function () { return (await this.call("ask", random(endless)))[0]; },
  () => new Promise(() => {}),
  function () { return new Promise((resolve) => this.signal.addEventListener("abort", () => resolve(0))); },
  async function () { return (await this.call("ask", endless))[0]; },
];
const endless = handlers.length - 3;

/** A guest that calls host functions: these answer, throw, reject, call back, or never settle. */
async function askingLife() {
  const controller = random(3) === 0 ? new AbortController() : undefined;
  const imports = { env: { ask(which) { return handlers[which].call(this); } } };
  const bounds = limits();
  const instance = await made("asking", asking, { imports, limits: bounds, signal: controller?.signal });
  if (instance === undefined) return;
  const which = Array.from({ length: 1 + random(4) }, () => random(handlers.length));
  const waiting = which.map((number) => settled("asking", instance.call("ask", number)));
  const end = bounds.timeoutMs !== undefined || which.every((number) => number < endless);
  if (end && random(4) > 0) await Promise.all(waiting);
  await over("asking", instance, waiting, controller);
}

/** A guest at the ends of pipes: it reads what comes, or never comes, and writes what is read, or is not. */
async function pipesLife() {
  const instance = await made("pipes", stdio, { stdin: "piped", stdout: "piped", limits: limits() });
  if (instance === undefined) return;
  const [writer, reader] = [instance.stdin.getWriter(), instance.stdout.getReader()];
  writer.closed.catch(() => {});
  const waiting = [];
  const start = (operation) => waiting.push(settled("pipes", operation));
  // A line, and the next once it has been read, ends by itself...
  for (let n = random(3); n > 0; n--) {
    start(instance.call("read"));
    start(writer.write("a line\n"));
    await Promise.all(waiting);
  }
  // ...and this may not.
  for (let n = random(4); n > 0; n--) {
    switch (random(5)) {
      case 0: start(instance.call("read")); break;
      case 1: start(instance.call("flood", 1, 1 + random(4096))); break;
      case 2: start(instance.run()); break;
      case 3: start(writer.write(oneOf("a line\n", new Uint8Array(100_000)))); break;
      default: start(reader.read());
    }
  }
  // A stream that has failed cannot be closed, says the standard.
  if (random(3) === 0) start(writer.close().catch((error) => { if (!(error instanceof TypeError)) throw error; }));
  if (random(3) === 0) start(reader.cancel());
  await over("pipes", instance, waiting);
}

/** A guest that dies and is made anew, and its end in the middle of that. */
async function restartedLife() {
  const restart = { on: oneOf(["trap"], ["trap", "fuel", "timeout"]), max: 1 + random(3), backoffMs: oneOf(0, 1) };
  const instance = await made("restarted", guest, { restart, limits: oneOf({ fuel: 50_000 }, { timeoutMs: 2 }) });
  if (instance === undefined) return;
  const waiting = Array.from({ length: 1 + random(6) }, () => settled("restarted", someCall(instance)));
  if (random(2)) await Promise.all(waiting);
  await over("restarted", instance, waiting);
}

const [memory, table] = [{ kind: "memory" }, { kind: "table" }];

/** A guest that imports memory, tables and globals of its own: what it holds is put there, read, called and let go of. */
async function owningLife() {
  const imports = { env: { memory, functions: table, values: table, held: oneOf({}, "text", null, 5n, undefined, () => {}) } };
  const instance = await made("owning", owning, { imports: oneOf(imports, imports, imports, {}), limits: limits() });
  if (instance === undefined) return;
  const [functions, values] = [instance.table("functions"), instance.table("values")];
  const operations = [
    () => functions.get(random(3)).then((one) => one?.()),
    () => functions.get(1).then((one) => functions.set(random(3), one)),
    () => functions.grow(random(4)),
    () => values.set(random(5), oneOf({}, [], "text", null, functions, new Uint8Array(1000))),
    () => values.get(random(5)),
    () => values.grow(random(40), {}),
    () => values.size(),
    () => instance.memory.write(random(70_000), new Uint8Array(random(100))),
    () => instance.call("notify", 4 * random(4)),
    () => instance.call("trap"),
  ];
  const waiting = Array.from({ length: 1 + random(8) }, () => settled("owning", oneOf(...operations)()));
  if (random(2)) await Promise.all(waiting);
  await over("owning", instance, waiting);
}

/** A module of its own, dropped before its instance; and bytes that are none. */
async function moduleLife() {
  const bytes = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, random(8) === 0 ? 1 : 0, 0, 2, 1, random(128)]);
  let module;
  await settled("module", compile(bytes).then((id) => module = id));
  if (module === undefined) return;
  const instance = await made("module", module, {});
  await settled("module", dropModule(module));
  await settled("module", dropModule(module));
  await over("module", instance, [settled("module", instance.call("none"))]);
}

const life = () => oneOf(plainLife, plainLife, askingLife, askingLife, pipesLife, restartedLife, owningLife, moduleLife)();

for (let round = 0; round < rounds; round++) {
  const [operations, end] = [totals.operations + amount, performance.now() + amount * 1000];
  const enough = () => unit === "seconds" ? performance.now() >= end : totals.operations >= operations;
  while (!enough()) await Promise.all([life(), life(), life(), life()]);
  const alive = (await instances()).length - 1;
  console.log(JSON.stringify({ ...totals, alive, outcomes }));
  await gate.call("wait");
}
