import { compileFile, instances, instantiate } from "runtime:wasm";
import { equal, ok, test, ticks } from "./check.js";

const host = await compileFile("./wasm/host.wasm");
const startCalls = await compileFile("./wasm/start_calls.wasm");
const gate = await compileFile("./wasm/gate.wasm");

const ROUNDS = 30;

/** Holds the event loop up: guests go on meanwhile, and what they call lies in line. */
function holdUp(ms) {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

function guestOf(handlers, options) {
  const env = { add: (a, b) => BigInt(a) + b, none() {}, pair: (x) => [1, x], deeper: (n) => n, start: 7, state: 0n };
  return instantiate(host, { ...options, imports: { env: { ...env, ...handlers } } });
}

const ended = (call) => call.then(() => "resolved", (error) => error);

/** How a guest is stopped, and how its call is made so that it can be. */
const manners = {
  "terminate()": { stop: (guest) => guest.terminate() },
  "drop()": { stop: (guest) => guest.drop() },
  "the signal of callWith": {
    call: (guest, controller, name) => guest.callWith({ signal: controller.signal }, name, 1),
    stop: (_guest, controller) => controller.abort(),
  },
  "the signal of the instance": {
    options: (controller) => ({ signal: controller.signal }),
    stop: (_guest, controller) => controller.abort(),
  },
};

const kinds = { sync: (n) => n, async: async (n) => n };

for (const [manner, { stop, options, call }] of Object.entries(manners)) {
  for (const [kind, answer] of Object.entries(kinds)) {
    test(`after ${manner} no handler begins whose call was in line, ${kind}`, async () => {
      const other = await guestOf({});
      for (let round = 0; round < ROUNDS; round++) {
        let stopped = false;
        const begun = [];
        const deeper = (n) => {
          if (stopped) begun.push(n);
          return answer(n);
        };
        const made = await Promise.all([0, 1, 2].map(async (number) => {
          const controller = new AbortController();
          return [await guestOf({ deeper }, options?.(controller)), controller, number];
        }));
        const calls = made.map(([guest, controller, number]) => {
          if (call !== undefined) return ended(call(guest, controller, "deeper"));
          return ended(number === 2 ? guest.callBatch([["double", 1], ["deeper", 1]]) : guest.call("deeper", 1));
        });
        // What they call is still in line, or it is told of in the very turn in which they are stopped.
        if (round % 2 === 0) holdUp(2);
        else await other.call("double", 1);
        const ends = made.map(([guest, controller]) => stop(guest, controller));
        stopped = true;
        await Promise.all([...calls, ...ends]);
        // A call that was over before has left its guest alive, if the signal was the call's alone.
        await Promise.all(made.map(([guest]) => guest.drop().catch(({ code }) => equal(code, 5005))));
        equal(begun, [], `round ${round}`);
      }
      await other.drop();
    });
  }
}

test("a call from within a handler is in line, and so is what it calls: it does not begin either", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    let [depth, again, signal] = [0];
    let entered;
    const inside = new Promise((resolve) => (entered = resolve));
    const guest = await guestOf({
      async deeper(n) {
        if (depth++ > 0) return n;
        [again, signal] = [ended(this.call("deeper", 2)), this.signal];
        entered();
        await again;
        return n;
      },
    });
    const call = ended(guest.call("deeper", 1));
    await inside;
    holdUp(2);
    const end = guest.terminate();
    equal(signal.aborted, true);
    equal((await call).code, 5002);
    await end;
    equal([depth, (await again).code], [1, 5005]);
  }
});

test("a handler that runs hears of the stop before terminate() has returned, and what it gives is dropped", async () => {
  let signal, finish;
  const guest = await guestOf({
    deeper() {
      signal = this.signal;
      return new Promise((resolve) => (finish = resolve));
    },
  });
  const call = ended(guest.call("deeper", 1));
  while (finish === undefined) await ticks(1);
  equal(signal.aborted, false);
  let heard = 0;
  signal.addEventListener("abort", () => heard++);
  const end = guest.terminate("enough");
  equal([signal.aborted, heard], [true, 1]);
  finish(5);
  equal((await call).code, 5002);
  await end;
  equal(heard, 1);
});

test("after an abort during a start function no handler of it begins", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const controller = new AbortController();
    let [aborted, begun] = [false, false];
    const none = () => (begun ||= aborted);
    const made = ended(instantiate(startCalls, { signal: controller.signal, imports: { env: { none } } }));
    // Until its thread is there, if it is not past its start function by then.
    for (let turn = 0; turn < round % 5; turn++) await null;
    holdUp(round % 3);
    controller.abort("changed my mind");
    aborted = true;
    equal(await made, "changed my mind");
    equal(begun, false, `round ${round}`);
  }
  while ((await instances()).some(({ module }) => module === startCalls)) await ticks(1);
});

for (const [what, options, call] of [
  ["the limit of the call", {}, (guest) => guest.callWith({ timeoutMs: 1 }, "deeper", 1)],
  ["the limit of the instance", { limits: { timeoutMs: 100 } }, (guest) => guest.call("deeper", 1)],
  ["a limit after which it is restarted", { restart: { backoffMs: 0 } }, (guest) => guest.callWith({ timeoutMs: 1 }, "deeper", 1)],
]) {
  test(`after ${what} no handler begins`, async () => {
    // How soon the guest gets to its call is the system's; so not every round need show it.
    let begun = 0;
    const rounds = 5;
    for (let round = 0; round < rounds; round++) {
      const before = begun;
      const guest = await guestOf({ deeper: (n) => (begun++, n) }, options);
      const outcome = ended(call(guest));
      holdUp(300);
      const { code } = await outcome;
      if (begun === before) equal(code, 5011);
      await guest.drop().catch(() => {});
    }
    ok(begun < rounds, "each handler began 200 ms after its guest had been stopped");
  });
}

test("what a guest that was restarted calls begins, what its predecessor called does not", async () => {
  const begun = [];
  const instance = await instantiate(gate, { restart: { max: 100, backoffMs: 0 }, imports: { env: { gate: () => void begun.push(1) } } });
  for (let round = 0; round < 10; round++) {
    const call = ended(instance.callWith({ timeoutMs: 1 }, "wait"));
    holdUp(50);
    await call;
    begun.length = 0;
    equal(await instance.call("wait"), []);
    equal(begun.length, 1, `round ${round}`);
  }
  await instance.drop();
});
