// How cost grows with the number of instances: at each number the time of the next ones to their first answer, of a call to one instance,
// and of a call to each in turn. Prints a line at each number, then waits a little for the driver to look at the process.
import { args, compileFile, exit, instantiate } from "./host.js";
import { median, now, print, sample, sleep, timed } from "./tools.js";

const numbers = JSON.parse(args[0]);
const module = await compileFile("./small.wasm");
const instances = [];
const add = (instance) => instance.call("add", 1, 2);

for (const number of numbers) {
  const spawns = [];
  const from = now();
  const before = instances.length;
  while (instances.length < number) {
    spawns.push(await timed(async () => {
      const instance = await instantiate(module);
      await add(instance);
      instances.push(instance);
    }));
  }
  const all = (now() - from) / (number - before);
  const one = await sample(20, 20, async () => {
    for (let index = 0; index < 20; index++) await add(instances[0]);
  });
  // Those that are called have not been for long; a thousand of them are enough.
  const step = Math.max(1, Math.floor(number / 1000));
  const turns = [];
  for (let index = 0; index < number; index += step) turns.push(await timed(() => add(instances[index])));
  const together = await sample(3, number, () => Promise.all(instances.map(add)));
  print({ number, spawn: median(spawns), spawnMean: all, one, inTurn: median(turns), together });
  await sleep(number < 1000 ? 150 : 700);
}
const from = now();
await Promise.all(instances.map((instance) => instance.drop()));
print({ drop: (now() - from) / instances.length });
exit(0);
