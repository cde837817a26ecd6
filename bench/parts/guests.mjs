// How fast guests compute, and what it costs that they can be stopped.
import { ratio, time } from "../driver/figures.mjs";
import { labelOf } from "../driver/names.mjs";
import { figures } from "../driver/processes.mjs";
import { inTurns } from "../driver/rounds.mjs";
import { at } from "../driver/settings.mjs";
import { built, command } from "../driver/sides.mjs";
import { figure, markdown, sidesOf } from "../driver/tables.mjs";

const KERNELS = at({
  full: [["work", 200_000_000], ["sieve", 20], ["fib", 34]],
  quick: [["work", 100_000_000], ["sieve", 10], ["fib", 32]],
  smoke: [["work", 100_000], ["sieve", 1], ["fib", 12]],
});
const TITLES = { work: "a tight loop", sieve: "a sieve: loops with stores", fib: "recursion" };

export const name = "guests";

export function measure() {
  built("work.wasm", "work.c");
  const one = (side, ...more) => () => figures(command(side, "kernels.js", [JSON.stringify(KERNELS), ...more]));
  return inTurns({
    quickjs: one("quickjs"),
    node: one("node"),
    bun: one("bun"),
    deno: one("deno"),
    wasmtimePython: one("wasmtimePython", "without-epochs"),
  });
}

export function page({ results }) {
  const sides = sidesOf(results).filter((side) => side !== "wasmtimePython");
  const base = (kernel) => figure(results, "wasmtimePython", kernel);
  const cell = (side, kernel) => {
    const value = figure(results, side, kernel);
    if (value === undefined) return "–";
    return base(kernel) === undefined ? time(value) : `${time(value)} (${ratio(value / base(kernel))} ×)`;
  };
  const rows = Object.entries(TITLES).map(([kernel, title]) => [
    title,
    base(kernel) === undefined ? "–" : time(base(kernel)),
    ...sides.map((side) => cell(side, kernel)),
  ]);
  return { figures: markdown(["", "wasmtime, without interruption", ...sides.map(labelOf)], rows) };
}
