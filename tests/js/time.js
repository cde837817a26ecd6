// Limits of execution: which one it was, of which call, and where the guest was.
import { compileFile, instantiate } from "runtime:wasm";
import { busy, equal, ok, rejects, test, ticks } from "./check.js";

const basic = await compileFile("./wasm/basic.wasm");
const host = await compileFile("./wasm/host.wasm");
const hostile = await compileFile("./wasm/hostile.wasm");
const wasi = await compileFile("./wasm/wasi.wasm");
const startSpin = await compileFile("./wasm/start_spin.wasm");

function imports(env) {
  const defaults = { add: (a, b) => BigInt(a) + b, none: () => {}, pair: (x) => [1, x], deeper: (n) => n, start: 7, state: 40n };
  return { env: { ...defaults, ...env } };
}

/** On a busy machine the guest's thread may be too late to tell its stack: so it is asked for several times. */
async function withStack(fail) {
  for (let i = 0; i < 50; i++) {
    const error = await fail();
    if (error.guestStack !== undefined) return error;
  }
  throw new Error("there never was a stack");
}

/** A bound for each limit. That of time is one that what ends by itself keeps on a busy machine, too. */
const limits = {
  time: [{ timeoutMs: 300 }, "300 ms"],
  cpu: [{ cpuMs: 20 }, "20 ms"],
};

for (const [limit, [bound, said]] of Object.entries(limits)) {
  test(`${limit}: a call that runs on says which limit it was, of which call, and where it was`, async () => {
    const error = await withStack(async () => {
      const instance = await instantiate(basic);
      const error = await rejects(instance.callWith(bound, "spin"), 5011, said, '"spin"');
      equal([error.limit, error.call, error.trap], [limit, { name: "spin", args: [] }, undefined]);
      await instance.drop();
      return error;
    });
    equal(error.guestStack, ["spin"]);
  });

  test(`${limit}: so do the limit of the instance, a batch, an export, and a restart`, async () => {
    const instance = await instantiate(basic, { limits: bound, restart: { on: ["timeout"], backoffMs: 0, max: 100 } });
    for (const request of [
      () => instance.call("spin"), () => instance.exports.spin(), () => instance.callBatch([["add", 1, 2], ["spin"], ["next"]]),
      () => instance.callWith({}, "spin"),
    ]) {
      const error = await rejects(request, 5011, said, "is to be restarted");
      equal([error.limit, error.call], [limit, { name: "spin", args: [] }]);
      equal(await instance.call("add", 1, 2), [3]);
    }
    const { restarts } = await instance.stats();
    equal(restarts.map(({ reason }) => reason), Array(4).fill("timeout"));
    await withStack(() => rejects(instance.call("spin"), 5011));
    await instance.drop();
  });

  test(`${limit}: a start function that runs on is 5011 with the limit`, async () => {
    const error = await withStack(() => rejects(instantiate(startSpin, { limits: bound }), 5011, said));
    equal([error.limit, error.call, error.guestStack.length], [limit, undefined, 1]);
  });

  test(`${limit}: closed and what is asked later say so`, async () => {
    const instance = await instantiate(basic, { limits: bound });
    await rejects(instance.call("spin"), 5011);
    const closed = await instance.closed;
    equal(closed.reason, "timeout");
    ok(closed.message.includes(limit === "cpu" ? "used more processor time" : "ran longer"), closed.message);
    await rejects(instance.call("next"), 5005, closed.message);
    await instance.drop();
  });
}

test("arguments are told as the guest got them, whoever answers", async () => {
  for (let i = 0; i < 3; i++) {
    const instance = await instantiate(hostile, {});
    const error = await rejects(instance.callWith({ timeoutMs: 5 }, "recurse", 60), 5011);
    equal(error.call, { name: "recurse", args: [60] });
    await instance.drop();
  }
  const asleep = await instantiate(host, { imports: imports({ pair: () => new Promise(() => {}) }) });
  equal((await rejects(asleep.callWith({ timeoutMs: 5 }, "pair", 1.5), 5011)).call, { name: "pair", args: [1.5] });
  await asleep.drop();
});

test("fuel says that it was fuel", async () => {
  const instance = await instantiate(basic, { limits: { fuel: 1000 } });
  for (const request of [() => instance.call("spin"), () => instance.callWith({ fuel: 10 }, "spin")]) {
    const error = await rejects(request, 5011);
    equal([error.limit, error.call.name], ["fuel", "spin"]);
  }
  equal((await rejects(instance.callBatch([["spin"]]), 5011)).limit, "fuel");
  await instance.drop();
  equal((await rejects(instantiate(startSpin, { limits: { fuel: 1000 } }), 5011)).limit, "fuel");
});

test("a guest that waits for a host function or sleeps tells where", async () => {
  const waiting = await withStack(async () => {
    const instance = await instantiate(host, { imports: imports({ deeper: () => new Promise(() => {}) }) });
    const error = await rejects(instance.callWith({ timeoutMs: 20 }, "deeper", 5), 5011);
    equal([error.limit, error.call], ["time", { name: "deeper", args: [5] }]);
    await instance.drop();
    return error;
  });
  equal(waiting.guestStack, ["deeper"]);
  for (const [options, name, ...args] of [[{}, "sleep_an_hour"], [{ stdin: "piped" }, "read", 0]]) {
    const asleep = await withStack(async () => {
      const instance = await instantiate(wasi, options);
      const error = await rejects(instance.callWith({ timeoutMs: 20 }, name, ...args), 5011);
      equal([error.limit, error.call], ["time", { name, args }]);
      await instance.drop();
      return error;
    });
    equal(asleep.guestStack, [name]);
  }
});

