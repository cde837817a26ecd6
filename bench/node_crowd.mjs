// The peer of bench/crowd.js: the same load with node's worker_threads.
import { readFileSync } from "node:fs";
import { call, now, sleep, spawn, timed } from "./node_worker.mjs";

const [wasm, count] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(wasm));
const spinners = Number(count);

async function spinning() {
  const worker = await spawn(module);
  worker.postMessage({ name: "spin", args: [] });
  return worker;
}

const good = await spawn(module);
await call(good, "add", 1, 2);
const crowd = [];
for (let i = 0; i < spinners; i++) crowd.push(await spinning());
await sleep(2000);

const out = { timer: [], call: [], spawn: [], gone: [] };
for (let i = 0; i < 1500; i++) out.timer.push(await timed(() => sleep(1)) - 1000);
for (let i = 0; i < 300; i++) {
  out.call.push(await timed(() => call(good, "add", 1, 2)));
  if (i % 4 === 0) await sleep(1);
}
for (let i = 0; i < 5; i++) {
  let made;
  out.spawn.push(await timed(async () => {
    made = await spawn(module);
    await call(made, "add", 1, 2);
  }));
  await made.terminate();
}
for (let i = 0; i < Math.min(20, spinners); i++) {
  const worker = crowd.shift();
  out.gone.push(await timed(() => worker.terminate()));
}
console.log(JSON.stringify(out));
process.exit(0);
