// A new instance, what it keeps resident, and its stop.
import { bytes, time } from "../driver/figures.mjs";
import { figures, residentWhenReady } from "../driver/processes.mjs";
import { inTurns } from "../driver/rounds.mjs";
import { at } from "../driver/settings.mjs";
import { command, engines } from "../driver/sides.mjs";
import { bySide, ratios } from "../driver/tables.mjs";

const ROWS = [
  { title: "a new instance, to its first answer", key: "spawn", write: time },
  { title: "resident, for each idle instance", key: "idle", write: bytes },
  { title: "the same, once it has been called", key: "called", write: bytes },
  { title: "stop of a spinning guest, to the end of its thread", key: "stop", write: time },
];

export const name = "spawn";

/** Instances that are made to see what one of them keeps. */
const counts = { quickjs: at({ full: 2000, quick: 1000, smoke: 20 }), extismPython: at({ full: 100, quick: 50, smoke: 3 }), wasmtimePython: at({ full: 500, quick: 200, smoke: 3 }) };
counts.v8 = counts.quickjs;
const someWorkers = at({ full: 20, quick: 10, smoke: 2 });

async function one(side) {
  const found = await figures(command(side, "spawn.js"));
  const count = counts[side] ?? someWorkers;
  const resident = async (...args) => await residentWhenReady(command(side, "idle.js", args));
  const none = await resident(0, "idle");
  found.idle = (await resident(count, "idle") - none) / count;
  if (counts[side] === counts.quickjs) found.called = (await resident(count, "called") - none) / count;
  return found;
}

export function measure() {
  const sides = [...engines(), "node", "bun", "deno", "extism", "extismPython", "wasmtimePython"];
  return inTurns(Object.fromEntries(sides.map((side) => [side, () => one(side)])));
}

export function page({ results }) {
  const goesOn = ["bun", "deno"].filter((side) => results[side]?.some(({ goesOn }) => goesOn));
  const names = goesOn.map((side) => ({ bun: "Bun", deno: "Deno" })[side]).join(" and ");
  return {
    ratios: ratios(results, ROWS),
    figures: bySide(results, ROWS),
    goesOn: goesOn.length > 0 ? `${names} resolve \`terminate()\`, and the guest goes on spinning for good: there is no figure.` : "",
  };
}
