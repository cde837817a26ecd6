// `make bench`: runtime:wasm beside node's worker_threads, the same work in the same run.
//
//   node bench/run.mjs [all|basics|stops|crowd|loop] [SCALE]
//
// Machines differ and are noisy: read the ratios, and the medians of five rounds in which the two sides alternate.
import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const [what = "all", scale = "1"] = process.argv.slice(2);
const binary = process.env.RUNTIME_WASM ?? join(here, "../target/release/runtime-wasm");
const ROUNDS = 5;
const IDLE = 2000;
const SPINNERS = 64;
const KILLS = Math.max(5, Math.round(1000 * Number(scale)));

// (memory 1), add(i32, i32), spin(): (loop br 0)
const MODULE = "AGFzbQEAAAABCgJgAn9/AX9gAAADAwIAAQUDAQABBxcDBm1lbW9yeQIAA2FkZAAABHNwaW4AAQoRAgcAIAAgAWoLBwADQAwACws=";
// (func $spin (loop br 0)) (start $spin)
const STARTING = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 8, 1, 0, 10, 9, 1, 7, 0, 3, 64, 12, 0, 11, 11];

const folder = mkdtempSync(join(tmpdir(), "runtime-wasm-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true }));
const wasm = join(folder, "bench.wasm");
writeFileSync(wasm, Buffer.from(MODULE, "base64"));
writeFileSync(join(folder, "start.wasm"), Uint8Array.from(STARTING));
writeFileSync(join(folder, "manifest.app.toml"), '[capabilities.wasm]\nload = ["./*.wasm"]\n');
execFileSync(join(here, "build.sh"), [join(folder, "guest.wasm")]);
for (const script of ["main.js", "idle.js", "loop.js", "stops.js", "crowd.js"]) copyFileSync(join(here, script), join(folder, script));

const output = (program, args) => JSON.parse(execFileSync(program, args.map(String), { maxBuffer: 1 << 28 }));
const ours = (script, ...args) => output(binary, ["run", join(folder, script), ...args]);
const nodes = (script, ...args) => output(process.execPath, [join(here, script), wasm, ...args]);

/** The figure that a share of a list lies below. */
const quantile = (list, share) => list.sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))];
const median = (list) => quantile(list, 0.5);
const millis = (list, share) => (quantile(list, share) / 1000).toFixed(3).padStart(9);

/** Bytes that `count` idle instances keep resident, read from outside. */
function resident(count) {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, ["run", join(folder, "idle.js"), String(count)], { stdio: ["ignore", "pipe", "inherit"] });
    child.on("error", reject);
    child.stdout.once("data", () => {
      // Unlike `statm`, which may be behind by some pages for each thread.
      const exact = readFileSync(`/proc/${child.pid}/smaps_rollup`, "utf8");
      child.kill("SIGKILL");
      child.once("exit", () => resolve(1024 * Number(/^Rss: *(\d+)/m.exec(exact)[1])));
    });
  });
}

async function basics() {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const mine = ours("main.js", scale);
    mine.idleBytes = ((await resident(IDLE)) - (await resident(0))) / IDLE;
    rounds.push({ mine, node: nodes("node.mjs", scale) });
  }
  for (const round of rounds) round.node.stopMicros = median(round.node.stops);
  const rows = [
    ["call round trip", "callMicros", 1, "us"],
    ["spawn to first call", "spawnMicros", 1, "us"],
    ["memory of an idle instance", "idleBytes", 1024, "KiB"],
    ["stop of a spinning guest", "stopMicros", 1, "us"],
  ];
  console.log(`${ROUNDS} rounds, medians${" ".repeat(9)} runtime:wasm        node   node / runtime:wasm`);
  for (const [title, key, unit, name] of rows) {
    const mine = median(rounds.map((round) => round.mine[key] / unit));
    const node = median(rounds.map((round) => round.node[key] / unit));
    const ratio = median(rounds.map((round) => round.node[key] / round.mine[key]));
    console.log(`${title.padEnd(28)} ${mine.toFixed(1).padStart(8)} ${name} ${node.toFixed(1).padStart(9)} ${name} ${ratio.toFixed(1).padStart(8)} x`);
  }
}

/** From a stop to the settled call, and to the end of the thread, for each state of the guest. */
function stops() {
  const mine = ours("stops.js", KILLS);
  const { stops: node } = nodes("node.mjs", Math.min(1, Number(scale)));
  console.log(`\n${KILLS} stops in each state, ms        call settled: p50       p99   thread gone: p50       p99`);
  for (const [state, { settled, gone }] of Object.entries(mine)) {
    const rest = gone.length > 0 ? `          ${millis(gone, 0.5)} ${millis(gone, 0.99)}` : "";
    console.log(`${state.padEnd(46)} ${millis(settled, 0.5)} ${millis(settled, 0.99)}${rest}`);
  }
  console.log(`${`spin, node's worker.terminate(), ${node.length} times`.padEnd(66)}          ${millis(node, 0.5)} ${millis(node, 0.99)}`);
}

/** An app beside guests that spin: the median of five rounds of each figure. */
function crowd() {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({
      idle: ours("crowd.js", 0),
      mine: ours("crowd.js", SPINNERS),
      nodeIdle: nodes("node_crowd.mjs", 0),
      node: nodes("node_crowd.mjs", SPINNERS),
    });
  }
  const rows = [
    ["lag of a 1 ms timer, p50", "timer", 0.5],
    ["lag of a 1 ms timer, p99", "timer", 0.99],
    ["call of another instance, p50", "call", 0.5],
    ["call of another instance, p99", "call", 0.99],
    ["a new instance answers, p50", "spawn", 0.5],
    ["a new instance answers, p99", "spawn", 0.99],
    ["stopped call settled, p99", "settled", 0.99],
    ["stopped thread gone, p50", "gone", 0.5],
    ["stopped thread gone, p99", "gone", 0.99],
  ];
  console.log(`\n${SPINNERS} guests that spin, ms; medians of ${ROUNDS} rounds`);
  console.log(`${" ".repeat(32)}     idle  spinning   node idle  spinning`);
  for (const [title, key, share] of rows) {
    const figure = (side) => {
      const figures = rounds.map((round) => round[side][key]).filter((list) => list?.length > 0).map((list) => quantile(list, share) / 1000);
      return (figures.length > 0 ? median(figures).toFixed(2) : "-").padStart(9);
    };
    console.log(`${title.padEnd(30)} ${figure("idle")} ${figure("mine")}   ${figure("nodeIdle")} ${figure("node")}`);
  }
}

/** The longest gap of a timer of 1 ms while what is large is handled. */
function loop() {
  const head = Buffer.from([0, 97, 115, 109, 1, 0, 0, 0, 0, 0x82, 0x80, 0x80, 0x10, 1, 97]);
  writeFileSync(join(folder, "large.wasm"), Buffer.concat([head, Buffer.alloc(32 * 2 ** 20)]));
  const comment = "// a comment that is long enough to make this large, and is thrown away\n";
  writeFileSync(join(folder, "large.ts"), comment.repeat(4000) + "export const x: number = 1;\n");
  console.log("\nlongest gap of a 1 ms timer, ms         median     worst");
  for (const [name, gaps] of Object.entries(ours("loop.js", 11))) {
    console.log(`${name.padEnd(36)} ${median(gaps).toFixed(2).padStart(9)} ${Math.max(...gaps).toFixed(2).padStart(9)}`);
  }
}

if (what === "all" || what === "basics") await basics();
if (what === "all" || what === "stops") stops();
if (what === "all" || what === "crowd") crowd();
if (what === "all" || what === "loop") loop();
