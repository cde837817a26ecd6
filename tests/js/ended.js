// drop() gives back the handle, once, however the instance ends; and what is asked of an instance that has ended says how it did.
import { call, compileFile, getExports, instances, instantiate, memory } from "runtime:wasm";
import { busy, equal, ok, rejects, test, ticks } from "./check.js";

const basic = await compileFile("./wasm/basic.wasm");
const host = await compileFile("./wasm/host.wasm");
const startTrap = await compileFile("./wasm/start_trap.wasm");

function imports(env) {
  const defaults = { add: (a, b) => BigInt(a) + b, none: () => {}, pair: (x) => [1, x], deeper: (n) => n, start: 7, state: 40n };
  return { env: { ...defaults, ...env } };
}

/** Every way in which an instance ends by itself or by others: each gives one that is ending, and says why it does. */
const ends = {
  timeout: async () => {
    const instance = await instantiate(basic, { name: "resize" });
    await rejects(instance.callWith({ timeoutMs: 20 }, "spin"), 5011);
    return [instance, "timeout", "a request ran longer than its limit of 20 ms"];
  },
  "cpu time": async () => {
    const instance = await instantiate(basic, { name: "resize", limits: { cpuMs: 20 } });
    await rejects(instance.call("spin"), 5011);
    return [instance, "timeout", "used more processor time than its limit of 20 ms"];
  },
  trap: async () => {
    const restart = { on: ["trap"], max: 1, backoffMs: 0 };
    const instance = await instantiate(basic, { name: "resize", restart });
    for (let i = 0; i < 2; i++) await rejects(instance.call("unreachable"), 5002);
    return [instance, "trap", "restarted 1 times"];
  },
  fuel: async () => {
    const restart = { on: ["fuel"], max: 1, backoffMs: 0 };
    const instance = await instantiate(basic, { name: "resize", restart, limits: { fuel: 1000 } });
    for (let i = 0; i < 2; i++) await rejects(instance.call("spin"), 5011);
    return [instance, "fuel", "restarted 1 times"];
  },
  "an abort": async () => {
    const controller = new AbortController();
    const instance = await instantiate(basic, { name: "resize", signal: controller.signal });
    controller.abort();
    return [instance, "aborted", "its signal was aborted"];
  },
  "an abort of a call": async () => {
    const controller = new AbortController();
    const instance = await instantiate(basic, { name: "resize" });
    const running = instance.callWith({ signal: controller.signal }, "spin").catch(() => {});
    await busy(instance);
    controller.abort();
    await running;
    return [instance, "aborted", "its signal was aborted"];
  },
  "terminate()": async () => {
    const instance = await instantiate(basic, { name: "resize" });
    await instance.terminate("enough\u001b[31m");
    return [instance, "terminated", "it was terminated: enough"];
  },
  "terminate() that is under way": async () => {
    const instance = await instantiate(basic, { name: "resize" });
    const running = instance.call("spin").catch(() => {});
    await busy(instance);
    instance.terminate();
    running.catch(() => {});
    return [instance, "terminated", "it was terminated"];
  },
};

