// Components: typed values, interfaces, resources, and that all bounds hold for them.

import { call, compileFile, getExports, inspect, instantiate } from "runtime:wasm";
import { equal, ok, rejects, test } from "./check.js";

const module = await compileFile("./wasm/component.wasm");
const logged = [];
const host = {
  async log(text) {
    logged.push(text);
    return BigInt(text.length);
  },
  pick(from) {
    if (from.length === 0) throw "nothing to pick from";
    if (from[0] === 13) throw new Error("a bug");
    if (from[0] === 14) throw { payload: "refused" };
    return from[from.length - 1];
  },
  wait() {},
};
const imports = { "demo:plug/host@0.1.0": host };
const make = (options = {}) => instantiate(module, { imports, ...options });
const plain = await make();

test("functions of the world and of interfaces are called by their names", async () => {
  equal(await plain.call("add", 2, 40), [42]);
  equal(await plain.call("demo:plug/api@0.1.0#add", 2, 40), [42]);
  equal(await plain.call("demo:plug/api#add", 2, 40), [42]);
  equal(await plain.exports.add(2, 40), 42);
  equal(await plain.exports["demo:plug/api@0.1.0"].add(4294967295, 2), 1);
  equal(await plain.exports["demo:plug/api"].echoBytes(new Uint8Array([1, 2])), new Uint8Array([1, 2]));
  equal(await plain.call("nothing"), []);
  equal(await plain.exports.nothing(), undefined);
  equal(await call(plain.id, "add", [1, 2]), [3]);
  equal(await plain.callWith({ timeoutMs: 10_000 }, "add", 1, 2), [3]);
  equal(await plain.callBatch([["add", 1, 2], ["nothing"], ["echo-string", "x"], ["echo-string", "y"]]), [[3], [], ["x"], ["y"]]);
  // A u32 that has the sign of an i32 is one each way.
  equal(await plain.call("add", 4294967294, 1), [4294967295]);
  equal(await plain.exports.add(2147483647, 1), 2147483648);
  const high = ["add", 4294967294, 1];
  equal(await plain.callBatch([high, high]), [[4294967295], [4294967295]]);
  equal(await plain.callBatch([high, ["nothing"], ["echo-string", "x"], high]), [[4294967295], [], ["x"], [4294967295]]);
  equal(plain.exports.echoString.name, "echoString");
  ok(Object.isFrozen(plain.exports) && Object.isFrozen(plain.exports["demo:plug/api"]));
  equal(Object.keys(plain.exports).filter((name) => name.includes(":")), ["demo:plug/api@0.1.0"]);
});

test("a function that is not there is 5003 and one that is meant is named", async () => {
  await rejects(plain.call("demo:plug/api@0.2.0#add", 1, 2), 5003, "demo:plug/api@0.2.0#add");
  await rejects(plain.call("subtract"), 5003, "subtract");
  await rejects(call(plain.id, "subtract", []), 5003, "subtract");
  equal(plain.exports.subtract, undefined);
});

test("each kind of value goes there and back", async () => {
  for (const text of ["", "a", "ä", "\u{1f600}", "\0", "\ufeffmark", "x".repeat(24), "x".repeat(25), "é".repeat(1000), "x".repeat(100_000)]) {
    equal(await plain.exports.echoString(text), text);
  }
  equal(await plain.exports.echoString("a\ud800b"), "a\ufffdb");
  equal(await plain.exports.echoDoubles([1.5, -0, NaN, Infinity]), new Float64Array([1.5, -0, NaN, Infinity]));
  equal(await plain.exports.echoDoubles(new Float64Array([1, 2]).subarray(1)), new Float64Array([2]));
  equal(await plain.exports["demo:plug/api"].echoBytes(new Uint8Array([7, 8]).buffer), new Uint8Array([7, 8]));
  equal(await plain.exports["demo:plug/api"].echoBytes([0, 255]), new Uint8Array([0, 255]));
  equal(await plain.exports.echoPoints([[1, 2, "three"], [-0.5, 1e300, undefined]]), [[1, 2, "three"], [-0.5, 1e300, undefined]]);
  const many = [
    { tag: "ok", val: [{ tag: "none" }, { tag: "some", val: undefined }, { tag: "some", val: -(2n ** 63n) }] },
    { tag: "err", val: [255, "\u{10ffff}", true] },
    { tag: "ok", val: [] },
  ];
  equal(await plain.exports.echoMany(many), many);
});

