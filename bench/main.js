// The figures of runtime:wasm. Prints one JSON object, times in microseconds; bench/run.mjs puts them beside node's.
import { args } from "runtime:app";
import { compileFile, instantiate } from "runtime:wasm";

const scale = Number(args[0] ?? "1");
const module = await compileFile("./bench.wasm");
const times = (count) => Math.max(3, Math.round(count * scale));
const now = () => performance.now() * 1000;
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];

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
const instance = await instantiate(module);
await sample(200, () => instance.call("add", 1, 2));
out.callMicros = await sample(times(3000), () => instance.call("add", 1, 2));
await instance.drop();

const instances = [];
out.spawnMicros = await sample(times(200), async () => {
  const instance = await instantiate(module);
  await instance.call("add", 1, 2);
  instances.push(instance);
});
for (const instance of instances.splice(0)) await instance.drop();

const stops = [];
for (let i = 0; i < times(200); i++) {
  const spinning = await instantiate(module);
  const call = spinning.call("spin").catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 2));
  const from = now();
  await spinning.drop();
  await call;
  stops.push(now() - from);
}
out.stopMicros = median(stops);
console.log(JSON.stringify(out));