for (const [name, end] of Object.entries(ends)) {
  test(`drop() resolves once after ${name}, and terminate() always`, async () => {
    const [instance] = await end();
    const results = await Promise.all([instance.terminate("again"), instance.drop(), instance.terminate()]);
    equal(results, [undefined, undefined, undefined]);
    const error = await rejects(instance.drop(), 5005, '"resize"');
    equal(error.instance, { id: instance.id, name: "resize" });
    await instance[Symbol.asyncDispose]();
    await instance.terminate();
    await rejects(instance.drop(), 5005);
  });

  test(`what is asked after ${name} says who has ended, when and why`, async () => {
    const [instance, reason, why] = await end();
    const { id } = instance;
    const before = Date.now();
    for (const request of [
      () => instance.call("add", 1, 2), () => instance.callWith({ timeoutMs: 5 }, "add", 1, 2), () => instance.exports.add(1, 2),
      () => instance.callBatch([["add", 1, 2]]), () => instance.run(), () => instance.getExports(), () => instance.stats(),
      () => instance.addFuel(5), () => instance.globals.get("answer"), () => instance.globals.set("answer", 1),
      () => instance.memory.read(0, 1), () => instance.memory.write(0, new Uint8Array(1)), () => instance.memory.size(),
      () => instance.memory.write(0, new Uint8Array(600_000)), () => instance.memory.grow(1), () => instance.memory.read(-1, 1),
      () => instance.table("table").get(0), () => instance.table("table").size(),
      () => call(id, "add", [1, 2]), () => getExports(id), () => memory.read(id, 0, 1), () => memory.size(id),
      () => memory.write(id, 0, new Uint8Array(1)), () => memory.grow(id, 1),
    ]) {
      // With a signal of the instance it is the signal's own reason.
      if (reason === "aborted" && name === "an abort") {
        const error = await request().then(() => null, (error) => error);
        if (error?.code === undefined || error.name === "AbortError") continue;
      }
      const error = await rejects(request, 5005, `the instance "resize" (${id}) ended `, " ago: ", why);
      equal(error.instance, { id, name: "resize" });
      equal([error.ended.reason, typeof error.ended.atMs], [reason, "number"]);
      ok(error.ended.atMs <= Date.now() + 1 && error.ended.atMs > before - 60_000, `ended at ${error.ended.atMs}`);
      ok(!error.message.includes("\u001b"), "a control character");
    }
    const closed = await instance.closed;
    const { ended } = await rejects(call(id, "add", [1, 2]), 5005);
    equal(ended.reason, closed.reason);
    // What is told of the dead is escaped; what `closed` gives is data.
    equal(ended.message, closed.message?.replace("\u001b", "\\u{1b}"));
    await instance.drop();
  });
}

test("requests that waited are told the same", async () => {
  const instance = await instantiate(basic, { name: "resize", limits: { mailbox: 2 } });
  const running = instance.callWith({ timeoutMs: 30 }, "spin");
  running.catch(() => {});
  const waiting = [instance.call("next"), instance.memory.size(), instance.globals.get("answer"), instance.getExports()];
  const outcomes = await Promise.allSettled(waiting);
  await rejects(running, 5011);
  for (const { reason } of outcomes) {
    equal([reason.code, reason.ended.reason], [5005, "timeout"]);
    ok(reason.message.includes(`the instance "resize" (${instance.id}) ended`), reason.message);
  }
  await instance.drop();
});

test("an instance that was given back by a block or by drop() is 5005, which says that it was dropped", async () => {
  const used = [];
  {
    await using instance = await instantiate(basic, { name: "mine" });
    used.push(instance);
  }
  await rejects(used[0].call("add", 1, 2), 5005, `the instance "mine" (${used[0].id}) ended`, "it was dropped");
  await rejects(used[0].drop(), 5005, '"mine"');
  {
    await using instance = await instantiate(basic);
    await instance.drop();
  }
  const instance = await instantiate(basic);
  const [first, second] = await Promise.allSettled([instance.drop(), instance.drop()]);
  equal([first.status, second.status, second.reason.code], ["fulfilled", "rejected", 5005]);
});

test("the call during which an instance is ended says so, too", async () => {
  for (const [code, reason, end] of [
    [5002, "terminated", (i) => i.terminate("enough")], [5002, "dropped", (i) => i.drop()], [5011, "timeout", () => {}],
  ]) {
    const instance = await instantiate(basic, { name: "resize" });
    const running = rejects(instance.callWith({ timeoutMs: reason === "timeout" ? 30 : 60_000 }, "spin"), code, '"resize"');
    await busy(instance);
    await end(instance);
    const error = await running;
    equal([error.instance, error.ended.reason], [{ id: instance.id, name: "resize" }, reason]);
    equal(error.call, { name: "spin", args: [] });
    await instance.terminate();
  }
  const restarting = await instantiate(basic, { restart: { backoffMs: 0 } });
  const error = await rejects(restarting.callWith({ timeoutMs: 20 }, "spin"), 5011);
  equal([error.instance, error.ended], [undefined, undefined]);
  equal(await restarting.call("add", 1, 2), [3]);
  await restarting.drop();
});