test("a guest that is called by its own handler tells of all that wait", async () => {
  const error = await withStack(async () => {
    let inner;
    const instance = await instantiate(host, {
      imports: imports({
        deeper(n) {
          if (n === 0) return new Promise(() => {});
          inner = this.call("deeper", n - 1).then(() => "answered", ({ code }) => code);
          return inner;
        },
      }),
    });
    const error = await rejects(instance.callWith({ timeoutMs: 500 }, "deeper", 2), 5011);
    equal([error.call.args, await inner], [[2], 5005]);
    await instance.drop();
    return error;
  });
  equal(error.guestStack, ["deeper", "deeper", "deeper"]);
});

test("time that passes while the guest waits is no processor time", async () => {
  const instance = await instantiate(host, {
    limits: { cpuMs: 200 },
    imports: imports({ deeper: async (n) => (await ticks(300), n) }),
  });
  equal(await instance.call("deeper", 1), [1]);
  equal(await instance.callWith({ cpuMs: 150 }, "deeper", 2), [2]);
  await instance.drop();
  const sleeper = await instantiate(wasi, { limits: { cpuMs: 50, timeoutMs: 400 } });
  equal((await rejects(sleeper.call("sleep_an_hour"), 5011)).limit, "time");
  await sleeper.drop();
});

test("each request has the whole of its processor time, and not less", async () => {
  const instance = await instantiate(basic, { limits: { cpuMs: 2000 } });
  const { cpuMs: before } = await instance.stats();
  for (let i = 0; i < 3; i++) await instance.call("count_to", 20_000_000);
  await instance.drop();
  const limited = await instantiate(basic, { limits: { cpuMs: 60 } });
  await rejects(limited.call("spin"), 5011, "60 ms");
  await limited.closed;
  ok(before < 2000);
});

test("guests that share the processor with many others use no more than their own time", async () => {
  // Fewer processors than guests: each gets a part of one, and has all of its limit all the same.
  const busyOnes = [];
  for (let i = 0; i < 6; i++) busyOnes.push(await instantiate(basic));
  const spinning = busyOnes.map((one) => one.call("spin").catch(() => {}));
  await busy(...busyOnes);
  const honest = await instantiate(basic);
  const started = performance.now();
  equal(await honest.callWith({ cpuMs: 10_000 }, "count_to", 5_000_000), [5_000_000]);
  const { cpuMs } = await honest.stats();
  const wall = performance.now() - started;
  // What it used is far less than what passed, and all that counts.
  ok(cpuMs < 10_000 && cpuMs < wall + 1, `${cpuMs} of ${wall}`);
  const greedy = await instantiate(basic);
  const error = await rejects(greedy.callWith({ cpuMs: 20 }, "spin"), 5011, "20 ms");
  equal(error.limit, "cpu");
  await Promise.all([...busyOnes, honest, greedy].map((one) => one.drop()));
  await Promise.all(spinning);
});

test("the tighter of two limits counts, and cpuMs is checked as timeoutMs is", async () => {
  for (const [options, call, limit] of [
    [{ cpuMs: 10 }, { cpuMs: 60_000 }, "cpu"], [{ cpuMs: 60_000 }, { cpuMs: 10 }, "cpu"],
    [{ cpuMs: 10, timeoutMs: 60_000 }, {}, "cpu"], [{ cpuMs: 60_000, timeoutMs: 300 }, {}, "time"],
  ]) {
    const instance = await instantiate(basic, { limits: options });
    const error = await rejects(instance.callWith(call, "spin"), 5011, limit === "time" ? " 300 ms" : " 10 ms");
    equal(error.limit, limit);
    await instance.drop();
  }
  for (const cpuMs of [0, -1, NaN, Infinity, "5", null]) {
    await rejects(instantiate(basic, { limits: { cpuMs } }), 5007, "options.limits.cpuMs");
    const instance = await instantiate(basic);
    await rejects(instance.callWith({ cpuMs }, "next"), 5007, "options.cpuMs");
    await instance.drop();
  }
  for (const cpuMs of [2 ** 31, 2 ** 53, 1e30, Number.MAX_VALUE]) {
    const instance = await instantiate(basic, { limits: { cpuMs } });
    equal(await instance.callWith({ cpuMs }, "next"), [1]);
    await instance.drop();
  }
  const tiny = await instantiate(basic);
  equal((await rejects(tiny.callWith({ cpuMs: 1e-7 }, "spin"), 5011, "0.000001 ms")).limit, "cpu");
  await tiny.drop();
});

test("a guest that is at one long instruction is answered for without its stack, and ends soon", async () => {
  const instance = await instantiate(hostile, {});
  const error = await rejects(instance.callWith({ timeoutMs: 20 }, "fill_forever"), 5011);
  equal([error.limit, error.call.name], ["time", "fill_forever"]);
  await instance.drop();
});

test("a stop that comes during the answer to a limit changes nothing of it", async () => {
  for (let i = 0; i < 20; i++) {
    const instance = await instantiate(basic, i % 2 === 0 ? {} : { restart: { backoffMs: 0 } });
    const call = instance.callWith({ timeoutMs: 5 }, "spin").then(() => 0, (error) => error);
    await new Promise((resolve) => setTimeout(resolve, 4 + i % 4));
    await Promise.all([instance.terminate("late"), instance.drop()]);
    const { code, limit } = await call;
    // On a busy machine the stop may come before the call has its turn.
    ok(code === 5011 ? limit === "time" : [5002, 5005].includes(code), `${code} ${limit}`);
  }
});
