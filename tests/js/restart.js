import { compileFile, instances, instantiate } from "runtime:wasm";
import { equal, ok, rejects, test, ticks } from "./check.js";

const basic = await compileFile("./wasm/basic.wasm");
const gate = await compileFile("./wasm/gate.wasm");
const wasi = await compileFile("./wasm/wasi.wasm");

/** Three ways to die, with the code that the call is told. */
const deaths = {
  trap: [(instance) => instance.call("unreachable"), 5002, "unreachable"],
  timeout: [(instance) => instance.callWith({ timeoutMs: 15 }, "spin"), 5011, "15 ms"],
  fuel: [(instance) => instance.callWith({ fuel: 500 }, "spin"), 5011, "500"],
};

for (const [cause, [die, code, text]] of Object.entries(deaths)) {
  test(`after a ${cause} the instance is fresh, under the same id`, async () => {
    const instance = await instantiate(basic, { limits: { fuel: 1_000_000_000 }, restart: { on: [cause], backoffMs: 1 } });
    const { id } = instance;
    equal(await instance.call("next"), [1]);
    await instance.memory.write(0, new Uint8Array([1, 2, 3]));
    const waiting = [];
    const dead = die(instance);
    dead.catch(() => {});
    for (let i = 0; i < 3; i++) waiting.push(instance.call("next").then(() => 0, (error) => error));
    await rejects(dead, code, text);
    // What waited is refused, or was still on its way and is served by the fresh instance.
    const later = await Promise.all(waiting);
    ok(later.every((outcome) => outcome === 0 || outcome.code === 5005), String(later));
    const before = later.filter((outcome) => outcome === 0).length;
    equal(await instance.call("next"), [before + 1]);
    equal(await instance.memory.read(0, 5), new TextEncoder().encode("Hello"));
    equal(instance.id, id);
    const { restarts, state } = await instance.stats();
    equal([restarts.length, restarts[0].reason, state], [1, cause, "idle"]);
    ok(restarts[0].message.includes(text), restarts[0].message);
    ok(Math.abs(Date.now() - restarts[0].atMs) < 60_000, String(restarts[0].atMs));
    await instance.drop();
    equal(await instance.closed, { reason: "dropped" });
  });
}

/** A guest that waits in a host function until it is let go, with the requests that are made meanwhile. */
async function gated(options) {
  let open;
  const opened = new Promise((resolve) => (open = resolve));
  const instance = await instantiate(gate, { ...options, imports: { env: { gate: () => opened } } });
  return { instance, open };
}

for (const [cause, die] of [
  ["trap", (instance) => instance.call("trap")],
  ["timeout", (instance) => instance.callWith({ timeoutMs: 1 }, "spin")],
  ["fuel", (instance) => instance.callWith({ fuel: 1000 }, "spin")],
]) {
  test(`what waits when it dies of ${cause} is refused, not replayed`, async () => {
    const { instance, open } = await gated({ limits: { fuel: 2n ** 60n }, restart: { on: [cause], backoffMs: 0 } });
    const code = (request) => request.then(() => 0, (error) => error.code);
    const requests = [code(instance.call("wait")), code(die(instance))];
    for (let i = 0; i < 5; i++) requests.push(code(instance.call("next")));
    // All of them are there before the first has been answered.
    while ((await instance.stats()).mailboxDepth < 6) await ticks(1);
    open();
    equal(await Promise.all(requests), [0, cause === "trap" ? 5002 : 5011, 5005, 5005, 5005, 5005, 5005]);
    equal(await instance.call("next"), [1]);
    await instance.drop();
  });
}

test("what is asked for during the pause waits for the fresh instance, in order", async () => {
  const instance = await instantiate(basic, { limits: { mailbox: 2 }, restart: { backoffMs: 50 } });
  await rejects(instance.call("unreachable"), 5002);
  const calls = Array.from({ length: 8 }, () => instance.call("next"));
  while ((await instance.stats()).state !== "restarting") await ticks(1);
  equal(await Promise.all(calls), Array.from({ length: 8 }, (_, i) => [i + 1]));
  await instance.drop();
});

test("a death that the policy does not name leaves all as it is without one", async () => {
  const instance = await instantiate(basic, { restart: { on: ["fuel"] } });
  await instance.call("next");
  await rejects(instance.call("unreachable"), 5002);
  equal(await instance.call("next"), [2]);
  await rejects(instance.callWith({ timeoutMs: 10 }, "spin"), 5011);
  equal((await instance.closed).reason, "timeout");
  const exits = await instantiate(wasi, { restart: {} });
  await rejects(exits.call("exit", 3), 5002);
  equal((await exits.stats()).restarts, []);
  await exits.drop();
});

test("after too many restarts it is over, and closed says so", async () => {
  const instance = await instantiate(basic, { restart: { max: 3, withinMs: 60_000, backoffMs: 0 } });
  for (let i = 0; i < 4; i++) await rejects(instance.call("unreachable"), 5002, "unreachable");
  await rejects(instance.call("next"), 5005);
  const { reason, message } = await instance.closed;
  equal(reason, "trap");
  ok(message.includes("3 times within 60000 ms") && message.includes("unreachable"), message);
});

