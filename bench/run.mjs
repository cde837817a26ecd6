// `make bench`: runtime:wasm beside what people would use instead, the same work in the same run; writes docs/benchmarks.md.
//
//   node bench/run.mjs [PART…]       all parts, or some of bench/parts: calls, spawn, start, …
//
//   BENCH_QUICK=1                    less of everything: minutes (see driver/settings.mjs)
//   RUNTIME_WASM=BINARY              what is measured, instead of target/release/runtime-wasm
//   RUNTIME_WASM_V8=BINARY           the same on V8, for a second column
//   RUNTIME_WASM_NPM=FOLDER          the npm package, instead of target/npm-bench/node_modules
//   BENCH_OUT=FOLDER                 where the page goes, instead of docs
//
// What is measured is written to benchmarks/PART.json there; the page and its plots are made from these files (bench/page.mjs).
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { load, machine } from "./driver/machine.mjs";
import { ORDER } from "./driver/names.mjs";
import { level } from "./driver/settings.mjs";
import { version } from "./driver/sides.mjs";
import { docs, writePage } from "./page.mjs";

const parts = fileURLToPath(new URL("parts/", import.meta.url));
const known = readdirSync(parts).map((file) => file.replace(".mjs", ""));
const asked = process.argv.slice(2).flatMap((argument) => argument.split(/[ ,]+/)).filter((name) => name !== "" && name !== "all");
const unknown = asked.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`bench: there is no part ${unknown.join(", ")}; there are ${known.join(", ")}`);
  process.exit(2);
}

/** What the sides that took part are. */
const versions = (found) => Object.fromEntries(ORDER.filter((side) => found.some((results) => results?.[side]?.length > 0)).map((side) => [side, version(side)]));

async function measure(name) {
  const { measure } = await import(`./parts/${name}.mjs`);
  const from = Date.now();
  const busy = load();
  const data = await measure();
  const about = {
    part: name,
    level,
    day: new Date().toISOString().slice(0, 10),
    seconds: Math.round((Date.now() - from) / 1000),
    load: busy,
    machine: machine(),
    versions: versions([data.results, data.js]),
  };
  mkdirSync(join(docs, "benchmarks"), { recursive: true });
  writeFileSync(join(docs, "benchmarks", `${name}.json`), `${JSON.stringify({ about, ...rounded(data) }, null, 1)}\n`);
  console.log(`bench: ${name}: ${about.seconds} s`);
}

/** Six digits are more than is measured. */
function rounded(value) {
  if (typeof value === "number") return Number(value.toPrecision(6));
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value === "object" && value !== null) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rounded(inner)]));
  return value;
}

const failed = [];
for (const name of asked.length > 0 ? asked : known) {
  try {
    await measure(name);
  } catch (error) {
    failed.push(name);
    console.error(`bench: ${name}: ${error.stack}`);
  }
}
console.log(`bench: wrote ${await writePage()}`);
if (failed.length > 0) {
  console.error(`bench: not measured, so the page has what was there before: ${failed.join(", ")}`);
  process.exit(1);
}