test("a signal that fires after the end is not taken for its reason", async () => {
  const controller = new AbortController();
  const instance = await instantiate(basic, { signal: controller.signal });
  await rejects(instance.callWith({ timeoutMs: 20, signal: controller.signal }, "spin"), 5011);
  controller.abort();
  await rejects(instance.call("add", 1, 2), 5005, "ran longer than its limit");
  await instance.drop();
});

test("a stream into what has ended says how it did", async () => {
  const stdio = await compileFile("./wasm/stdio.wasm");
  const instance = await instantiate(stdio, { name: "reader", stdin: "piped" });
  const writer = instance.stdin.getWriter();
  writer.closed.catch(() => {});
  await instance.terminate("enough");
  const error = await writer.write("late").then(() => null, (error) => error);
  equal([error.code, error.ended.reason, error.instance.name], [5005, "terminated", "reader"]);
});

test("an app that waits for a command's stream next does not end before that says so", async () => {
  const program = await compileFile("./wasm/exit_code.wasm");
  for (let turn = 0; turn < 50; turn += 1) {
    const command = await instantiate(program, { stdin: "piped" });
    const closed = command.stdin.getWriter().closed.then(() => null, (error) => error);
    equal(await command.run(), { exitCode: 0 });
    const over = await closed;
    equal([over.code, over.ended, over.message.includes("its command has ended")], [5005, undefined, true]);
    await command.drop();
  }
});

test("cleaning up in `finally` hides no error", async () => {
  const work = async (end) => {
    const instance = await instantiate(basic);
    try {
      return await instance.callWith({ timeoutMs: 20 }, "spin");
    } finally {
      await instance[end]();
    }
  };
  for (const end of ["drop", "terminate"]) equal((await rejects(work(end), 5011)).limit, "time");
});

test("a timer or a signal that comes late ends nothing but what is left of it", async () => {
  const controller = new AbortController();
  const instance = await instantiate(basic, { signal: controller.signal });
  await rejects(instance.callWith({ timeoutMs: 10 }, "spin"), 5011);
  await instance.drop();
  // A rejection that nobody handles would end this script.
  setTimeout(() => instance.terminate("late"), 0);
  setTimeout(() => controller.abort(), 1);
  await ticks(5);
  equal((await instance.closed).reason, "timeout");
});

test("a handler drops, terminates or disposes of its own instance", async () => {
  for (const end of [(i) => i.drop(), (i) => i.terminate("by itself"), (i) => i[Symbol.asyncDispose]()]) {
    let ended;
    const instance = await instantiate(host, { imports: imports({ deeper() { return ended = end(instance); } }) });
    await rejects(instance.call("deeper", 1), 5002);
    await ended;
    await instance.closed;
  }
});

test("drop() is no method to borrow, and an argument is checked also of what has ended", async () => {
  const instance = await instantiate(basic);
  await instance.drop();
  await rejects(instance.terminate(5), 5007, "reason");
  ok(await instance.drop.call({}).then(() => null, (error) => error) instanceof TypeError);
});

test("a number that was never made says so, and one whose start failed has ended", async () => {
  const error = await rejects(call(4_000_000_000, "add", [1, 2]), 5005, "there is no instance 4000000000: it was never made");
  equal([error.instance, error.ended], [undefined, undefined]);
  await rejects(instantiate(startTrap), 5001);
  equal((await instances()).filter(({ module }) => module === startTrap), []);
});

test("names in what is told are data", async () => {
  const instance = await instantiate(basic, { name: "x\n\u202ey" });
  await instance.drop();
  const error = await rejects(instance.call("add", 1, 2), 5005, "x\\n\\u{202e}y");
  equal(error.instance.name, "x\\n\\u{202e}y");
});