for (const [how, end, reason] of [
  ["dropped", (instance) => instance.drop(), "dropped"],
  ["terminated", (instance) => instance.terminate("enough"), "terminated"],
  ["aborted", (_, controller) => controller.abort(), "aborted"],
]) {
  test(`an instance is ${how} during the pause at once`, async () => {
    const controller = new AbortController();
    // A pause longer than any test: were it waited for, this would not end.
    const instance = await instantiate(basic, { signal: controller.signal, restart: { backoffMs: 86_400_000 } });
    await rejects(instance.call("unreachable"), 5002);
    const waiting = instance.call("next").then(() => 0, (error) => error);
    while ((await instance.stats()).state !== "restarting") await ticks(1);
    await end(instance, controller);
    equal((await instance.closed).reason, reason);
    ok(await waiting !== 0, "it was served");
    ok(!(await instances()).some(({ id }) => id === instance.id), "it is listed");
  });
}

test("however restarts and a drop race, every request is answered and nothing is left", async () => {
  const before = (await instances()).length;
  for (let round = 0; round < 40; round++) {
    const instance = await instantiate(basic, { restart: { max: 1000, backoffMs: round % 2 } });
    const requests = [];
    for (let i = 0; i < 10; i++) {
      requests.push(instance.call(i % 3 === 0 ? "unreachable" : "next"), instance.callWith({ timeoutMs: 1 }, "spin"));
    }
    const outcomes = requests.map((request) => request.then(() => 0, ({ code }) => code));
    if (round % 4 < 2) await ticks(round % 7);
    await instance.drop();
    for (const code of await Promise.all(outcomes)) ok([0, 5002, 5005, 5011].includes(code), String(code));
    equal(await instance.closed, { reason: "dropped" });
  }
  equal((await instances()).length, before);
});

test("a WASI guest finds its world anew", async () => {
  const instance = await instantiate(wasi, { stdin: "abc", preopens: { "/data": "./data" }, restart: { backoffMs: 0 } });
  const [first] = await instance.call("read", 0);
  equal(await instance.call("read", 0), [0]);
  await rejects(instance.callWith({ timeoutMs: 10 }, "sleep_an_hour"), 5011);
  equal(await instance.call("read", 0), [first]);
  equal(first, 3);
  await instance.drop();
});

test("a guest that reads the host's input has it again after a restart", async () => {
  const instance = await instantiate(wasi, { inheritStdin: true, restart: { backoffMs: 0 } });
  for (let i = 0; i < 3; i++) await rejects(instance.callWith({ timeoutMs: 10 }, "sleep_an_hour"), 5011);
  equal(await instance.call("exit", 0), []);
  await rejects(instantiate(wasi, { inheritStdin: true }), 5010);
  equal((await instance.stats()).restarts.length, 3);
  await instance.drop();
});

/** An instance of which the app has lost sight is dropped, so whoever waits for another end looks at it once more. */
const endedButHeld = (instance) => rejects(instance.call("die"), 5005);

test("a start function that fails at a restart counts as one", async () => {
  const module = await compileFile("./wasm/start_once.wasm");
  const instance = await instantiate(module, {
    preopens: { "/d": "./data" }, restart: { on: ["trap"], max: 2, backoffMs: 0 }, limits: { fuel: 100_000 },
  });
  await rejects(instance.call("die"), 5002);
  let closed;
  instance.closed.then((found) => (closed = found));
  // A living instance keeps no app alive, so this waits by a timer.
  while (closed === undefined) await ticks(1);
  equal(closed.reason, "trap");
  ok(closed.message.includes("2 times") && closed.message.includes("instantiation"), closed.message);
  await endedButHeld(instance);
});

test("a start that takes too long at a restart is one more death, whatever the policy names", async () => {
  const module = await compileFile("./wasm/start_spins_later.wasm");
  const instance = await instantiate(module, {
    preopens: { "/d": "./data" }, restart: { on: ["trap"], max: 3, backoffMs: 0 }, limits: { timeoutMs: 400 },
  });
  await rejects(instance.call("die"), 5002);
  let closed;
  instance.closed.then((found) => (closed = found));
  while (closed === undefined) await ticks(1);
  equal(closed.reason, "timeout");
  ok(closed.message.includes("3 times") && closed.message.includes("400 ms"), closed.message);
  await endedButHeld(instance);
});

test("a first start that fails is no restart", async () => {
  const module = await compileFile("./wasm/start_trap.wasm");
  await rejects(instantiate(module, { restart: {} }), 5001);
});

test("restart options are checked", async () => {
  const bad = [
    5, [], { on: "trap" }, { on: ["exit"] }, { on: [1] }, { max: 0 }, { max: 1.5 }, { max: 1e6 }, { withinMs: 0 },
    { withinMs: "x" }, { backoffMs: -1 }, { every: 5 },
  ];
  for (const restart of bad) await rejects(instantiate(basic, { restart }), 5007, "restart");
});
