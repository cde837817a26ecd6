// What the scripts of the benchmarks share: a clock in microseconds, and figures of lists. `host.js` is one of bench/hosts.
import { args } from "./host.js";

export const now = () => performance.now() * 1000;
export const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));
export const quantile = (list, share) => list.sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))];
export const median = (list) => quantile(list, 0.5);

/** So many times, in the length of run that the last argument asks for. */
const scale = Number(args[args.length - 1] ?? "1");
export const times = (count, least = 3) => Math.max(least, Math.round(count * scale));

export async function timed(work) {
  const from = now();
  await work();
  return now() - from;
}

/** The median of what each of so many runs of the work takes, `each` of which count as one. */
export async function sample(count, each, work) {
  const list = [];
  for (let index = 0; index < count; index++) list.push(await timed(work) / each);
  return median(list);
}

export const print = (figures) => console.log(JSON.stringify(figures));
