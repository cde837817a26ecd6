// Tables and figures from the results of rounds: medians over the rounds of a side, `{ side: [{ key: number }…] }`.
import { median, ratio } from "./figures.mjs";
import { ORDER, labelOf } from "./names.mjs";

/** The sides that have results, in the page's order. */
export const sidesOf = (results) => ORDER.filter((side) => results[side]?.length > 0);

const within = (object, path) => path.split(".").reduce((inner, key) => inner?.[key], object);

/** The median over the rounds of a side's figure, which a path such as `timer.p99` names; undefined where there is none. */
export function figure(results, side, path) {
  const found = (results[side] ?? []).map((round) => within(round, path)).filter((value) => typeof value === "number");
  return found.length > 0 ? median(found) : undefined;
}

export function markdown(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

/** A row for each `{ title, key, write }`, a column for each side. A figure that a side has not is a dash. */
export function bySide(results, rows, sides = sidesOf(results)) {
  const cell = (side, { key, write }) => {
    const value = figure(results, side, key);
    return value === undefined ? "–" : write(value);
  };
  return markdown(["", ...sides.map(labelOf)], rows.map((row) => [row.title, ...sides.map((side) => cell(side, row))]));
}

/** The same with how many times as much each of the others takes as ours, on the engine that is the default. */
export function ratios(results, rows, sides = sidesOf(results).filter((side) => side !== "quickjs")) {
  const cell = (side, { key }) => {
    const [mine, theirs] = [figure(results, "quickjs", key), figure(results, side, key)];
    return mine === undefined || theirs === undefined ? "–" : `${ratio(theirs / mine)} ×`;
  };
  return markdown(["as much as on QuickJS", ...sides.map(labelOf)], rows.map((row) => [row.title, ...sides.map((side) => cell(side, row))]));
}

/** By the value of `key`: of each side the medians over rounds of a list of steps, `[[step[key], median of step[path]]…]`. */
export function curve(results, side, key, path) {
  const found = new Map();
  for (const round of results[side] ?? []) {
    for (const step of round) {
      const [at, value] = [step[key], within(step, path)];
      if (at === undefined || typeof value !== "number") continue;
      if (!found.has(at)) found.set(at, []);
      found.get(at).push(value);
    }
  }
  return [...found].map(([at, values]) => [at, median(values)]);
}
