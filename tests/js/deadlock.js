// A handler that awaits a call of the instance which waits for that handler would wait for ever: that is found, and nothing else is
// taken for it.
import { call, compileFile, instances, instantiate } from "runtime:wasm";
import { equal, ok, rejects, test, ticks } from "./check.js";

const host = await compileFile("./wasm/host.wasm");
const startCalls = await compileFile("./wasm/start_calls.wasm");

function imports(env) {
  const defaults = { add: (a, b) => BigInt(a) + b, none: () => {}, pair: (x) => [1, x], deeper: (n) => n, start: 7, state: 40n };
  return { env: { ...defaults, ...env } };
}

const make = (env, options) => instantiate(host, { ...options, imports: imports(env) });

const says = [5002, "would never be answered", "waits for the handler that awaits it", "this.call"];

/** Every way to call the instance, each with what the message calls it. */
const ways = {
  "call()": [(i) => i.call("double", 3), '"double"'],
  "the low-level call()": [(i) => call(i.id, "double", [3]), '"double"'],
  "callWith()": [(i) => i.callWith({}, "double", 3), '"double"'],
  "callBatch()": [(i) => i.callBatch([["double", 3]]), "a batch"],
  exports: [(i) => i.exports.double(3), '"double"'],
  "run()": [(i) => i.run(), '"_start"'],
};

for (const [name, [request, called]] of Object.entries(ways)) {
  test(`a handler that awaits ${name} of its own instance gets an error that says what to do`, async () => {
    const seen = [];
    const instance = await make({
      async deeper(n) {
        seen.push(await rejects(request(instance), ...says, called, '"worker"', `(${instance.id})`));
        const [twice] = await this.call("double", n);
        return twice;
      },
    }, { name: "worker" });
    equal(await instance.call("deeper", 4), [8]);
    equal(seen.length, 1);
    // What was taken out of the mailbox has not run, and the instance goes on.
    equal((await instance.stats()).calls, 2);
    equal(await instance.call("double", 4), [8]);
    await instance.drop();
  });
}

/** Every way in which a handler may wait for a promise. */
const waits = {
  "a return": (i) => i.exports.double(3),
  "an async return": async (i) => i.exports.double(3),
  "an await after others": async (i) => {
    await ticks(2);
    await null;
    return (await i.call("double", 3))[0];
  },
  "then()": (i) => i.call("double", 3).then(([n]) => n),
  "Promise.all()": async (i) => (await Promise.all([i.call("double", 3), i.call("double", 4)]))[0][0],
  "a promise of its own": (i) => new Promise((resolve, reject) => i.call("double", 3).then(([n]) => resolve(n), reject)),
  "a timer": (i) => new Promise((resolve, reject) => setTimeout(() => i.exports.double(3).then(resolve, reject), 1)),
  "a call that was made before": async (i) => {
    const [early] = [i.exports.double(3)];
    await ticks(3);
    return await early;
  },
  "a function of its own": async (i) => {
    const helper = async () => (await i.call("double", 3))[0];
    return await helper();
  },
};

for (const [name, wait] of Object.entries(waits)) {
  test(`a handler that waits by ${name} is found out`, async () => {
    const instance = await make({ deeper: () => wait(instance) });
    const error = await rejects(instance.call("deeper", 1), 5002, '"env" "deeper" threw');
    equal([error.cause.code, error.cause.message.includes("would never be answered")], [5002, true]);
    equal(await instance.call("double", 1), [2]);
    await instance.drop();
  });
}

test("two instances whose handlers call each other are found out, and so is one among three", async () => {
  for (const count of [2, 3]) {
    const all = [];
    for (let i = 0; i < count; i++) {
      all.push(await make({ deeper: async (n) => (await all[(i + 1) % count].call("deeper", n + 1))[0] }));
    }
    let error = await rejects(all[0].call("deeper", 0), 5002, "threw");
    while (error.cause !== undefined) error = error.cause;
    ok(error.message.includes("waits, by way of others, for the handler that awaits it"), error.message);
    for (const one of all) equal(await one.call("double", 1), [2]);
    for (const one of all) await one.drop();
  }
});

test("a handler within a handler waits for the instance, too", async () => {
  const instance = await make({
    async deeper(n) {
      return n === 0 ? (await instance.call("double", 3))[0] : (await this.call("deeper", n - 1))[0];
    },
  });
  let error = await rejects(instance.call("deeper", 2), 5002);
  while (error.cause !== undefined) error = error.cause;
  ok(error.message.includes("would never be answered"), error.message);
  await instance.drop();
});

