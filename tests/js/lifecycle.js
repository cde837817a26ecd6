import { compileFile, instantiate } from "runtime:wasm";
import { busy, collected, equal, ok, rejects, test, ticks } from "./check.js";

const basic = await compileFile("./wasm/basic.wasm");
const wasi = await compileFile("./wasm/wasi.wasm");

/** Three guests that never return, each in a way of its own. */
const endless = {
  spinning: async () => [await instantiate(basic), "spin", []],
  sleeping: async () => [await instantiate(wasi), "sleep_an_hour", []],
  "reading a silent stdin": async () => [await instantiate(wasi, { inheritStdin: true }), "read", [0]],
};

for (const [state, make] of Object.entries(endless)) {
  test(`a guest ${state} blocks nobody and is dropped`, async () => {
    const [instance, name, args] = await make();
    const other = await instantiate(basic);
    let settled = false;
    const running = instance.call(name, ...args).finally(() => (settled = true));
    const waiting = instance.call(name, ...args);
    running.catch(() => {});
    waiting.catch(() => {});
    await ticks(10);
    await busy(instance);
    equal(await other.call("add", 1, 2), [3]);
    ok(!settled, "it has returned");
    await instance.drop();
    ok(settled, "the call outlived the drop");
    await rejects(running, 5002, "dropped", name);
    await rejects(waiting, 5005);
    await rejects(instance.call("nothing"), 5005, String(instance.id));
    await rejects(instance.memory.size(), 5005);
    await rejects(instance.getExports(), 5005);
    await rejects(instance.drop(), 5005);
    await instance.terminate();
    await other.drop();
  });

  test(`a guest ${state} is terminated, and says why`, async () => {
    const [instance, name, args] = await make();
    const running = instance.call(name, ...args);
    running.catch(() => {});
    await busy(instance);
    await instance.terminate("enough");
    await rejects(running, 5002, "terminated", "enough");
  });

  test(`a guest ${state} is ended by its time limit with 5011`, async () => {
    const [instance, name, args] = await make();
    await rejects(instance.callWith({ timeoutMs: 20 }, name, ...args), 5011, "20 ms", name);
    await rejects(instance.call(name, ...args), 5005);
    // The host's stdin is free for the next instance once the thread of this one is gone.
    await instance.closed;
  });

  test(`a guest ${state} is ended by a signal, with its reason`, async () => {
    const [instance, name, args] = await make();
    const controller = new AbortController();
    const running = instance.callWith({ signal: controller.signal }, name, ...args);
    const reason = new Error("changed my mind");
    const caught = running.then(() => null, (error) => error);
    await ticks(2);
    controller.abort(reason);
    ok(await caught === reason, `rejected with ${await caught}`);
    await rejects(instance.call(name, ...args), 5005);
    await instance.closed;
  });
}

test("a signal of the instance ends it", async () => {
  const controller = new AbortController();
  const instance = await instantiate(basic, { signal: controller.signal });
  const caught = instance.call("spin").then(() => null, (error) => error);
  await ticks(2);
  controller.abort("over");
  equal(await caught, "over");
  const before = await instantiate(basic, { signal: controller.signal }).then(() => null, (error) => error);
  equal(before, "over");
});

test("a call with a signal that has fired already is not made, and the instance lives", async () => {
  const instance = await instantiate(basic);
  for (const reason of ["gone", undefined]) {
    const signal = AbortSignal.abort(reason);
    const caught = await instance.callWith({ signal }, "next").then(() => "called", (error) => error);
    equal(caught === signal.reason, true);
  }
  equal(await instance.call("next"), [1]);
  await instance.drop();
});

test("a signal that outlives instances and calls keeps nothing of them", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const use = async () => {
    const instance = await instantiate(basic, { signal });
    await instance.callWith({ signal }, "nothing");
    await rejects(instance.callWith({ signal }, "unreachable"), 5002);
    await instance.drop();
    await instance.closed;
    return new WeakRef(instance);
  };
  const left = await use();
  await collected(() => left.deref() === undefined);
  equal(left.deref(), undefined);
  controller.abort();
});

test("an instance that was never called is dropped", async () => {
  const instance = await instantiate(basic);
  await instance.drop();
  await rejects(instance.call("nothing"), 5005);
});

test("a block that uses an instance gives it back", async () => {
  const used = [];
  {
    await using instance = await instantiate(basic);
    used.push(instance);
    equal(await instance.call("add", 1, 2), [3]);
  }
  await rejects(used[0].call("nothing"), 5005);
  equal(await used[0].closed, { reason: "dropped" });
  const instance = await instantiate(basic);
  await instance[Symbol.asyncDispose]();
  await instance[Symbol.asyncDispose]();
  await rejects(instance.call("nothing"), 5005);
});

test("spent fuel is 5011 and says how much; more fuel makes the instance run again", async () => {
  const instance = await instantiate(basic, { limits: { fuel: 10_000n } });
  equal(await instance.call("count_to", 10), [10]);
  await rejects(instance.call("spin"), 5011, "10000", "spin");
  await rejects(instance.call("nothing"), 5011);
  equal(await instance.addFuel(5000), 5000n);
  equal(await instance.call("add", 2, 2), [4]);
  for (const bad of [-1, 1.5, "5", undefined, NaN]) await rejects(instance.addFuel(bad), 5007, "amount");
  await instance.drop();
  const free = await instantiate(basic);
  await rejects(free.addFuel(1), 5007, "not metered");
  await free.drop();
});

test("a small mailbox makes callers wait, in order, and loses nothing", async () => {
  const instance = await instantiate(basic, { limits: { mailbox: 1 } });
  const results = await Promise.all(Array.from({ length: 200 }, () => instance.call("next")));
  equal(results.map(([n]) => n), Array.from({ length: 200 }, (_, i) => i + 1));
  await instance.drop();
});

test("callers that wait for room are told when the instance ends", async () => {
  const instance = await instantiate(basic, { limits: { mailbox: 2 } });
  const outcomes = Array.from({ length: 10 }, () => instance.call("spin").then(() => "resolved", ({ code }) => code));
  await busy(instance);
  await instance.drop();
  equal(await Promise.all(outcomes), [5002, ...Array(9).fill(5005)]);
});

test("a drop may follow at once, whatever was sent before it", async () => {
  for (let i = 0; i < 50; i++) {
    const instance = await instantiate(basic);
    const calls = [instance.call("next"), instance.call("spin"), instance.call("next")];
    const outcomes = calls.map((call) => call.then(() => 0, ({ code }) => code));
    await instance.drop();
    for (const code of await Promise.all(outcomes)) ok([0, 5002, 5005].includes(code), String(code));
  }
});
