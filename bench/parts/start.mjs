// How soon a module runs: compiled anew, and with its code kept; beside wasmtime's command line.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bytes, median, ratio, time } from "../driver/figures.mjs";
import { figures, lasting } from "../driver/processes.mjs";
import { inTurns } from "../driver/rounds.mjs";
import { at, level } from "../driver/settings.mjs";
import { command, engines, exec, place, wasmtime } from "../driver/sides.mjs";
import { figure, markdown } from "../driver/tables.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "examples/plugins/guests");
/** Real programs, from the smallest to the largest, with arguments that give them little to do. */
const ALL = [
  ["icepll.wasm", ["-i", "12", "-o", "60"]],
  ["boolector.wasm", ["--version"]],
  ["resvg.wasm", ["--version"]],
  ["python-3.12.0.wasm", ["-c", "1"]],
];
const GUESTS = at({ full: ALL, quick: ALL, smoke: ALL.slice(0, 0) });
const WARM = at({ full: 15, quick: 5, smoke: 1 });

export const name = "start";

/** Cold once, then warm some times, with a cache of its own that nothing else is in. */
async function each(run) {
  const cache = mkdtempSync(join(tmpdir(), "runtime-wasm-bench-cache-"));
  try {
    const found = {};
    for (const [file, args] of GUESTS.filter(([file]) => existsSync(join(folder, file)))) {
      const [cold, warm, env] = run(join(folder, file), args, cache);
      const uncached = await lasting(cold, { env });
      await lasting(warm, { env });
      const times = [];
      for (let index = 0; index < WARM; index++) times.push(await lasting(warm, { env }));
      found[file] = { cold: uncached, warm: median(times), bytes: statSync(join(folder, file)).size };
    }
    return found;
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}

const ourExec = () => each((file, args, cache) => [exec(["--no-cache", file, ...args]), exec([file, ...args]), { RUNTIME_WASM_CACHE: cache }]);
const theirRun = () => each((file, args, cache) => [wasmtime(["-C", "cache=n", file, ...args]), wasmtime(["-C", "cache=y", file, ...args]), { XDG_CACHE_HOME: cache, HOME: cache }]);

/** `compileFile` of the largest module in one process, and again in the next. */
async function fromJs(side) {
  const file = GUESTS.map(([file]) => file).filter((file) => existsSync(join(folder, file))).at(-1);
  copyFileSync(join(folder, file), place("work", file));
  const cache = mkdtempSync(join(tmpdir(), "runtime-wasm-bench-cache-"));
  const run = async () => (await figures(command(side, "compile.js", [`./${file}`]), { env: { RUNTIME_WASM_CACHE: cache } })).compile;
  const cold = await run();
  const warm = [];
  for (let index = 0; index < WARM; index++) warm.push(await run());
  rmSync(cache, { recursive: true, force: true });
  return { cold, warm: median(warm), bytes: statSync(join(folder, file)).size };
}

export async function measure() {
  if (level !== "smoke") execFileSync(join(root, "scripts/fetch-guests.sh"), [folder, "bench"], { stdio: "inherit" });
  const commands = await inTurns({ quickjs: ourExec, ...(level === "smoke" ? {} : { wasmtime: theirRun }) });
  const js = await inTurns(Object.fromEntries(engines().map((side) => [side, () => fromJs(side)])), at({ full: 3, quick: 1, smoke: 1 }));
  return { results: commands.results, js: js.results, leftOut: { ...commands.leftOut, ...js.leftOut } };
}

export function page({ results, js }) {
  const files = Object.keys(results.quickjs[0]);
  const value = (side, file, key) => (results[side] ?? []).length === 0 ? undefined : median(results[side].map((round) => round[file][key]));
  const cells = (file, key) => {
    const [mine, theirs] = [value("quickjs", file, key), value("wasmtime", file, key)];
    return [theirs === undefined ? "–" : `${ratio(mine / theirs)} ×`, time(mine), theirs === undefined ? "–" : time(theirs)];
  };
  const table = (key) => markdown(
    ["", "beside wasmtime's", "`runtime-wasm exec`", "`wasmtime run`"],
    files.map((file) => [`${file} (${bytes(value("quickjs", file, "bytes"))})`, ...cells(file, key)]),
  );
  const inJs = (side, key) => figure(js, side, key);
  const jsRows = Object.keys(js).map((side) => [
    side === "v8" ? "V8" : "QuickJS",
    `1/${ratio(inJs(side, "cold") / inJs(side, "warm"))}`,
    time(inJs(side, "cold")),
    time(inJs(side, "warm")),
  ]);
  return {
    cold: table("cold"),
    warm: table("warm"),
    js: markdown(["`compileFile` of the largest", "of the first", "the first time", "in the next process"], jsRows),
  };
}
