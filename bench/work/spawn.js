// A new instance, to the answer of its first call; and the stop of one that spins, to the end of its thread. In microseconds.
import { compileFile, exit, instantiate, processorMicros } from "./host.js";
import { median, now, print, sample, sleep, times } from "./tools.js";

const module = await compileFile("./small.wasm");
const made = [];
async function firstCall() {
  const instance = await instantiate(module);
  await instance.call("add", 1, 2);
  made.push(instance);
}

const out = {};
await firstCall();
out.spawn = await sample(times(50), 1, firstCall);
for (const instance of made) await instance.drop();

async function stop() {
  const instance = await instantiate(module);
  const call = instance.call("spin");
  Promise.resolve(call).catch(() => {});
  await sleep(5);
  const from = now();
  await instance.terminate();
  return now() - from;
}

/** Does a guest that is said to be stopped take a processor still? */
async function goesOn() {
  await stop();
  await sleep(200);
  const [from, before] = [now(), processorMicros()];
  await sleep(200);
  return processorMicros() - before > (now() - from) / 2;
}

if (await goesOn()) {
  out.goesOn = true;
} else {
  const stops = [];
  for (let index = 0; index < times(50); index++) stops.push(await stop());
  out.stop = median(stops);
}
print(out);
exit(0);