test("a start function's handler that calls its instance by id is found out", async () => {
  const error = await rejects(instantiate(startCalls, {
    imports: { env: { async none() {
      const { id } = (await instances()).find(({ module }) => module === startCalls);
      await call(id, "nothing");
    } } },
  }), 5001, "threw");
  ok(error.cause.message.includes("would never be answered"), error.cause.message);
});

test("a call of others waits its turn, though it is made while the instance waits", async () => {
  let answer;
  const instance = await make({ deeper: () => new Promise((resolve) => (answer = resolve)) });
  const outer = instance.call("deeper", 1);
  while (answer === undefined) await ticks(1);
  const later = [instance.call("double", 3), instance.callBatch([["double", 4]]), instance.exports.double(5)];
  let settled = false;
  Promise.allSettled(later).then(() => (settled = true));
  await ticks(5);
  ok(!settled, "it has been answered too early");
  answer(9);
  equal(await outer, [9]);
  equal(await Promise.all(later), [[6], [[8]], 10]);
  await instance.drop();
});

test("a call that the handler does not wait for has its turn, whatever the handler awaits meanwhile", async () => {
  const made = [];
  const instance = await make({
    none() {
      made.push(instance.call("double", 1).then(([n]) => n));
    },
    async pair(x) {
      made.push(instance.exports.double(2));
      await this.memory.read(0, 1);
      await ticks(3);
      return [1, x];
    },
    async deeper(n) {
      // Somebody else waits for it.
      handed(instance.call("double", 3));
      await ticks(3);
      return n;
    },
  });
  let handed;
  const third = new Promise((resolve) => (handed = (promise) => resolve([promise])));
  equal(await instance.call("none"), []);
  equal(await instance.call("pair", 2.5), [1, 2.5]);
  const outer = instance.call("deeper", 7);
  const [promise] = await third;
  equal([await outer, await promise, ...await Promise.all(made)], [[7], [6], 2, 4]);
  await instance.drop();
});

test("a handler that calls another instance, or is over when it calls its own, is no deadlock", async () => {
  const other = await make({ deeper: async (n) => (await third.call("double", n))[0] });
  const third = await make({});
  let late;
  const instance = await make({
    deeper: async (n) => (await other.call("deeper", n))[0],
    none() {
      late = (async () => {
        await ticks(3);
        return await instance.call("double", 8);
      })();
    },
  });
  equal(await instance.call("deeper", 4), [8]);
  equal(await instance.call("none"), []);
  equal(await late, [16]);
  for (const one of [instance, other, third]) await one.drop();
});

test("what would wait for itself does not hold up what is asked after it, and its promise is a promise", async () => {
  let found;
  const instance = await make({
    async deeper(n) {
      const promise = instance.call("double", 3);
      found = [promise instanceof Promise, promise.constructor === Promise, Object.keys(promise)];
      const after = this.memory.size();
      await promise.catch(() => {});
      return n + await after;
    },
  });
  const outer = instance.call("deeper", 1);
  const later = instance.call("double", 10);
  equal([await outer, await later, found], [[2], [20], [true, true, []]]);
  await instance.drop();
});

test("a full mailbox, a drop and a time limit leave nothing behind of a call that waits for itself", async () => {
  const full = await make({ deeper: async () => (await full.call("double", 3))[0] }, { limits: { mailbox: 1 } });
  const [outer, waiting] = [full.call("deeper", 1), full.call("double", 2)];
  await rejects(outer, 5002);
  equal(await waiting, [4]);
  await full.drop();
  const dropped = await make({
    async deeper() {
      const inner = rejects(dropped.call("double", 3), 5005);
      await dropped.drop();
      await inner;
      return 1;
    },
  });
  await rejects(dropped.call("deeper", 1), 5002, "dropped");
  await dropped.closed;
  const timed = await make({ deeper: async () => (await timed.call("double", 3))[0] });
  ok([5002, 5011].includes((await timed.callWith({ timeoutMs: 1 }, "deeper", 1).catch((error) => error)).code));
  await timed.drop();
});

test("a wrong argument is 5007 within a handler as well", async () => {
  const instance = await make({
    async deeper(n) {
      await rejects(instance.call(5), 5007, "name must be a string");
      await rejects(instance.callWith({ cpu: 1 }, "double", 1), 5007, "cpu");
      await rejects(instance.callBatch([[1]]), 5007, "calls[0][0]");
      return n;
    },
  });
  equal(await instance.call("deeper", 5), [5]);
  await instance.drop();
});
