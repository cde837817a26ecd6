// The peer of bench/main.js: the same work with node's worker_threads. Prints one JSON object, times in microseconds.
import { readFileSync } from "node:fs";
import { call, now, sleep, spawn, timed } from "./node_worker.mjs";

const [wasm, scale = "1"] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(wasm));
const times = (count) => Math.max(3, Math.round(count * Number(scale)));
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];

async function sample(count, work) {
  const list = [];
  for (let i = 0; i < count; i++) list.push(await timed(work));
  return median(list);
}

const out = {};
const worker = await spawn(module);
await sample(200, () => call(worker, "add", 1, 2));
out.callMicros = await sample(times(3000), () => call(worker, "add", 1, 2));
await worker.terminate();

const workers = [];
out.spawnMicros = await sample(times(20), async () => {
  const worker = await spawn(module);
  await call(worker, "add", 1, 2);
  workers.push(worker);
});
for (const worker of workers.splice(0)) await worker.terminate();

const idle = times(20);
const before = process.memoryUsage.rss();
for (let i = 0; i < idle; i++) workers.push(await spawn(module));
out.idleBytes = (process.memoryUsage.rss() - before) / idle;
for (const worker of workers.splice(0)) await worker.terminate();

out.stops = [];
for (let i = 0; i < times(100); i++) {
  const spinning = await spawn(module);
  spinning.postMessage({ name: "spin", args: [] });
  await sleep(5);
  const from = now();
  await spinning.terminate();
  out.stops.push(now() - from);
}
console.log(JSON.stringify(out));
