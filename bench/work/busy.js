// Throughput and the lag of a 1 ms timer beside so many guests that compute all the time. Each does a piece of work, answers, and is given
// the next. Its first argument lists the numbers of guests, its second says how many milliseconds each is watched.
import { args, compileFile, exit, instantiate } from "./host.js";
import { now, print, quantile, sleep, timed } from "./tools.js";

const module = await compileFile("./work.wasm");
const STEPS = 4_000_000;
for (const number of JSON.parse(args[0])) {
  const guests = await Promise.all(Array.from({ length: number }, () => instantiate(module)));
  let pieces = 0;
  let going = true;
  const keepBusy = async (guest) => {
    while (going) {
      await guest.call("work", STEPS);
      pieces++;
    }
  };
  const loops = guests.map(keepBusy);
  await sleep(500);
  const [from, before] = [now(), pieces];
  const lags = [];
  while (now() - from < Number(args[1]) * 1000) lags.push(Math.max(0, await timed(() => sleep(1)) - 1000));
  const rate = (pieces - before) * STEPS / (now() - from);
  going = false;
  await Promise.all(loops);
  print({ number, stepsPerMicro: rate, lagP50: quantile(lags, 0.5), lagP99: quantile(lags, 0.99), lagWorst: lags[lags.length - 1] });
  await Promise.all(guests.map((guest) => guest.drop()));
}
exit(0);
