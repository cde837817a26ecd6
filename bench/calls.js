// What a call costs, and what memory costs, beside the least that the same JavaScript could cost: an async function that does nothing, and a
// plain copy. Prints one JSON object: for each kind of work the microseconds that one of it took, one figure a round. Its arguments are the
// number of rounds, a scale for how often each is done, and the names of the kinds, all if there are none.
import { args } from "runtime:app";
import { compile, instantiate } from "runtime:wasm";

const rounds = Number(args[0] ?? "5");
const scale = Number(args[1] ?? "1");
const wanted = args.slice(2);
const MiB = 2 ** 20;

// (memory (export "memory") 512), (func (export "add") (param i32 i32) (result i32)), (func (export "none"))
const module = await compile(new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 10, 2, 96, 2, 127, 127, 1, 127, 96, 0, 0, 3, 3, 2, 0, 1, 5, 4, 1, 0, 128, 4, 7, 23, 3,
  6, 109, 101, 109, 111, 114, 121, 2, 0, 3, 97, 100, 100, 0, 0, 4, 110, 111, 110, 101, 0, 1, 10, 12, 2, 7, 0, 32, 0, 32, 1,
  106, 11, 2, 0, 11,
]));
const times = (count) => Math.max(1, Math.round(count * scale));
const now = () => performance.now() * 1000;
const figures = {};

/** The time of one of `count` things, in each round. */
async function measure(name, count, work) {
  if (wanted.length > 0 && !wanted.includes(name)) return;
  await work(times(count / 4));
  figures[name] = [];
  for (let round = 0; round < rounds; round++) {
    const many = times(count);
    const from = now();
    await work(many);
    figures[name].push(Number(((now() - from) / many).toFixed(3)));
  }
}

/** Does something `count` times, with so many under way at a time. */
async function inFlight(count, many, start) {
  for (let left = count; left > 0; left -= many) await Promise.all(Array.from({ length: Math.min(left, many) }, start));
}

const instance = await instantiate(module);
const { memory } = instance;
const nothing = async (_name, ...args) => args;

await measure("nothing, one at a time", 20_000, async (count) => {
  for (let i = 0; i < count; i++) await nothing("add", 1, 2);
});
await measure("nothing, 50 in flight", 20_000, (count) => inFlight(count, 50, () => nothing("add", 1, 2)));
await measure("one at a time", 20_000, async (count) => {
  for (let i = 0; i < count; i++) await instance.call("add", 1, 2);
});
await measure("by exports", 20_000, async (count) => {
  const { add } = instance.exports;
  for (let i = 0; i < count; i++) await add(1, 2);
});
await measure("50 in flight", 20_000, (count) => inFlight(count, 50, () => instance.call("add", 1, 2)));
await measure("5,000 in flight", 20_000, (count) => inFlight(count, 5000, () => instance.call("add", 1, 2)));
await measure("in a batch of 1,000", 100_000, async (count) => {
  for (let left = count; left > 0; left -= 1000) {
    await instance.callBatch(Array.from({ length: 1000 }, (_, i) => ["add", i, 2]));
  }
});
await measure("read 16 bytes", 20_000, async (count) => {
  for (let i = 0; i < count; i++) await memory.read(64, 16);
});
const few = new Uint8Array(16).fill(1);
await measure("write 16 bytes", 20_000, async (count) => {
  for (let i = 0; i < count; i++) await memory.write(64, few);
});

if (wanted.length === 0 || wanted.includes("100 instances")) {
  const crowd = [];
  for (let i = 0; i < 100; i++) crowd.push(await instantiate(module));
  await measure("100 instances", 20_000, async (count) => {
    for (let left = count; left > 0; left -= 100) await Promise.all(crowd.map((one) => one.call("add", 1, 2)));
  });
  for (const one of crowd) await one.drop();
}

const part = new Uint8Array(16 * MiB).fill(1);
const fresh = () => new Uint8Array(16 * MiB);
await memory.write(0, part);
await measure("plain copy of 16 MiB, to fresh memory", 20, async (count) => {
  for (let i = 0; i < count; i++) fresh().set(part);
});
const other = fresh();
await measure("plain copy of 16 MiB", 20, async (count) => {
  for (let i = 0; i < count; i++) other.set(part);
});
await measure("read 16 MiB", 20, async (count) => {
  for (let i = 0; i < count; i++) await memory.read(0, 16 * MiB);
});
await measure("write 16 MiB", 20, async (count) => {
  for (let i = 0; i < count; i++) await memory.write(0, part);
});
await instance.drop();
console.log(JSON.stringify(figures));
