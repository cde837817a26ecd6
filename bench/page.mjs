// Makes docs/benchmarks.md and its plots from what was measured (docs/benchmarks/*.json) and from the words in bench/page.md, so that
// no figure on the page is older than the measurements.
//
//   node bench/page.mjs            writes them
//   node bench/page.mjs --check    fails if what is there is anything else
import { existsSync, readFileSync, readdirSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { labelOf } from "./driver/names.mjs";
import { markdown } from "./driver/tables.mjs";
import { summary } from "./driver/summary.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
export const docs = process.env.BENCH_OUT ?? join(here, "../docs");
const folder = join(docs, "benchmarks");

/** What was measured, by the name of the part. */
function measured() {
  const found = {};
  for (const file of existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")).sort() : []) {
    found[file.replace(".json", "")] = JSON.parse(readFileSync(join(folder, file), "utf8"));
  }
  return found;
}

const LENGTHS = { full: "", quick: " (the quick run)", smoke: " (a smoke test: no figures)" };

function about(parts) {
  const machines = new Set(parts.map(({ machine: { processor, cores, virtual, memoryGiB, kernel } }) =>
    `${processor}, ${cores} cores${virtual ? " of a virtual machine" : ""}, ${memoryGiB} GiB of memory, ${kernel}`));
  const versions = new Map(parts.flatMap(({ versions }) => Object.entries(versions)));
  return {
    machine: [...machines].join("; and "),
    versions: [...versions].map(([side, version]) => `${labelOf(side)} ${version}`).join(", "),
    parts: markdown(["part", "measured on", "took", "load before"], parts.map(({ part, day, level, seconds, load }) =>
      [`\`${part}\``, `${day}${LENGTHS[level]}`, `${seconds} s`, String(load)])),
  };
}

/** Why a side is missing where it is, without what is of this machine only. */
function leftOut(all) {
  const parts = new Map();
  for (const [part, { leftOut }] of Object.entries(all)) {
    for (const [side, why] of Object.entries(leftOut ?? {})) {
      const what = `${labelOf(side)}: ${why.replace(/(file:\/\/)?\/[^ ]*\//g, "").replace(/\s+/g, " ")}`;
      parts.set(what, [...(parts.get(what) ?? []), `\`${part}\``]);
    }
  }
  return [...parts].map(([what, parts]) => `- Not in ${parts.join(", ")}: ${what}.`).join("\n");
}

/** The files: their names beneath `docs`, and what is in each. */
export async function files() {
  const all = measured();
  const values = {};
  const out = {};
  for (const [name, data] of Object.entries(all)) {
    const { plots = {}, ...texts } = (await import(`./parts/${name}.mjs`)).page(data);
    for (const [key, text] of Object.entries(texts)) values[`${name}.${key}`] = text;
    for (const [plot, svg] of Object.entries(plots)) {
      out[`benchmarks/${plot}.svg`] = svg;
      const title = /aria-label="([^"]*)"/.exec(svg)[1];
      values[`plot.${plot}`] = `![${title}](benchmarks/${plot}.svg)`;
    }
  }
  for (const [key, text] of Object.entries({ ...about(Object.values(all).map(({ about }) => about)), ...summary(all) })) values[key] = text;
  values.leftOut = leftOut(all);
  out["benchmarks.md"] = page(readFileSync(join(here, "page.md"), "utf8"), values);
  return out;
}

/** A placeholder is `{{part.key}}`. A section whose part has not been measured says so. */
function page(template, values) {
  const filled = template.replace(/\{\{([\w.-]+)\}\}/g, (_, key) => values[key] ?? "(not measured yet)");
  return filled.replace(/\n{3,}/g, "\n\n");
}

export async function writePage() {
  const made = await files();
  for (const file of readdirSync(folder)) if (file.endsWith(".svg") && !(`benchmarks/${file}` in made)) unlinkSync(join(folder, file));
  for (const [name, text] of Object.entries(made)) writeFileSync(join(docs, name), text);
  return join(docs, "benchmarks.md");
}

async function check() {
  const made = await files();
  const there = (name) => existsSync(join(docs, name)) ? readFileSync(join(docs, name), "utf8") : undefined;
  const plots = readdirSync(folder).filter((name) => name.endsWith(".svg")).map((name) => `benchmarks/${name}`);
  const stale = [...Object.keys(made).filter((name) => there(name) !== made[name]), ...plots.filter((name) => !(name in made))];
  if (stale.length === 0) return;
  console.error(`not what bench/page.mjs makes of docs/benchmarks/*.json and bench/page.md: ${stale.join(", ")}`);
  process.exit(1);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv[2] === "--check") await check();
  else console.log(`wrote ${await writePage()}`);
}
