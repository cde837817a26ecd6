// How an app does beside guests that spin: its timers, calls of a guest that behaves, new instances, and stops. Microseconds. Its first
// argument is the number of spinning guests.
import { args, canStop, compileFile, exit, instantiate } from "./host.js";
import { now, print, quantile, sleep, timed, times } from "./tools.js";

const spinners = Number(args[0]);
const module = await compileFile("./small.wasm");

async function spinning() {
  const instance = await instantiate(module);
  return { instance, settled: instance.call("spin").catch(now) };
}

const good = await instantiate(module);
await good.call("add", 1, 2);
const crowd = [];
for (let index = 0; index < spinners; index++) crowd.push(await spinning());
// Until all of them count as guests that run on.
if (spinners > 0) await sleep(2000);

const lists = { timer: [], call: [], spawn: [], settled: [], gone: [] };
for (let index = 0; index < times(1500); index++) lists.timer.push(Math.max(0, await timed(() => sleep(1)) - 1000));
for (let index = 0; index < times(1000); index++) {
  lists.call.push(await timed(() => good.call("add", 1, 2)));
  if (index % 4 === 0) await sleep(1);
}
/** Where one of these takes a second, some are enough. */
async function forAWhile(count, work) {
  const until = now() + 8e6;
  for (let index = 0; index < count && now() < until; index++) await work();
}
await forAWhile(times(100), async () => {
  let made;
  lists.spawn.push(await timed(async () => {
    made = await instantiate(module);
    await made.call("add", 1, 2);
  }));
  await made.drop();
});
await forAWhile(canStop ? Math.min(times(400), spinners * 7) : 0, async () => {
  const { instance, settled } = crowd.shift();
  const from = now();
  const gone = instance.terminate().then(now);
  // A worker that is terminated says nothing of its call.
  Promise.race([settled, gone.then(() => undefined)]).then((at) => at && lists.settled.push(at - from));
  lists.gone.push(await gone - from);
  crowd.push(await spinning());
  // Until it counts as one that runs on, too.
  await sleep(50);
});
const out = {};
for (const [name, list] of Object.entries(lists)) {
  if (list.length > 0) out[name] = { p50: quantile(list, 0.5), p99: quantile(list, 0.99), worst: list[list.length - 1] };
}
print(out);
exit(0);
