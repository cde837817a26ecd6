// The peer: the same work with node's worker_threads. Prints one JSON object, times in microseconds.
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";

const [wasm, scale = "1"] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(wasm));
const times = (count) => Math.max(3, Math.round(count * Number(scale)));
const now = () => performance.now() * 1000;
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];

function spawn() {
  const worker = new Worker(new URL("./worker.mjs", import.meta.url), { workerData: { module } });
  return new Promise((resolve) => worker.once("message", () => resolve(worker)));
}

function call(worker, name, ...args) {
  return new Promise((resolve) => {
    worker.once("message", resolve);
    worker.postMessage({ name, args });
  });
}

async function sample(count, work) {
  const list = [];
  for (let i = 0; i < count; i++) {
    const from = now();
    await work();
    list.push(now() - from);
  }
  return median(list);
}

const out = {};
const worker = await spawn();
await sample(200, () => call(worker, "add", 1, 2));
out.callMicros = await sample(times(3000), () => call(worker, "add", 1, 2));
await worker.terminate();

const workers = [];
out.spawnMicros = await sample(times(20), async () => {
  const worker = await spawn();
  await call(worker, "add", 1, 2);
  workers.push(worker);
});
for (const worker of workers.splice(0)) await worker.terminate();

const idle = times(20);
const before = process.memoryUsage.rss();
for (let i = 0; i < idle; i++) workers.push(await spawn());
out.idleBytes = (process.memoryUsage.rss() - before) / idle;
for (const worker of workers.splice(0)) await worker.terminate();

const stops = [];
for (let i = 0; i < times(20); i++) {
  const spinning = await spawn();
  spinning.postMessage({ name: "spin", args: [] });
  await new Promise((resolve) => setTimeout(resolve, 5));
  const from = now();
  await spinning.terminate();
  stops.push(now() - from);
}
out.stopMicros = median(stops);
console.log(JSON.stringify(out));
