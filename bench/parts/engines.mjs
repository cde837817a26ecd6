// Which of the two JavaScript engines to take: what each needs for JavaScript itself, to start, and on the disk.
import { statSync } from "node:fs";
import { bytes, time } from "../driver/figures.mjs";
import { figures, lasting, residentWhenReady } from "../driver/processes.mjs";
import { inTurns } from "../driver/rounds.mjs";
import { at } from "../driver/settings.mjs";
import { binaryOf, command, engines } from "../driver/sides.mjs";
import { bySide, figure } from "../driver/tables.mjs";

const ROWS = [
  { title: "an empty app, from its start to its end", key: "empty", write: time },
  { title: "resident, an app with a module and no instance", key: "resident", write: bytes },
  { title: "the program on the disk", key: "disk", write: bytes },
  { title: "a plain loop of 5 million steps", key: "loop", write: time },
  { title: "`JSON.parse` of 150 KB", key: "parse", write: time },
  { title: "50,000 words counted in a `Map`", key: "count", write: time },
  { title: "100,000 times `await`", key: "promises", write: time },
];

export const name = "engines";

async function one(side) {
  const found = await figures(command(side, "script.js"));
  const starts = [];
  for (let index = 0; index < at({ full: 20, quick: 7, smoke: 1 }); index++) starts.push(await lasting(command(side, "empty.js")));
  found.empty = starts.sort((a, b) => a - b)[starts.length >> 1];
  found.resident = await residentWhenReady(command(side, "idle.js", [0, "idle"]));
  if (engines().includes(side)) found.disk = statSync(binaryOf(side)).size;
  return found;
}

export function measure() {
  return inTurns(Object.fromEntries([...engines(), "node", "bun", "deno"].map((side) => [side, () => one(side)])));
}

export function page({ results }) {
  const write = (side, key) => {
    const value = figure(results, side, key);
    return value === undefined ? "–" : time(value);
  };
  const values = {};
  for (const side of ["quickjs", "v8", "node"]) for (const key of ["loop", "empty"]) values[`${side}.${key}`] = write(side, key);
  return { figures: bySide(results, ROWS), ...values };
}
