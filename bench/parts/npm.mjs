// The npm package on Node, Bun and Deno, beside workers there with the same guest, isolated-vm and Extism.
import { bytes, time } from "../driver/figures.mjs";
import { figures, residentWhenReady } from "../driver/processes.mjs";
import { inTurns } from "../driver/rounds.mjs";
import { at } from "../driver/settings.mjs";
import { command } from "../driver/sides.mjs";
import { bySide } from "../driver/tables.mjs";

const SPINNERS = at({ full: 64, quick: 64, smoke: 3 });
const PACKAGE = ["npmNode", "npmBun", "npmDeno"];
const SIDES = at({ full: [...PACKAGE, "node", "bun", "deno", "isolated", "extism"], quick: [...PACKAGE, "node", "bun", "deno", "isolated", "extism"], smoke: ["npmNode", "node"] });
/** Instances that are made to see what one of them keeps. */
const MANY = at({ full: 2000, quick: 1000, smoke: 20 });
const FEW = at({ full: 20, quick: 10, smoke: 2 });

const ROWS = [
  { title: "a call, one at a time", key: "calls.one", write: time },
  { title: "a call, 5,000 under way", key: "calls.flight5000", write: time },
  { title: "a call in a batch of 1,000", key: "calls.batch", write: time },
  { title: "a new instance, to its first answer", key: "spawn.spawn", write: time },
  { title: "resident, for each idle instance", key: "idle", write: bytes },
  { title: "lag of a 1 ms timer beside nobody, p99", key: "none.timer.p99", write: time },
  { title: "the same beside guests that spin", key: "spin.timer.p99", write: time },
  { title: "beside them: a call of another instance, p99", key: "spin.call.p99", write: time },
  { title: "beside them: stopped call settled, p99", key: "spin.settled.p99", write: time },
  { title: "beside them: stopped thread gone, p99", key: "spin.gone.p99", write: time },
  { title: "beside nobody: stop of a spinning guest, to the end of its thread", key: "spawn.stop", write: time },
];

export const name = "npm";

async function one(side) {
  const found = { calls: await figures(command(side, "calls.js")), spawn: await figures(command(side, "spawn.js")) };
  const count = PACKAGE.includes(side) ? MANY : FEW;
  const resident = async (number) => await residentWhenReady(command(side, "idle.js", [number, "idle"]));
  const none = await resident(0);
  found.idle = (await resident(count) - none) / count;
  // Extism has no script for it: one call at a time, and no way to stop it.
  if (side === "extism") return found;
  const crowd = async (number) => await figures(command(side, "crowd.js", [number]));
  return { ...found, none: await crowd(0), spin: await crowd(SPINNERS) };
}

export async function measure() {
  return { spinners: SPINNERS, ...await inTurns(Object.fromEntries(SIDES.map((side) => [side, () => one(side)]))) };
}

export const page = ({ results, spinners }) => ({ figures: bySide(results, ROWS), spinners: String(spinners) });
