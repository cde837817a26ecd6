// The layers below JavaScript, by criterion: `cargo bench`.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { time } from "../driver/figures.mjs";
import { output } from "../driver/processes.mjs";
import { at, level } from "../driver/settings.mjs";
import { markdown } from "../driver/tables.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

export const name = "rust";

/** What criterion has written: for each benchmark the estimate of its median, in microseconds. */
function estimates(folder, names = []) {
  const file = join(folder, "new/estimates.json");
  if (existsSync(file)) {
    const { median } = JSON.parse(readFileSync(file, "utf8"));
    const micros = (value) => value / 1000;
    const { lower_bound, upper_bound } = median.confidence_interval;
    return [{ name: names.join("/"), median: micros(median.point_estimate), low: micros(lower_bound), high: micros(upper_bound) }];
  }
  const folders = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()) : [];
  return folders.flatMap(({ name }) => estimates(join(folder, name), [...names, name]));
}

export async function measure() {
  // Nothing is compiled in a smoke test.
  if (level === "smoke") return { layers: [], leftOut: {} };
  const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
  const arguments_ = at({ full: [], quick: ["--", "--quick", "--noplot"] });
  await output(["cargo", "bench", "--locked", ...arguments_], { cwd: root, seconds: 5400 });
  return { layers: estimates(join(target, "criterion")), leftOut: {} };
}

export const page = ({ layers }) => ({
  figures: markdown(["", "median", "from", "to"], layers.map(({ name, median, low, high }) => [name, time(median), time(low), time(high)])),
});
