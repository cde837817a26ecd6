// The longest gap of a timer of 1 ms while an app handles what is as large as a guest can make it. Prints one JSON object: for each
// kind of work, the gaps of its rounds in milliseconds. bench/run.mjs shows them; tests/event_loop.rs holds them to a bound, and
// names a folder of many files as well.
import { args, readDir } from "runtime:app";
import { compile, compileFile, dropModule, inspect, instantiate } from "runtime:wasm";

const rounds = Number(args[0] ?? "5");

/** A number as WebAssembly writes it (LEB128). */
function leb(number) {
  const bytes = [];
  for (; number >= 128; number = Math.floor(number / 128)) bytes.push((number % 128) | 128);
  return [...bytes, number];
}

function module(...sections) {
  const bytes = [0, 97, 115, 109, 1, 0, 0, 0];
  for (const [id, content] of sections) {
    bytes.push(id, ...leb(content.length));
    for (const byte of content) bytes.push(byte);
  }
  return new Uint8Array(bytes);
}

/** `count` exports of one function, with names of `length` bytes, and eight parameters and two results. */
function exporting(count, length) {
  const list = leb(count);
  for (let index = 0; index < count; index++) {
    const name = nameOf(index, length);
    list.push(...leb(name.length));
    for (let place = 0; place < name.length; place++) list.push(name.charCodeAt(place));
    list.push(0, 0);
  }
  const type = [1, 96, 8, 127, 126, 125, 124, 127, 126, 125, 124, 2, 127, 126];
  return module([1, type], [3, [1, 0]], [7, list], [10, [1, 6, 0, 65, 0, 66, 0, 11]]);
}

/** `count` imports of functions that take and give nothing. */
function importing(count, length) {
  const list = leb(count);
  for (let index = 0; index < count; index++) {
    const name = nameOf(index, length);
    list.push(1, 101, ...leb(name.length));
    for (let place = 0; place < name.length; place++) list.push(name.charCodeAt(place));
    list.push(0, 0);
  }
  return module([1, [1, 96, 0, 0]], [2, list]);
}

const nameOf = (index, length) => String(index).padStart(length, "n");

const text = (name) => [name.length, ...Array.from(name, (_, place) => name.charCodeAt(place))];

/** A module with functions of bytes (docs/plugins.md): `same` gives what it is given, in place. It has room for 64 MiB. */
function exchanging() {
  const types = [3, 96, 1, 127, 1, 127, 96, 2, 127, 127, 0, 96, 2, 127, 127, 1, 126];
  const exports = [4, ...text("memory"), 2, 0, ...text("alloc"), 0, 0, ...text("release"), 0, 1, ...text("same"), 0, 2];
  // i32.const 1024; nothing; the place and the length in one i64.
  const bodies = [[0, 0x41, 0x80, 8, 11], [0, 11], [0, 0x20, 0, 0xad, 0x42, 32, 0x86, 0x20, 1, 0xad, 0x84, 11]];
  const code = [3, ...bodies.flatMap((body) => [body.length, ...body])];
  return module([1, types], [3, [3, 0, 1, 2]], [5, [1, 0, ...leb(1025)]], [7, exports], [10, code]);
}

/** A module of so many bytes, most of them data. */
function large(length) {
  const head = module([1, [1, 96, 0, 0]], [3, [1, 0]], [7, [1, 1, 102, 0, 0]], [10, [1, 2, 0, 11]]);
  const section = [0, ...leb(length + 2), 1, 97];
  const bytes = new Uint8Array(head.length + section.length + length);
  bytes.set(head);
  bytes.set(section, head.length);
  return bytes;
}

const gaps = {};

/** Runs the work and takes the longest time between two turns of a timer meanwhile. */
async function measure(name, work) {
  gaps[name] = [];
  const kept = [];
  for (let round = 0; round < rounds; round++) {
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }, 1);
    const made = await work();
    // The gap that the work has left behind ends with the next turn.
    await new Promise((resolve) => setTimeout(resolve, 2));
    clearInterval(timer);
    kept.push(made);
    gaps[name].push(Number(longest.toFixed(2)));
  }
  // Only now: to free what an app has been given takes time as well.
  kept.length = 0;
}

const idle = () => new Promise((resolve) => setTimeout(resolve, 50));
const MiB = 2 ** 20;
const at = exporting(10_000, 90);
const over = exporting(100_000, 8);
const huge = large(32 * MiB);
const id = await compile(at);
const instance = await instantiate(id);
const memory = (await instantiate(await compile(module([5, [1, 0, ...leb(512)]], [7, [1, 3, 109, 101, 109, 2, 0]])))).memory;
const wanting = await compile(importing(10_000, 90));
const imports = { e: Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [nameOf(index, 90), () => {}])) };
const part = new Uint8Array(16 * MiB).fill(1);
const guest = await instantiate(await compile(exchanging()));
const all = new Uint8Array(64 * MiB).fill(1);
const words = "ä".repeat(4 * MiB);

await measure("idle", idle);
await measure("compile at the bounds", async () => await dropModule(await compile(at)));
await measure("compile beyond them", () => compile(over).catch(() => {}));
await measure("compile 32 MiB", async () => await dropModule(await compile(huge)));
await measure("compileFile 32 MiB", async () => await dropModule(await compileFile("./large.wasm")));
await measure("inspect", () => inspect(id));
await measure("getExports", () => instance.getExports());
await measure("instantiate", async () => await (await instantiate(id)).drop());
await measure("instantiate with imports at the bounds", async () => await (await instantiate(wanting, { imports })).drop());
await measure("read 16 MiB", () => memory.read(0, 16 * MiB));
await measure("read 16 MiB, 8 at once", () => Promise.all(Array.from({ length: 8 }, () => memory.read(0, 16 * MiB))));
await measure("write 16 MiB", () => memory.write(0, part));
await measure("write 16 MiB, 8 at once", () => Promise.all(Array.from({ length: 8 }, () => memory.write(0, part))));
await measure("callBytes, 64 MiB each way", () => guest.callBytes("same", all));
await measure("callText, 8 MiB each way", () => guest.callText("same", words));
await measure("read a file of 32 MiB", async () => {
  const { body } = await fetch(new URL("./large.wasm", import.meta.url));
  for await (const _ of body);
});
if (args[1] !== undefined) await measure("names in a folder", () => readDir(args[1]));
await measure("import 300 KB of TypeScript", () => import("./large.ts?" + Math.random()));
console.log(JSON.stringify(gaps));
