import { compileFile, instances, instantiate } from "runtime:wasm";
import { busy, collected, equal, ok, rejects, test, ticks } from "./check.js";

const basic = await compileFile("./wasm/basic.wasm");
const wasi = await compileFile("./wasm/wasi.wasm");

test("closed says why an instance ended, once, and after its thread has", async () => {
  const dropped = await instantiate(basic);
  let settled = 0;
  dropped.closed.then(() => settled++);
  await ticks(2);
  equal(settled, 0, "before the end");
  await dropped.drop();
  equal(await dropped.closed, { reason: "dropped" });
  ok(dropped.closed === dropped.closed, "one promise");
  await ticks(2);
  equal(settled, 1);

  const terminated = await instantiate(basic);
  await Promise.all([terminated.terminate("enough"), terminated.closed]);
  equal(await terminated.closed, { reason: "terminated", message: "enough" });
  const silent = await instantiate(basic);
  await silent.terminate();
  equal(await silent.closed, { reason: "terminated" });

  const slow = await instantiate(basic);
  await rejects(slow.callWith({ timeoutMs: 15 }, "spin"), 5011);
  const { reason, message } = await slow.closed;
  equal(reason, "timeout");
  ok(message.includes("15 ms"), message);

  const controller = new AbortController();
  const aborted = await instantiate(basic, { signal: controller.signal });
  controller.abort();
  equal(await aborted.closed, { reason: "aborted" });
});

test("the first reason to end stands, and everybody is told", async () => {
  const instance = await instantiate(basic);
  const running = instance.call("spin").then(() => 0, ({ code }) => code);
  const waiting = [instance.call("next"), instance.callBatch([["next"]]), instance.globals.get("answer")];
  const codes = waiting.map((request) => request.then(() => 0, ({ code }) => code));
  await busy(instance);
  const first = instance.terminate("first");
  // What comes later waits for the same end.
  await Promise.all([instance.terminate("second"), instance.drop(), first]);
  await rejects(instance.drop(), 5005);
  equal([await running, ...await Promise.all(codes)], [5002, 5005, 5005, 5005]);
  equal(await instance.closed, { reason: "terminated", message: "first" });
});

test("a trap, an exit and spent fuel close nothing", async () => {
  const instance = await instantiate(wasi, { limits: { fuel: 1_000_000 } });
  let closed = false;
  instance.closed.then(() => (closed = true));
  await rejects(instance.call("exit", 3), 5002);
  await rejects(instance.callWith({ fuel: 0 }, "exit", 3), 5011);
  await ticks(3);
  ok(!closed, "it has closed");
  await instance.drop();
});

test("run() resolves with every exit code there is", async () => {
  const instance = await instantiate(await compileFile("./wasm/exit_code.wasm"));
  for (let code = 0; code <= 255; code++) {
    await instance.globals.set("code", code);
    equal(await instance.run(), { exitCode: code });
    if (code > 0) equal((await rejects(instance.call("_start"), 5002)).exitCode, code);
  }
  await instance.drop();
});

test("an instance that nobody refers to is dropped once its calls are answered", async () => {
  let closed;
  let result;
  await (async () => {
    const instance = await instantiate(basic, { name: "forgotten" });
    closed = instance.closed;
    result = instance.call("count_to", 30_000_000);
  })();
  const alive = async () => (await instances()).some(({ name }) => name === "forgotten");
  await collected(async () => !await alive());
  ok(!await alive(), "it was never collected");
  equal(await result, [30_000_000]);
  equal(await closed, { reason: "dropped" });
});

test("who holds its memory, exports or globals holds the instance", async () => {
  const parts = await (async () => {
    const { memory, exports, globals } = await instantiate(basic);
    return { memory, exports, globals };
  })();
  for (let round = 0; round < 50; round++) {
    const item = { bytes: new Array(20_000).fill(round) };
    item.self = item;
    await ticks(1);
  }
  equal(await parts.memory.size(), 1);
  equal(await parts.exports.add(1, 2), 3);
  equal(await parts.globals.get("answer"), 42);
});

test("an instance that has ended lets the app wait for that, without a timer of its own", async () => {
  const late = await instantiate(basic);
  await late.callWith({ timeoutMs: 10 }, "spin").catch(() => {});
  equal((await late.closed).reason, "timeout");
});
