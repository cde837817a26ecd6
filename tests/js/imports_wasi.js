// Host functions beside WASI's, in start functions, in statistics, and after a restart.
import { compileFile, instances, instantiate } from "runtime:wasm";
import { collected, equal, ok, rejects, test, ticks } from "./check.js";

const both = await compileFile("./wasm/host_wasi.wasm");
const host = await compileFile("./wasm/host.wasm");
const env = { started: (n) => n + 1, log() {} };

test("WASI and host functions serve one guest", async () => {
  const logged = [];
  const instance = await instantiate(both, {
    stdout: "piped",
    imports: {
      env: {
        ...env,
        async log(pointer, length) {
          logged.push(new TextDecoder().decode(await this.memory.read(pointer, length)));
        },
      },
    },
  });
  equal(await instance.call("print"), [0]);
  equal(logged, ["guest\n"]);
  const reader = instance.stdout.getReader();
  equal(new TextDecoder().decode((await reader.read()).value), "guest\n");
  equal((await instance.stats()).hostCalls, 3);
  await instance.drop();
});

test("a host function takes the place of WASI's own of that name", async () => {
  const wasi = {
    async random_get(pointer) {
      await this.memory.write(pointer, new Uint8Array([7, 0, 0, 0]));
      return 0;
    },
  };
  const instance = await instantiate(both, { imports: { env, wasi_snapshot_preview1: wasi } });
  equal(await instance.call("random"), [7]);
  equal(await instance.call("print"), [0]);
  await instance.drop();
});

test("a start function may call a host function, which sees no instance yet", async () => {
  const seen = [];
  const started = async function (n) {
    await ticks(1);
    seen.push(this.instance);
    await rejects(this.call("print"), 5005, "start function");
    return n * 2;
  };
  const instance = await instantiate(both, { imports: { env: { ...env, started } } });
  equal([await instance.call("from_start"), seen], [[40], [undefined]]);
  await instance.drop();
  const thrown = new Error("not today");
  const failing = { ...env, started: () => Promise.reject(thrown) };
  const error = await rejects(instantiate(both, { imports: { env: failing } }), 5001, '"env" "started"', "not today");
  ok(error.cause === thrown, "another cause");
  equal([error.import, error.guestStack], [{ module: "env", name: "started" }, ["start"]]);
  const mistyped = { ...env, started: () => "no number" };
  const refused = await rejects(instantiate(both, { imports: { env: mistyped } }), 5007, '"env" "started"', "a string");
  equal([refused.import, refused.guestStack], [{ module: "env", name: "started" }, ["start"]]);
  const never = { ...env, started: () => new Promise(() => {}) };
  await rejects(instantiate(both, { imports: { env: never }, limits: { timeoutMs: 20 } }), 5011, "20 ms");
  const controller = new AbortController();
  const reason = new Error("no longer wanted");
  const aborting = { ...env, started: () => new Promise(() => controller.abort(reason)) };
  const making = instantiate(both, { imports: { env: aborting }, signal: controller.signal });
  ok(await making.then(() => null, (error) => error) === reason, "another reason");
});

test("a guest that waits says so, and answers all requests but calls", async () => {
  let answer;
  const handlers = {
    add: (a, b) => BigInt(a) + b, none() {}, pair: (x) => [1, x], start: 1, state: 2n,
    deeper: () => new Promise((resolve) => (answer = resolve)),
  };
  const instance = await instantiate(host, { limits: { fuel: 1_000_000 }, imports: { env: handlers } });
  const call = instance.call("deeper", 1);
  while (answer === undefined) await ticks(1);
  equal((await instance.stats()).state, "waiting");
  await rejects(instance.globals.get("nothing"), 5003);
  await rejects(instance.globals.set("nothing", 1), 5003);
  ok(await instance.addFuel(1) > 0n, "no fuel");
  const batch = instance.callBatch([["double", 2], ["double", 3]]);
  answer(5);
  equal(await call, [5]);
  equal(await batch, [[4], [6]]);
  equal((await instance.stats()).state, "idle");
  await instance.drop();
});

test("after a restart the imports are there again, and a handler of the life before has no effect", async () => {
  let hanging;
  const handlers = {
    add: (a, b) => BigInt(a) + b, none() {}, pair: (x) => [1, x], start: 1, state: 2n,
    deeper(n) {
      if (n > 0) return n === 9 ? "no number" : n;
      hanging = this;
      return new Promise(() => {});
    },
  };
  const instance = await instantiate(host, { imports: { env: handlers }, restart: { on: ["timeout", "trap"], backoffMs: 0 } });
  equal(await instance.call("globals"), [1, 3n]);
  equal(await instance.call("globals"), [1, 4n]);
  await rejects(instance.callWith({ timeoutMs: 20 }, "deeper", 0), 5011, "20 ms");
  equal(await instance.call("deeper", 4), [4]);
  equal(await instance.call("globals"), [1, 3n]);
  await rejects(hanging.call("double", 1), 5005);
  await rejects(instance.call("trap"), 5002);
  equal(await instance.call("add", 2, 3n), [5n]);
  await rejects(instance.call("deeper", 0.5), 5007, "parameter 1");
  equal((await instance.stats()).restarts.length, 2);
  // A result that is refused traps the guest.
  await rejects(instance.call("deeper", 9), 5007, "the result");
  equal(await instance.call("globals"), [1, 3n]);
  equal((await instance.stats()).restarts.length, 3);
  await instance.drop();
});

const lives = async (wanted) => (await instances()).some(({ name }) => name === wanted);

test("an instance with host functions that nobody refers to is dropped, and its functions go with it", async () => {
  let log = () => {};
  const reference = new WeakRef(log);
  const { closed } = await instantiate(both, { name: "forgotten", imports: { env: { ...env, log } } });
  log = undefined;
  await collected(async () => !await lives("forgotten") && reference.deref() === undefined);
  equal(await closed, { reason: "dropped" });
  ok(reference.deref() === undefined, "the function is still held");
});

test("who holds a function of a guest's holds the instance", async () => {
  const same = (value) => value;
  const module = await compileFile("./wasm/references.wasm");
  const made = async () => {
    const instance = await instantiate(module, { name: "owner", imports: { env: { extern: same, func: same, vector: same } } });
    return (await instance.call("get_add"))[0];
  };
  // In a function of its own: JavaScriptCore takes what it finds on a stack for a reference.
  const used = async () => {
    const add = await made();
    let rounds = 0;
    await collected(() => ++rounds > 1);
    equal(await add(2, 3), 5);
  };
  await used();
  await collected(async () => !await lives("owner"));
  ok(!await lives("owner"), "it was never collected");
});
