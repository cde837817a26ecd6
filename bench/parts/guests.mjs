// How fast guests compute, and what it costs that they can be stopped.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ratio, time } from "../driver/figures.mjs";
import { labelOf } from "../driver/names.mjs";
import { figures } from "../driver/processes.mjs";
import { inTurns } from "../driver/rounds.mjs";
import { at } from "../driver/settings.mjs";
import { built, command, exec, wasmtime } from "../driver/sides.mjs";
import { figure, markdown, sidesOf } from "../driver/tables.mjs";

const KERNELS = at({
  full: [["work", 200_000_000], ["sieve", 20], ["fib", 34]],
  quick: [["work", 100_000_000], ["sieve", 10], ["fib", 32]],
  smoke: [["work", 100_000], ["sieve", 1], ["fib", 12]],
});
const TITLES = { work: "a tight loop", sieve: "a sieve: loops with stores", fib: "recursion", python: "CPython 3.12, a plain loop" };
const PYTHON = fileURLToPath(new URL("../../examples/plugins/guests/python-3.12.0.wasm", import.meta.url));
const TURNS = at({ full: 3_000_000, quick: 1_000_000, smoke: 0 });
/** Timed by the guest itself, so that neither the start of the program nor that of Python counts. */
const LOOP = `
import time
def loop():
    total = 0
    for i in range(${TURNS}):
        total = (total + i * i) % 1000003
    return total
start = time.perf_counter()
loop()
print((time.perf_counter() - start) * 1e6)
`;

export const name = "guests";

/** What the loop in CPython takes by a command line, which keeps its code in a cache of this run. */
async function python(run, env) {
  if (TURNS === 0 || !existsSync(PYTHON)) return {};
  return { python: await figures(run([PYTHON, "-c", LOOP]), { env }) };
}

export async function measure() {
  built("work.wasm", "work.c");
  const cache = mkdtempSync(join(tmpdir(), "runtime-wasm-bench-cache-"));
  const ourCache = { RUNTIME_WASM_CACHE: join(cache, "ours") };
  const kernels = (side, ...more) => figures(command(side, "kernels.js", [JSON.stringify(KERNELS), ...more]));
  const ours = (side, ...options) => async () => ({ ...await kernels(side, side), ...await python((args) => exec([...options, ...args]), ourCache) });
  const withCache = (args) => wasmtime(["-C", "cache=y", ...args]);
  try {
    return await inTurns({
      quickjs: ours("quickjs"),
      protection: ours("protection", "--interruption", "protection"),
      fuel: ours("fuel", "--fuel", String(10 ** 15)),
      node: () => kernels("node"),
      bun: () => kernels("bun"),
      deno: () => kernels("deno"),
      wasmtimePython: async () => ({ ...await kernels("wasmtimePython", "without-epochs"), ...await python(withCache, { XDG_CACHE_HOME: cache, HOME: cache }) }),
    });
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}

export function page({ results }) {
  const sides = sidesOf(results).filter((side) => side !== "wasmtimePython");
  const base = (kernel) => figure(results, "wasmtimePython", kernel);
  const cell = (side, kernel) => {
    const value = figure(results, side, kernel);
    if (value === undefined) return "–";
    return base(kernel) === undefined ? time(value) : `${time(value)} (${ratio(value / base(kernel))} ×)`;
  };
  const measured = Object.entries(TITLES).filter(([kernel]) => figure(results, "quickjs", kernel) !== undefined);
  const rows = measured.map(([kernel, title]) => [
    title,
    base(kernel) === undefined ? "–" : time(base(kernel)),
    ...sides.map((side) => cell(side, kernel)),
  ]);
  return { figures: markdown(["", "wasmtime, without interruption", ...sides.map(labelOf)], rows) };
}
