import { compileFile, instances, instantiate } from "runtime:wasm";
import { busy, equal, ok, rejects, test, ticks } from "./check.js";

const hostile = await compileFile("./wasm/hostile.wasm");
const wasi = await compileFile("./wasm/wasi.wasm");
const startSpin = await compileFile("./wasm/start_spin.wasm");

const encoder = new TextEncoder();

/** A guest with a file of the preopen open for writing, and its descriptor. */
async function writer() {
  const guest = await instantiate(hostile, { preopens: { "/d": "./data" } });
  await guest.memory.write(4096, encoder.encode("written.txt"));
  const [fd] = await guest.call("open", 11, 1 | 8, 64n);
  ok(fd > 3, `opened as ${fd}`);
  return [guest, "write_forever", [fd]];
}

/** A guest in each state in which a guest can be, with a call that does not end by itself. */
const states = {
  "filling memory": async () => [await instantiate(hostile, {}), "fill_forever", []],
  "growing memory": async () => [await instantiate(hostile, {}), "grow_forever", []],
  recursing: async () => [await instantiate(hostile, {}), "recurse", [60]],
  "sleeping in poll_oneoff": async () => [await instantiate(wasi), "sleep_an_hour", []],
  "reading stdin": async () => [await instantiate(wasi, { inheritStdin: true }), "read", [0]],
  "writing a file": writer,
};

const manners = {
  "terminate()": async ([guest, name, args]) => {
    const running = guest.call(name, ...args);
    running.catch(() => {});
    await busy(guest);
    await guest.terminate("enough");
    await rejects(running, 5002, "terminated", "enough");
  },
  "drop()": async ([guest, name, args]) => {
    const running = guest.call(name, ...args);
    running.catch(() => {});
    await busy(guest);
    await guest.drop();
    await rejects(running, 5002, "dropped");
  },
  "an AbortSignal": async ([guest, name, args]) => {
    const controller = new AbortController();
    const caught = guest.callWith({ signal: controller.signal }, name, ...args).then(() => "resolved", (error) => error);
    await busy(guest);
    controller.abort("changed my mind");
    equal(await caught, "changed my mind");
  },
  "a deadline": async ([guest, name, args]) => {
    await rejects(guest.callWith({ timeoutMs: 10 }, name, ...args), 5011, "10 ms");
  },
};

for (const [state, make] of Object.entries(states)) {
  for (const [manner, stop] of Object.entries(manners)) {
    test(`a guest ${state} is stopped by ${manner}`, async () => {
      const made = await make();
      await stop(made);
      await rejects(made[0].call("ping"), 5005);
    });
  }
}

test("a start function that never ends is stopped by a deadline", async () => {
  await rejects(instantiate(startSpin, { limits: { timeoutMs: 10 } }), 5011, "10 ms");
});

test("a start function that never ends is stopped by a signal", async () => {
  const controller = new AbortController();
  const caught = instantiate(startSpin, { signal: controller.signal }).then(() => "made", (error) => error);
  while ((await instances()).every(({ module }) => module !== startSpin)) await ticks(1);
  controller.abort("changed my mind");
  equal(await caught, "changed my mind");
  while ((await instances()).some(({ module }) => module === startSpin)) await ticks(1);
});

test("a guest that traps again and again is stopped between two calls or in one", async () => {
  const guest = await instantiate(hostile, {});
  const codes = [];
  const loop = (async () => {
    for (;;) {
      const { code } = await guest.call("trap").catch((error) => error);
      codes.push(code);
      if (code === 5005) return;
    }
  })();
  while (codes.length < 3) await ticks(1);
  await guest.terminate();
  await loop;
  ok(codes.filter((code) => code === 5002).length > 0, "it never trapped");
});

test("many guests are stopped at once, and every call is answered", async () => {
  const guests = [];
  for (let i = 0; i < 20; i++) guests.push(await instantiate(hostile, {}));
  const calls = guests.map((guest) => guest.call("recurse", 60).then(() => 0, ({ code }) => code));
  await busy(...guests);
  await Promise.all(guests.map((guest) => guest.terminate()));
  equal(await Promise.all(calls), Array(20).fill(5002));
});