test("what is wrong is 5007 and named by its place", async () => {
  const { echoDoubles, echoMany, echoPoints, echoString, add } = plain.exports;
  for (const value of [1.5, NaN, 4294967296, -1, "1", null, undefined, true, {}, [], 1n]) {
    await rejects(add(value, 1), 5007, "add", "arg 0", "u32");
    await rejects(add(1, value), 5007, "arg 1", "u32");
  }
  await rejects(add(1), 5007, "2 arguments", "a, b", "1 were given");
  await rejects(add(1, 2, 3), 5007, "3 were given");
  for (const value of [1, null, undefined, {}, Symbol("s"), () => 0]) await rejects(echoString(value), 5007, "arg 0", "string");
  for (const value of ["text", null, {}, 7, new Float32Array(1), new Set()]) await rejects(echoDoubles(value), 5007, "arg 0", "Float64Array");
  await rejects(echoDoubles([1, "2"]), 5007, "arg 0, element 1", "f64");
  await rejects(echoPoints([[1, 2, "x"], [1, 2]]), 5007, "arg 0, element 1", "array of 3");
  for (const echo of [echoDoubles, echoPoints, echoMany]) await rejects(echo(new Array(2 ** 32 - 1)), 5007, "arg 0", "4294967295 elements");
  await rejects(echoPoints([[1, 2, 3]]), 5007, "arg 0, element 0, element 2", "string");
  await rejects(echoMany([{ tag: "maybe" }]), 5007, "arg 0, element 0", "maybe", '"ok", "err"');
  await rejects(echoMany([{ tag: "err", val: [1, "ab", true] }]), 5007, 'arg 0, element 0, case "err", element 1', "char");
  await rejects(echoMany([{ tag: "ok", val: [{ tag: "some", val: 2n ** 63n }] }]), 5007, 'case "ok", element 0, case "some"', "s64");
  const thrown = new Error("no");
  const error = await rejects(echoPoints([{ get length() { throw thrown; } }]), 5007, "arg 0");
  const trap = await rejects(echoMany([{ get tag() { throw thrown; } }]), 5007, "arg 0, element 0", "cannot be read");
  ok(error.cause === undefined && trap.cause === thrown);
  // Nothing of that has come to the guest.
  equal(await add(1, 2), 3);
});

test("what an app's getters do meanwhile does no harm", async () => {
  const inner = [];
  const value = { tag: "ok", get val() { inner.push(plain.exports.echoString("within")); return []; } };
  equal(await plain.exports.echoMany([value, value]), [{ tag: "ok", val: [] }, { tag: "ok", val: [] }]);
  equal(await Promise.all(inner), ["within", "within"]);
});

test("imports are called with values, and may be asynchronous", async () => {
  equal(await plain.exports.logIt("hello"), 5n);
  equal(logged.pop(), "hello");
  equal(await plain.exports.pickIt([1, 2, 3]), 3);
});

test("an error of the result's type reaches the guest, and the caller as payload", async () => {
  const error = await rejects(plain.exports.pickIt([]), 5002, "pick-it", "nothing to pick from");
  equal(error.payload, "nothing to pick from");
  equal((await rejects(plain.call("pick-it", [14]), 5002, "pick-it")).payload, "refused");
  const batch = await rejects(plain.callBatch([["add", 4294967294, 1], ["pick-it", []], ["add", 3, 4]]), 5002, "pick-it");
  equal([batch.index, batch.results, batch.payload], [1, [[4294967295]], "nothing to pick from"]);
  await rejects(plain.callBatch([["add", 1, 2], ["none"]]), 5003, '"none"');
  const trapping = await make();
  const trapped = await rejects(trapping.callBatch([["echo-string", "x"], ["add", 1, 2], ["trap"]]), 5002, "unreachable");
  equal([trapped.index, trapped.results], [2, [["x"], [3]]]);
  await trapping.drop();
  // The instance lives on.
  equal(await plain.call("add", 1, 2), [3]);
});

