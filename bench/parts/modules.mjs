// How cost grows with the number of modules that are held.
import { bytes, plain, time } from "../driver/figures.mjs";
import { lines, steepestInWords } from "../driver/growth.mjs";
import { labelOf } from "../driver/names.mjs";
import { steps } from "../driver/processes.mjs";
import { inTurns } from "../driver/rounds.mjs";
import { at } from "../driver/settings.mjs";
import { command, engines } from "../driver/sides.mjs";
import { curve, markdown, sidesOf } from "../driver/tables.mjs";

const NUMBERS = at({ full: [1, 3, 10, 30, 100, 300, 1000], quick: [1, 10, 100, 1000], smoke: [1, 3] });

export const name = "modules";

export function measure() {
  // Compiled each time: no code is kept on the disk.
  const one = (side) => [side, () => steps(command(side, "modules.js", [JSON.stringify(NUMBERS), 0]), { env: { RUNTIME_WASM_CACHE: "" } })];
  return inTurns(Object.fromEntries([...engines(), "node", "bun", "deno"].map(one)), at({ full: 3, quick: 1, smoke: 1 }));
}

const NUMBER = { label: "modules held", scale: "log", unit: "number" };
const MICROS = { scale: "log", unit: "time" };
const COLUMNS = [
  ["compile the next one", "compile"],
  ["an instance of the last, to its answer", "last"],
  ["an instance of the first, to its answer", "first"],
];

export function page({ results }) {
  const perSide = (side) => {
    const curves = COLUMNS.map(([, path]) => new Map(curve(results, side, "number", path)));
    const resident = new Map(curve(results, side, "number", "resident"));
    return markdown([`${labelOf(side)}: modules`, ...COLUMNS.map(([title]) => title), "resident, all"], [...curves[0].keys()].map((number) => [
      plain(number),
      ...curves.map((values) => time(values.get(number))),
      resident.has(number) ? bytes(resident.get(number)) : "–",
    ]));
  };
  return {
    figures: sidesOf(results).filter((side) => side === "quickjs" || side === "v8").map(perSide).join("\n\n"),
    steepestCompile: steepestInWords(curve(results, "quickjs", "number", "compile")),
    plots: {
      "modules-compile": lines(results, { title: "Compiling the next module", x: NUMBER, y: { ...MICROS, label: "time" }, key: "number", path: "compile" }),
      "modules-spawn": lines(results, { title: "An instance of the last module, to its first answer", x: NUMBER, y: { ...MICROS, label: "time" }, key: "number", path: "last" }),
      "modules-memory": lines(results, { title: "Resident memory of the whole process", x: NUMBER, y: { label: "resident", scale: "log", unit: "bytes" }, key: "number", path: "resident" }),
    },
  };
}
