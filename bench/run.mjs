// `make bench`: runtime:wasm beside node's worker_threads, the same work in the same run, as ratios.
//
// Machines differ and are noisy: read the ratios, not the figures. Both sides run the same module; the rounds alternate, and
// the median of the rounds is shown.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const [binary = join(here, "../target/release/runtime-wasm"), scale = "1"] = process.argv.slice(2);
const ROUNDS = 5;
const IDLE = 500;

// (memory 1), add(i32, i32), spin(): (loop br 0)
const MODULE = "AGFzbQEAAAABCgJgAn9/AX9gAAADAwIAAQUDAQABBxcDBm1lbW9yeQIAA2FkZAAABHNwaW4AAQoRAgcAIAAgAWoLBwADQAwACws=";

const folder = mkdtempSync(join(tmpdir(), "runtime-wasm-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true }));
const wasm = join(folder, "bench.wasm");
writeFileSync(wasm, Buffer.from(MODULE, "base64"));
writeFileSync(join(folder, "manifest.app.toml"), '[capabilities.wasm]\nload = ["./*.wasm"]\n');
for (const script of ["main.js", "idle.js"]) copyFileSync(join(here, script), join(folder, script));

const ours = () => JSON.parse(execFileSync(binary, ["run", join(folder, "main.js"), scale]));
const nodes = () => JSON.parse(execFileSync(process.execPath, [join(here, "node.mjs"), wasm, scale]));

/** Bytes that `count` idle instances keep resident, read from outside. */
function resident(count) {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, ["run", join(folder, "idle.js"), String(count)], { stdio: ["ignore", "pipe", "inherit"] });
    child.on("error", reject);
    child.stdout.once("data", () => {
      const pages = Number(readFileSync(`/proc/${child.pid}/statm`, "utf8").split(" ")[1]);
      child.kill();
      child.once("exit", () => resolve(pages * 4096));
    });
  });
}

const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
const rounds = [];
for (let round = 0; round < ROUNDS; round++) {
  const mine = ours();
  mine.idleBytes = ((await resident(IDLE)) - (await resident(0))) / IDLE;
  rounds.push({ mine, node: nodes() });
}

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