test("what an import throws that is no such error ends the call", async () => {
  const instance = await make();
  const error = await rejects(instance.exports.pickIt([13]), 5002, "pick", "a bug");
  equal([error.cause.message, error.import], ["a bug", { module: "demo:plug/host@0.1.0", name: "pick" }]);
  await instance.drop();
});

test("what an import returns of another type is 5007 and names the place", async () => {
  for (const [log, wrong] of [[() => 5, undefined], [() => "5", "string"], [async () => undefined, "undefined"], [() => -1n, "u64"]]) {
    const instance = await instantiate(module, { imports: { "demo:plug/host@0.1.0": { ...host, log } } });
    if (wrong === undefined) equal(await instance.exports.logIt("x"), 5n);
    else await rejects(instance.exports.logIt("x"), 5007, "log", "the result", wrong);
    await instance.drop();
  }
});

test("imports are found without the version and listed where they are missing", async () => {
  const instance = await instantiate(module, { imports: { "demo:plug/host": host } });
  equal(await instance.exports.logIt("x"), 1n);
  await instance.drop();
  const error = await rejects(instantiate(module), 5001, '"log"', "func(text: string) -> u64", '"pick"', "func(from: list<u32>) -> result<u32, string>", '"wait"');
  ok(error.message.includes("demo:plug/host@0.1.0"));
  await rejects(instantiate(module, { imports: { "demo:plug/host": { ...host, pick: 7 } } }), 5001, '"pick"', "no function");
  await rejects(instantiate(module, { imports: { "demo:plug/host": 7 } }), 5007, "demo:plug/host");
});

test("bytes in a memory are not how a component is called", async () => {
  await rejects(plain.callBytes("add", new Uint8Array(1)), 5007, "it is a component");
  await rejects(plain.callText("echo-string", "x"), 5007, "it is a component");
});

test("a component that waits for the app is not entered, and says so", async () => {
  let said;
  const instance = await instantiate(module, {
    imports: {
      "demo:plug/host": {
        ...host,
        async wait() {
          said = [await this.call("add", 1, 2).catch((error) => error), (await this.instance.getExports()).length > 5, this.signal.aborted];
        },
      },
    },
  });
  await instance.exports.waitIt();
  equal([said[0].code, said[1], said[2]], [5002, true, false]);
  ok(said[0].message.includes("component model"), said[0].message);
  equal(await instance.call("add", 1, 2), [3]);
  await instance.drop();
});

test("resources are objects of classes", async () => {
  const { Ticket } = plain.exports["demo:plug/api"];
  const ticket = new Ticket(7);
  // A component may read a number of its own behind a borrowed resource.
  equal([Ticket.name, ticket instanceof Ticket, await ticket.read()], ["Ticket", true, 7]);
  await ticket[Symbol.asyncDispose]();
  await rejects(ticket.read(), 5007, "Ticket", "disposed of");
  await ticket[Symbol.asyncDispose]();
  // Also while it is being made. What was called before still gets it.
  const early = new Ticket(8);
  const read = early.read();
  early[Symbol.dispose]();
  await rejects(early.read(), 5007, "disposed of");
  equal(await read, 8);
  const fresh = new Ticket(8);
  equal(await plain.callBatch([["demo:plug/api#[method]ticket.read", fresh], ["add", 1, 2]]), [[8], [3]]);
  // A batch of which one call is wrong is not made, and gives nothing away.
  await rejects(plain.callBatch([["demo:plug/api#[method]ticket.read", fresh], ["add", 1, -2]]), 5007, "arg 1");
  equal(await fresh.read(), 8);
  const failed = new Ticket("seven");
  for (let i = 0; i < 2; i++) await rejects(failed.read(), 5007, "[constructor]ticket", "arg 0");
  const other = await make();
  await rejects(other.call("demo:plug/api#[method]ticket.read", new Ticket(1)), 5007, "of this instance");
  await rejects(plain.call("demo:plug/api#[method]ticket.read", {}), 5007, "must be a Ticket");
  await other.drop();
});

test("what is seen of it before it runs", async () => {
  const info = await inspect(module);
  equal([info.kind, info.id], ["component", module]);
  ok(info.wit.includes("import demo:plug/host@0.1.0;") && info.wit.includes("log: func(text: string) -> u64;"), info.wit);
  const exports = await getExports(plain.id);
  ok(exports.some((one) => one.name === "demo:plug/api@0.1.0#add" && one.kind === "function" && one.wit === "func(a: u32, b: u32) -> u32"));
});

