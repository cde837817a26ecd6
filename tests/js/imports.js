import { compileFile, instantiate } from "runtime:wasm";
import { equal, ok, rejects, test, ticks } from "./check.js";

const host = await compileFile("./wasm/host.wasm");
const basic = await compileFile("./wasm/basic.wasm");

/** The imports of host.wat, with some replaced. */
function imports(env) {
  const defaults = {
    add: (a, b) => BigInt(a) + b, none: () => {}, pair: (x) => [1, x], deeper: (n) => n, start: 7, state: 40n,
  };
  return { env: { ...defaults, ...env } };
}

const make = (env, options) => instantiate(host, { ...options, imports: imports(env) });

test("functions, sync or async, and globals", async () => {
  const instance = await make({
    async pair(x) {
      await ticks(2);
      return new Set([Math.trunc(x), x]);
    },
  });
  equal(await instance.call("add", -3, 2n ** 40n), [2n ** 40n - 3n]);
  equal(await instance.call("none"), []);
  equal(await instance.call("pair", 2.5), [2, 2.5]);
  equal(await instance.call("globals"), [7, 41n]);
  equal(await instance.call("globals"), [7, 42n]);
  await instance.drop();
});

test("the event loop and other instances go on while a guest waits", async () => {
  let answer;
  const instance = await make({ deeper: () => new Promise((resolve) => (answer = resolve)) });
  const other = await instantiate(basic);
  const call = instance.call("deeper", 1);
  while (answer === undefined) await ticks(1);
  equal(await other.call("add", 1, 2), [3]);
  answer(5);
  equal(await call, [5]);
  await instance.drop();
  await other.drop();
});

test("what a handler throws or rejects with is the cause itself", async () => {
  for (const thrown of [new Error("boom"), "a text", undefined, null, 0, { toString: null }, Symbol("s")]) {
    const handlers = { none() { throw thrown; }, deeper: () => Promise.reject(thrown) };
    const instance = await make(handlers);
    for (const [name, ...args] of [["none"], ["deeper", 1]]) {
      const error = await rejects(instance.call(name, ...args), 5002, `"env" "${name}"`, "threw");
      ok("cause" in error && error.cause === thrown, "another cause");
    }
    equal(await instance.call("double", 4), [8]);
    await instance.drop();
  }
});

test("results of a wrong type or number are 5007 and name the import", async () => {
  const wrong = [
    ["add", [1, 1n], 1.5, "the result", "i64"], ["add", [1, 1n], undefined, "the result", "undefined"],
    ["pair", [1], [1], "2 values", "not 1"], ["pair", [1], 1, "2 values"], ["pair", [1], [1, 2, 3], "not 3"],
    ["pair", [1], [1, "x"], "result 2", "a string"], ["deeper", [1], [1], "the result", "an object"],
  ];
  for (const [name, args, result, ...parts] of wrong) {
    const instance = await make({ [name]: () => result });
    await rejects(instance.call(name, ...args), 5007, `"env" "${name}"`, ...parts);
    await instance.drop();
  }
});

test("of results without end no more are read than show that they are too many", async () => {
  let read = 0, closed = 0;
  function* endless() {
    try {
      for (;;) yield ++read;
    } finally {
      closed++;
    }
  }
  const instance = await make({ pair: endless });
  await rejects(instance.call("pair", 1), 5007, '"env" "pair" must return 2 values', "not 3 or more");
  equal([read, closed], [3, 1]);
  const sparse = await make({ pair: () => new Array(2 ** 32 - 1) });
  await rejects(sparse.call("pair", 1), 5007, "2 values");
  for (const one of [instance, sparse]) await one.drop();
});

test("a host function that fails is named, however the guest calls it", async () => {
  const failures = [[() => { throw new Error("boom"); }, 5002], [() => "no number", 5007], [() => Promise.reject(1), 5002]];
  for (const [deeper, code] of failures) {
    const instance = await make({ deeper });
    for (const name of ["deeper", "indirect", "tail"]) {
      const error = await rejects(instance.call(name, 3), code, '"env" "deeper"');
      equal([error.import, error.call], [{ module: "env", name: "deeper" }, { name, args: [3] }]);
      // A tail call leaves no frame.
      equal(error.guestStack?.length, name === "tail" ? undefined : 1);
    }
    await instance.drop();
  }
});

test("of guest, host, guest and host each tells its own failure", async () => {
  const seen = [];
  const thrown = new Error("innermost");
  const instance = await make({
    async deeper(n) {
      if (n === 0) throw thrown;
      seen.push(await rejects(this.call("trap"), 5002, "unreachable"));
      seen.push(await rejects(this.call("deeper", n - 1), 5002, '"env" "deeper" threw'));
      throw seen.at(-1);
    },
  });
  const error = await rejects(instance.call("deeper", 1), 5002, '"env" "deeper" threw');
  const [trap, inner] = seen;
  equal([trap.trap, trap.call.name, trap.import], ["unreachable", "trap", undefined]);
  equal(trap.guestStack[0], "trap");
  equal([inner.trap, inner.call.args, inner.import], [undefined, [0], { module: "env", name: "deeper" }]);
  ok(inner.cause === thrown, "another cause");
  equal([error.call.args, error.import], [[1], { module: "env", name: "deeper" }]);
  ok(error.cause === inner, "another cause");
  equal([error.guestStack.length, inner.guestStack.length, trap.guestStack.length], [1, 2, 2]);
  await instance.drop();
});

