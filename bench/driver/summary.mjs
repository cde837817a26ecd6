// The head of the page: the ratios that matter, and where the goals stand.
import { bytes, median, ratio, time } from "./figures.mjs";
import { labelOf } from "./names.mjs";
import { figure, markdown, sidesOf } from "./tables.mjs";

/** What stands at the top: the part, the figure, and how it is written. Each is beside all who do the same work. */
const HEADLINES = [
  ["a call and its answer, one at a time", "calls", "one", time],
  ["the same in a batch of 1,000, each", "calls", "batch", time],
  ["a new instance, to its first answer", "spawn", "spawn", time],
  ["resident memory of an idle instance", "spawn", "idle", bytes],
  ["stop of a spinning guest, to the end of its thread", "spawn", "stop", time],
  ["beside guests that spin: lag of a timer, p99", "crowd", "spin.timer.p99", time],
  ["beside guests that spin: a new instance answers, p50", "crowd", "spin.spawn.p50", time],
  ["an empty app, from its start to its end", "engines", "empty", time],
];
/** The ones that keep a guest apart as we do: on a thread of its own, so that it does not hold up its caller. */
const BESIDE = ["node", "bun", "deno", "extism"];

function headlines(all) {
  const parts = HEADLINES.filter(([, part]) => all[part] !== undefined);
  const sides = BESIDE.filter((side) => parts.some(([, part]) => sidesOf(all[part].results).includes(side)));
  const rows = parts.map(([title, part, key, write]) => {
    const { results } = all[part];
    const mine = figure(results, "quickjs", key);
    const v8 = figure(results, "v8", key);
    const beside = sides.map((side) => {
      const theirs = figure(results, side, key);
      return theirs === undefined || mine === undefined ? "–" : `${ratio(theirs / mine)} ×`;
    });
    const ours = [mine, v8].map((value) => value === undefined ? "–" : write(value));
    return [title, ...beside, ...ours];
  });
  return markdown(["runtime:wasm on QuickJS takes 1; the others take", ...sides.map(labelOf), "QuickJS", "V8"], rows);
}

const micros = (part, side, key) => (all) => figure(all[part]?.results ?? {}, side, key);
const startOf = (file) => (all) => {
  const results = all.start?.results ?? {};
  const of = (side) => results[side]?.[0]?.[file] && median(results[side].map((round) => round[file].warm));
  return of("quickjs") / of("wasmtime") || undefined;
};
const coldOf = (file) => (all) => {
  const results = all.start?.results ?? {};
  const of = (side) => results[side]?.[0]?.[file] && median(results[side].map((round) => round[file].cold));
  return of("quickjs") / of("wasmtime") || undefined;
};
const lateOnNode = (all) => {
  const [spin, none] = ["spin", "none"].map((state) => micros("npm", "npmNode", `${state}.timer.p99`)(all));
  return spin === undefined || none === undefined ? undefined : Math.max(0, spin - none);
};
const beside = (value) => `${ratio(value)} ×`;

/** What was aimed at: a figure, and the most that it is to be. */
const GOALS = [
  ["call, one at a time, QuickJS", micros("calls", "quickjs", "one"), 5, time],
  ["call, one at a time, V8", micros("calls", "v8", "one"), 1, time],
  ["call, 5,000 under way, QuickJS", micros("calls", "quickjs", "flight5000"), 4, time],
  ["call, 5,000 under way, V8", micros("calls", "v8", "flight5000"), 1, time],
  ["call, in a batch, QuickJS", micros("calls", "quickjs", "batch"), 0.3, time],
  ["call, in a batch, V8", micros("calls", "v8", "batch"), 0.1, time],
  ["a new instance, to its first answer", micros("spawn", "quickjs", "spawn"), 60, time],
  ["an idle instance, resident", micros("spawn", "quickjs", "idle"), 24 * 1024, bytes],
  ["warm start of icepll, beside wasmtime's", startOf("icepll.wasm"), 1, beside],
  ["warm start of boolector, beside wasmtime's", startOf("boolector.wasm"), 1, beside],
  ["warm start of resvg, beside wasmtime's", startOf("resvg.wasm"), 1, beside],
  ["warm start of Python, beside wasmtime's", startOf("python-3.12.0.wasm"), 1, beside],
  ["cold start of Python, beside wasmtime's", coldOf("python-3.12.0.wasm"), 1.05, beside],
  ["beside 64 that spin: a call, p99", micros("crowd", "quickjs", "spin.call.p99"), 500, time],
  ["beside 64 that spin: a stopped thread gone, p99", micros("crowd", "quickjs", "spin.gone.p99"), 50_000, time],
  ["npm on node: a call, one at a time", micros("npm", "npmNode", "calls.one"), 5, time],
  ["npm on node: a timer late beside 64 that spin, p99, beyond beside nobody", lateOnNode, 500, time],
  ["an empty app, QuickJS", micros("engines", "quickjs", "empty"), 15_000, time],
  ["an empty app, V8", micros("engines", "v8", "empty"), 15_000, time],
];

function goals(all) {
  const rows = GOALS.map(([title, of, goal, write]) => {
    const value = of(all);
    if (value === undefined) return undefined;
    return [title, value <= goal ? "reached" : `${ratio(value / goal)} × the goal`, write(value), write(goal)];
  });
  return markdown(["", "", "now", "goal"], rows.filter((row) => row !== undefined));
}

export const summary = (all) => ({ "short.ratios": headlines(all), "short.goals": goals(all) });