test("what components do not have is said", async () => {
  await rejects(plain.memory.read(0, 1), 5006, "component");
  await rejects(plain.globals.get("g"), 5003, "component");
  await rejects(plain.table("t").size(), 5003, "component");
});

test("limits of time and memory hold, and a guest that traps is not entered again", async () => {
  const slow = await make({ limits: { timeoutMs: 50 } });
  const error = await rejects(slow.exports.spin(), 5011, "50 ms");
  equal(error.limit, "time");
  const small = await make({ limits: { memoryBytes: 1 << 20 } });
  equal([await small.exports.grow(2), await small.exports.grow(100)], [1, -1]);
  equal((await small.stats()).memoryBytes, 3 * 65536);
  await rejects(small.exports.echoString("x".repeat(2 << 20)), 5002, "echo-string");
  const trapped = await make();
  equal((await rejects(trapped.exports.trap(), 5002, "unreachable")).trap, "unreachable");
  await rejects(trapped.exports.add(1, 2), 5002, "not entered any more");
  const deep = await make();
  equal((await rejects(deep.exports.overflow(), 5002)).trap, "stack overflow");
  for (const one of [slow, small, trapped, deep]) await one.drop();
});

test("fuel is counted", async () => {
  const instance = await make({ limits: { fuel: 1_000_000 } });
  equal(await instance.exports.add(1, 2), 3);
  const { fuelUsed } = await instance.stats();
  ok(fuelUsed > 0n && fuelUsed < 1000n, fuelUsed);
  await rejects(instance.callWith({ fuel: 1000 }, "spin"), 5011, "1000 of fuel");
  await instance.drop();
});

test("lists that lie, and lists of one place many times, come to an end", async () => {
  const liar = await make();
  await rejects(liar.exports.lie(), 5002, "lie", "memory");
  const bomb = await make();
  await rejects(bomb.exports.bomb(), 5002, "bomb", "too much data");
  const many = await make();
  await rejects(many.exports.tickets(1_000_000), 5002, "handle");
  for (const one of [liar, bomb, many]) await one.drop();
});

test("it is stopped in every state", async () => {
  const spinning = await make();
  const spin = rejects(spinning.exports.spin(), 5002, "terminated");
  for (let i = 0; i < 1000 && (await spinning.stats()).state !== "running"; i++);
  await spinning.terminate("enough");
  await spin;
  let waits;
  const waiting = await instantiate(module, {
    imports: { "demo:plug/host": { ...host, wait() { return new Promise(() => waits(this.signal)); } } },
  });
  const signal = new Promise((resolve) => waits = resolve);
  const held = rejects(waiting.exports.waitIt(), 5002, "terminated");
  const aborted = new Promise((resolve) => signal.then((one) => one.addEventListener("abort", resolve)));
  await signal;
  await waiting.terminate();
  await held;
  await aborted;
  equal((await waiting.closed).reason, "terminated");
  const idle = await make();
  await idle.drop();
  await rejects(idle.call("add", 1, 2), 5005);
});

test("it is restarted", async () => {
  const instance = await make({ restart: { max: 2, backoffMs: 0 }, limits: { timeoutMs: 5000 } });
  const { Ticket } = instance.exports["demo:plug/api"];
  const ticket = new Ticket(3);
  equal(await ticket.read(), 3);
  await rejects(instance.exports.trap(), 5002, "unreachable");
  equal(await instance.exports.add(1, 2), 3);
  await rejects(ticket.read(), 5007, "made anew");
  equal((await instance.stats()).restarts.length, 1);
  equal(await instance.exports.add(1, 2), 3);
  await instance.drop();
});

test("requests are answered in their order", async () => {
  const seen = [];
  const calls = [];
  for (let i = 0; i < 100; i++) calls.push((i % 2 ? plain.exports.echoString(`${i}`) : plain.exports.add(i, 0)).then((value) => seen.push(Number(value))));
  await Promise.all(calls);
  equal(seen, Array.from({ length: 100 }, (_, i) => i));
});
