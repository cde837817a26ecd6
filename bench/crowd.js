// How an app does beside guests that spin: its timers, calls of a guest that behaves, new instances, and stops. Prints one
// JSON object with lists of microseconds. Its argument is the number of spinning guests.
import { args } from "runtime:app";
import { compileFile, instantiate } from "runtime:wasm";

const spinners = Number(args[0]);
const module = await compileFile("./bench.wasm");
const now = () => performance.now() * 1000;
const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

async function timed(work) {
  const from = now();
  await work();
  return now() - from;
}

async function spinning() {
  const instance = await instantiate(module);
  return { instance, settled: instance.call("spin").catch(now) };
}

const good = await instantiate(module);
await good.call("add", 1, 2);
const crowd = [];
for (let i = 0; i < spinners; i++) crowd.push(await spinning());
// Until all of them count as guests that run on.
await sleep(2000);

const out = { timer: [], call: [], spawn: [], settled: [], gone: [] };
for (let i = 0; i < 1500; i++) out.timer.push(await timed(() => sleep(1)) - 1000);
for (let i = 0; i < 1000; i++) {
  out.call.push(await timed(() => good.call("add", 1, 2)));
  if (i % 4 === 0) await sleep(1);
}
for (let i = 0; i < 100; i++) {
  let made;
  out.spawn.push(await timed(async () => {
    made = await instantiate(module);
    await made.call("add", 1, 2);
  }));
  await made.drop();
}
for (let i = 0; i < Math.min(400, spinners * 7); i++) {
  const { instance, settled } = crowd.shift();
  const from = now();
  const gone = instance.terminate().then(now);
  out.settled.push(await settled - from);
  out.gone.push(await gone - from);
  crowd.push(await spinning());
  // Until it counts as one that runs on, too.
  await sleep(50);
}
console.log(JSON.stringify(out));
for (const { instance } of crowd) instance.terminate();
