// How throughput and the loop's lag change with the number of guests that compute.
import { plain, share, time } from "../driver/figures.mjs";
import { lines } from "../driver/growth.mjs";
import { labelOf } from "../driver/names.mjs";
import { steps } from "../driver/processes.mjs";
import { inTurns } from "../driver/rounds.mjs";
import { at } from "../driver/settings.mjs";
import { built, command, engines } from "../driver/sides.mjs";
import { curve, markdown, sidesOf } from "../driver/tables.mjs";

const NUMBERS = at({ full: [1, 2, 4, 8, 16, 32, 64], quick: [1, 2, 8, 64], smoke: [1, 2] });
const MILLIS = at({ full: 3000, quick: 1500, smoke: 100 });

export const name = "busy";

export function measure() {
  built("work.wasm", "work.c");
  const one = (side) => [side, () => steps(command(side, "busy.js", [JSON.stringify(NUMBERS), MILLIS]))];
  return inTurns(Object.fromEntries([...engines(), "node", "bun", "deno"].map(one)), at({ full: 3, quick: 1, smoke: 1 }));
}

const NUMBER = { label: "guests that compute all the time", scale: "log", unit: "number" };

export function page({ results }) {
  const sides = sidesOf(results);
  const table = (path, write) => {
    const curves = sides.map((side) => new Map(curve(results, side, "number", path)));
    return markdown(["guests", ...sides.map(labelOf)], [...curves[0].keys()].map((number) => [
      plain(number),
      ...curves.map((values) => values.has(number) ? write(values.get(number), values) : "–"),
    ]));
  };
  const y = (label) => ({ label, scale: "log", unit: "time" });
  return {
    throughput: table("stepsPerMicro", (value, values) => `${plain(value)} (${share(value / values.get(1))})`),
    lag: table("lagP99", time),
    plots: {
      "busy-throughput": lines(results, { title: "Work done by all guests together", x: NUMBER, y: { label: "million steps a second", scale: "linear", unit: "number" }, key: "number", path: "stepsPerMicro" }),
      "busy-lag": lines(results, { title: "Lag of a 1 ms timer beside them, p99", x: NUMBER, y: y("later than it should be"), key: "number", path: "lagP99" }),
    },
  };
}
