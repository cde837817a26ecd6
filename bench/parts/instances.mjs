// How cost grows with the number of instances.
import { bytes, plain, time } from "../driver/figures.mjs";
import { lines, steepestInWords } from "../driver/growth.mjs";
import { labelOf } from "../driver/names.mjs";
import { steps } from "../driver/processes.mjs";
import { inTurns } from "../driver/rounds.mjs";
import { at } from "../driver/settings.mjs";
import { command, engines } from "../driver/sides.mjs";
import { curve, figure, markdown, sidesOf } from "../driver/tables.mjs";

const OURS = at({ full: [1, 3, 10, 30, 100, 300, 1000, 3000, 9000], quick: [1, 10, 100, 1000, 9000], smoke: [1, 4] });
const WORKERS = at({ full: [1, 3, 10, 30, 100], quick: [1, 10, 50], smoke: [1, 2] });

export const name = "instances";

export async function measure() {
  const one = (side, numbers) => [side, () => steps(command(side, "instances.js", [JSON.stringify(numbers)]))];
  const sides = [...engines().map((side) => one(side, OURS)), ...["node", "bun", "deno"].map((side) => one(side, WORKERS))];
  return await inTurns(Object.fromEntries(sides), at({ full: 3, quick: 1, smoke: 1 }));
}

const NUMBER = { label: "instances alive", scale: "log", unit: "number" };
const MICROS = { scale: "log", unit: "time" };
const COLUMNS = [
  ["a new one, to its first answer", "spawn", time],
  ["a call to one of them", "one", time],
  ["a call to each, in turn", "inTurn", time],
  ["a call to each, all at once", "together", time],
];

/** Bytes for each, above those of the smallest number. */
function memory(results, side) {
  const points = curve(results, side, "number", "resident");
  const [[first, base]] = points;
  return points.slice(1).map(([number, resident]) => [number, (resident - base) / (number - first)]);
}

export function page({ results }) {
  const perSide = (side) => {
    const curves = COLUMNS.map(([, path]) => new Map(curve(results, side, "number", path)));
    const resident = new Map(memory(results, side));
    const rows = [...curves[0].keys()].map((number) => [
      plain(number),
      ...COLUMNS.map(([, , write], index) => write(curves[index].get(number))),
      resident.has(number) ? bytes(resident.get(number)) : "–",
    ]);
    return markdown([`${labelOf(side)}: instances`, ...COLUMNS.map(([title]) => title), "resident each"], rows);
  };
  const steepest = (path) => steepestInWords(curve(results, "quickjs", "number", path));
  return {
    figures: sidesOf(results).filter((side) => side === "quickjs" || side === "v8").map(perSide).join("\n\n"),
    steepestSpawn: steepest("spawn"),
    steepestCall: steepest("inTurn"),
    drop: time(figure({ quickjs: results.quickjs.map((round) => round.at(-1)) }, "quickjs", "drop")),
    plots: {
      "instances-spawn": lines(results, { title: "A new instance, to its first answer", x: NUMBER, y: { ...MICROS, label: "time for the next one" }, key: "number", path: "spawn" }),
      "instances-call": lines(results, { title: "A call to each instance in turn", x: NUMBER, y: { ...MICROS, label: "time of a call" }, key: "number", path: "inTurn" }),
      "instances-memory": lines(results, { title: "Resident memory of the whole process", x: NUMBER, y: { label: "resident", scale: "log", unit: "bytes" }, key: "number", path: "resident" }),
    },
  };
}
