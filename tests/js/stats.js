import { compileFile, instances, instantiate } from "runtime:wasm";
import { equal, ok, rejects, test, ticks } from "./check.js";

const basic = await compileFile("./wasm/basic.wasm");
const wasi = await compileFile("./wasm/wasi.wasm");
const globals = await compileFile("./wasm/globals.wasm");

test("an instance tells how it is doing", async () => {
  const instance = await instantiate(basic, { name: "watched" });
  const { cpuMs, ...first } = await instance.stats();
  equal(first, {
    id: instance.id, name: "watched", module: basic, state: "idle", mailboxDepth: 0, calls: 0, hostCalls: 0,
    failed: 0, lastError: null, fuelUsed: null, memoryBytes: 65536, restartCount: 0, restarts: [],
  });
  ok(typeof cpuMs === "number" && cpuMs >= 0, `cpuMs is ${cpuMs}`);
  await instance.call("add", 1, 2);
  await rejects(instance.call("unreachable"), 5002);
  await instance.memory.grow(2);
  const later = await instance.stats();
  equal([later.calls, later.memoryBytes], [2, 3 * 65536]);
  await instance.drop();
  await rejects(instance.stats(), 5005);
});

test("requests that fail are counted, and the last error is told", async () => {
  const instance = await instantiate(basic);
  const before = Date.now();
  await rejects(instance.call("nowhere\x1b"), 5003);
  await instance.call("add", 1, 2);
  await rejects(instance.memory.read(0, 1e9), 5006);
  await rejects(instance.call("unreachable"), 5002);
  const { failed, lastError: { atMs, ...error } } = await instance.stats();
  equal([failed, error.code, error.name], [3, 5002, "CallError"]);
  ok(error.message.includes("unreachable") && !error.message.startsWith("["), error.message);
  ok(atMs >= before - 1000 && atMs <= Date.now() + 1000, `${atMs}`);
  await instance.drop();
});

test("a guest that spins is seen", async () => {
  const instance = await instantiate(basic);
  const calls = [instance.call("spin"), instance.call("nothing"), instance.call("nothing")];
  for (const call of calls) call.catch(() => {});
  let stats;
  do {
    await ticks(1);
    stats = await instance.stats();
  } while (stats.cpuMs < 5);
  equal([stats.state, stats.mailboxDepth, stats.calls], ["running", 2, 1]);
  await instance.terminate();
});

test("calls of the host and fuel are counted", async () => {
  const instance = await instantiate(wasi, { limits: { fuel: 1_000_000 } });
  equal((await instance.stats()).hostCalls, 0);
  await rejects(instance.call("exit", 1), 5002);
  const { hostCalls, fuelUsed } = await instance.stats();
  equal(hostCalls, 1);
  ok(fuelUsed > 0n && fuelUsed < 100n, String(fuelUsed));
  await instance.addFuel(1000);
  equal((await instance.stats()).fuelUsed, fuelUsed);
  await instance.drop();
});

test("fuel is counted while a request runs, at each call that the guest makes of an import", async () => {
  let open;
  const env = { gate: () => new Promise((resolve) => (open = resolve)) };
  const gate = await compileFile("./wasm/gate.wasm");
  const instance = await instantiate(gate, { limits: { fuel: 10_000_000 }, imports: { env } });
  const used = async () => Number((await instance.stats()).fuelUsed);
  equal(await used(), 0);
  const call = instance.callWith({ fuel: 1_000_000 }, "work_and_wait", 10_000);
  while (open === undefined) await ticks(1);
  const meanwhile = await used();
  ok(meanwhile > 10_000 && meanwhile < 100_000, `used ${meanwhile}`);
  // What the call must leave alone is the instance's all the same.
  equal(await instance.addFuel(5), BigInt(10_000_005 - meanwhile));
  equal(await used(), meanwhile);
  open();
  await call;
  const after = await used();
  ok(after >= meanwhile && after < meanwhile + 100, `used ${after} in the end, ${meanwhile} before`);
  await instance.drop();
});

test("refused memory is not counted", async () => {
  const instance = await instantiate(globals, { limits: { memoryBytes: 3 * 65536 } });
  await rejects(instance.memory.grow(3), 5006);
  equal((await instance.stats()).memoryBytes, 65536);
  await instance.drop();
});

test("all instances are listed, by id", async () => {
  const before = (await instances()).map(({ id }) => id);
  const made = [await instantiate(basic, { name: "a" }), await instantiate(wasi, { name: "b" })];
  const listed = (await instances()).filter(({ id }) => !before.includes(id));
  equal(listed.map(({ id, name, module }) => [id, name, module]), [[made[0].id, "a", basic], [made[1].id, "b", wasi]]);
  for (const instance of made) await instance.drop();
  equal((await instances()).map(({ id }) => id), before);
});
