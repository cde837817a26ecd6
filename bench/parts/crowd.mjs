// An app beside guests that spin.
import { time } from "../driver/figures.mjs";
import { labelOf } from "../driver/names.mjs";
import { figures } from "../driver/processes.mjs";
import { inTurns } from "../driver/rounds.mjs";
import { at } from "../driver/settings.mjs";
import { command, engines } from "../driver/sides.mjs";
import { figure, markdown, sidesOf } from "../driver/tables.mjs";

const SPINNERS = at({ full: 64, quick: 64, smoke: 3 });
const ROWS = [
  ["lag of a 1 ms timer, p50", "timer.p50"],
  ["lag of a 1 ms timer, p99", "timer.p99"],
  ["call of another instance, p50", "call.p50"],
  ["call of another instance, p99", "call.p99"],
  ["a new instance answers, p50", "spawn.p50"],
  ["a new instance answers, p99", "spawn.p99"],
  ["stopped call settled, p99", "settled.p99"],
  ["stopped thread gone, p50", "gone.p50"],
  ["stopped thread gone, p99", "gone.p99"],
];

export const name = "crowd";

const one = async (side) => ({ none: await figures(command(side, "crowd.js", [0])), spin: await figures(command(side, "crowd.js", [SPINNERS])) });

export async function measure() {
  const sides = [...engines(), "node", "bun", "deno"];
  return { spinners: SPINNERS, ...await inTurns(Object.fromEntries(sides.map((side) => [side, () => one(side)]))) };
}

export function page({ results, spinners }) {
  const sides = sidesOf(results);
  const table = (state, rows) => markdown(["", ...sides.map(labelOf)], rows.map(([title, path]) => [title, ...sides.map((side) => {
    const value = figure(results, side, `${state}.${path}`);
    return value === undefined ? "–" : time(value);
  })]));
  return { spinners: String(spinners), figures: table("spin", ROWS), nobody: table("none", ROWS.slice(0, 6)) };
}