test("a handler reaches the guest that waits for it", async () => {
  let instance;
  let late;
  const seen = [];
  instance = await make({
    async deeper(n) {
      late = this;
      await this.memory.write(8, new Uint8Array([n, 2, 3]));
      seen.push(await instance.memory.read(8, 3), await this.memory.size(), (await instance.getExports()).length > 5);
      seen.push(this.instance === instance, this.signal.aborted);
      const [doubled] = await this.call("double", n);
      await rejects(this.call("trap"), 5002, "unreachable");
      await rejects(this.call("nothing"), 5003);
      await rejects(this.memory.read(0, 1e9), 5006);
      return doubled;
    },
  });
  equal(await instance.call("deeper", 21), [42]);
  equal(seen, [new Uint8Array([21, 2, 3]), 1, true, true, false]);
  await rejects(late.call("double", 1), 5005, "over");
  await instance.drop();
});

test("guest and host nest to a depth of 16", async () => {
  let deepest = 0;
  const instance = await make({
    async deeper(n) {
      deepest = Math.max(deepest, n);
      const [result] = await this.call("deeper", n + 1);
      return result;
    },
  });
  const error = await rejects(instance.call("deeper", 1), 5002, "threw");
  let inner = error;
  while (inner.cause !== undefined) inner = inner.cause;
  ok(inner.message.includes("16 deep"), inner.message);
  equal(deepest, 16);
  equal(await instance.call("double", 1), [2]);
  await instance.drop();
});

test("an instance that is called by its own handler waits its turn", async () => {
  let second;
  const instance = await make({
    none() {
      second = instance.call("double", 3);
    },
  });
  equal(await instance.call("none"), []);
  equal(await second, [6]);
  await instance.drop();
});

for (const [how, code, stop] of [
  ["drop", 5002, (instance) => instance.drop()],
  ["terminate", 5002, (instance) => instance.terminate("enough")],
]) {
  test(`${how} ends a guest whose handler never settles, and aborts its signal`, async () => {
    let signal;
    let late;
    const instance = await make({
      deeper() {
        signal = this.signal;
        late = this;
        return new Promise(() => {});
      },
    });
    const call = instance.call("deeper", 1);
    call.catch(() => {});
    while (signal === undefined) await ticks(1);
    const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
    await stop(instance);
    await rejects(call, code, "deeper");
    await aborted;
    await rejects(late.call("double", 1), 5005);
    await rejects(late.memory.read(0, 1), 5005);
  });
}

test("time limits and signals hold while a guest waits", async () => {
  const never = { deeper: () => new Promise(() => {}) };
  const timed = await make(never);
  await rejects(timed.callWith({ timeoutMs: 20 }, "deeper", 1), 5011, "20 ms");
  const controller = new AbortController();
  const reason = new Error("changed my mind");
  const aborted = await make({ deeper() { controller.abort(reason); return new Promise(() => {}); } });
  const caught = await aborted.callWith({ signal: controller.signal }, "deeper", 1).then(() => null, (error) => error);
  ok(caught === reason, "another reason");
});

test("missing and mistyped imports are all listed", async () => {
  const error = await rejects(
    instantiate(host, { imports: { env: { add: 5, none() {}, start: 1.5, pair() {}, unwanted() {} } } }), 5001,
    '"env" "add" is a value: expected a function (i32, i64) -> (i64)', '"env" "deeper" is missing',
    '"env" "state" is missing: expected a mutable global of type i64', '"env" "start" must be an integer',
  );
  ok(!error.message.includes('"pair"') && !error.message.includes("unwanted"), error.message);
});

test("what is no object is 5007 and named, and only what the module wants is looked at", async () => {
  const shapes = [
    [5, "options.imports"], ["env", "options.imports", "a string"], [null, "options.imports", "null"], [Symbol("s"), "options.imports"],
    [{ env: 1 }, 'options.imports["env"]', "a number"], [{ env: null }, 'options.imports["env"]', "null"],
    [{ env: "functions" }, 'options.imports["env"]', "a string"],
  ];
  for (const [bad, ...parts] of shapes) await rejects(instantiate(host, { imports: bad }), 5007, ...parts);
  for (const empty of [{}, [], () => {}, { env: undefined }, { env: [] }, { env: {} }]) {
    await rejects(instantiate(host, { imports: empty }), 5001, '"env" "add" is missing', '"env" "start" is missing');
  }
  const wrong = { ...imports({}), other: 5, more: { f: "x" }, get nobody() { throw new Error("it was read"); } };
  wrong.env.unwanted = Symbol("unwanted");
  await (await instantiate(host, { imports: wrong })).drop();
});

test("what a getter or a proxy throws is the cause of an error that names the place", async () => {
  const thrown = new Error("mine");
  const refuses = { get() { throw thrown; } };
  const places = [
    [{ get env() { throw thrown; } }, 'options.imports["env"] cannot be read'],
    [new Proxy({}, refuses), 'options.imports["env"] cannot be read'],
    [{ env: { get add() { throw thrown; } } }, 'options.imports["env"]["add"] cannot be read'],
    [{ env: new Proxy(() => {}, refuses) }, 'options.imports["env"]["add"] cannot be read'],
  ];
  for (const [given, text] of places) {
    const error = await rejects(instantiate(host, { imports: given }), 5007, text);
    ok(error.cause === thrown);
  }
});
