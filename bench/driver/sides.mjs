// What runs a script of bench/work, or the like of it, and how: for each side of a comparison a command.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { peer, pinned } from "./peers.mjs";
import { scale } from "./settings.mjs";

const here = fileURLToPath(new URL("..", import.meta.url));
const binaries = {
  quickjs: process.env.RUNTIME_WASM ?? join(here, "../target/release/runtime-wasm"),
  v8: process.env.RUNTIME_WASM_V8,
};

/** The npm package, as it is installed. */
const npm = process.env.RUNTIME_WASM_NPM ?? join(here, "../target/npm-bench/node_modules");

// (memory 1), add(i32, i32), spin(): (loop br 0)
const SMALL = "AGFzbQEAAAABCgJgAn9/AX9gAAADAwIAAQUDAQABBxcDBm1lbW9yeQIAA2FkZAAABHNwaW4AAQoRAgcAIAAgAWoLBwADQAwACws=";
// (memory (export "memory") 1040): 65 MiB
const ROOMY = [0, 97, 115, 109, 1, 0, 0, 0, 5, 4, 1, 0, 0x90, 8, 7, 10, 1, 6, 109, 101, 109, 111, 114, 121, 2, 0];
// (func $spin (loop br 0)) (start $spin)
const STARTING = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 8, 1, 0, 10, 9, 1, 7, 0, 3, 64, 12, 0, 11, 11];
const GUESTS = {
  "small.wasm": Buffer.from(SMALL, "base64"),
  "roomy.wasm": Uint8Array.from(ROOMY),
  "start.wasm": Uint8Array.from(STARTING),
  "manifest.app.toml": '[capabilities.wasm]\nload = ["./*.wasm"]\nmax_instances = 10000\n',
  "package.json": '{ "type": "module" }\n',
};

let folder;
/**
 * The folder of this run, gone with it. In `ours` are the scripts that only we can run; those of bench/work are there once for each of these, in `work`
 * for us, in `npm` for our package, in `workers` and in `isolated`, with the `host.js` of each. Guests are everywhere.
 */
function workplace() {
  if (folder !== undefined) return folder;
  folder = mkdtempSync(join(tmpdir(), "runtime-wasm-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
  for (const side of ["ours", "work", "npm", "workers", "isolated"]) {
    mkdirSync(join(folder, side));
    for (const [name, bytes] of Object.entries(GUESTS)) put(side, name, bytes);
  }
  const copy = (from, side) => {
    for (const name of readdirSync(join(here, from))) if (name.endsWith(".js")) copyFileSync(join(here, from, name), place(side, name));
  };
  copy(".", "ours");
  for (const [side, host] of [["work", "ours.js"], ["npm", "npm.js"], ["workers", "workers.js"], ["isolated", "isolated.js"]]) {
    copy("work", side);
    copyFileSync(join(here, "hosts", host), place(side, "host.js"));
  }
  copyFileSync(join(here, "hosts/worker.js"), place("workers", "worker.js"));
  symlinkSync(npm, place("npm", "node_modules"));
  return folder;
}

/** A file in one of the folders. */
export const place = (side, name) => join(workplace(), side, name);
export const put = (side, name, bytes) => writeFileSync(place(side, name), bytes);

const guests = new Map();
/** A guest that is built from C, once, for all sides. */
export function built(name, source) {
  if (!guests.has(name)) {
    execFileSync(join(here, "build.sh"), [place("ours", name), join(here, source)]);
    for (const side of ["work", "npm", "workers", "isolated"]) copyFileSync(place("ours", name), place(side, name));
    guests.set(name, place("workers", name));
  }
  return guests.get(name);
}

function binary(side) {
  if (binaries[side]) return binaries[side];
  throw new Error("no binary is given for it");
}
/** Our engines, as far as there are binaries. */
export const engines = () => ["quickjs", "v8"].filter((side) => binaries[side]);

const ours = (side, ...options) => (script, args) => [binary(side), "run", ...options, ["work", "ours"].map((from) => place(from, script)).find(existsSync), ...args];
const workers = (program) => (script, args) => [...program(), place("workers", script), ...args];
/** By our npm package, on the same program. */
const byNpm = (program) => (script, args) => {
  if (!existsSync(npm)) throw new Error("the npm package is not put together; `make bench` does it");
  return [...program(), place("npm", script), ...args];
};
const onNode = () => [process.execPath];
const onBun = () => [peer("bun")];
const onDeno = () => [peer("deno"), "run", "-A"];
/** A script for Python, which is told what to do by the name of the script for JavaScript. */
const python = (name, wasm) => (script, args) =>
  ["env", `PYTHONPATH=${peer(name)}`, "python3", join(here, `hosts/peer_${name.replace("-", "_")}.py`), script.replace(".js", ""), wasm(script), ...args];
const plugin = () => built("extism.wasm", "hosts/extism.c");
const moduleOf = (script) => script === "messages.js" ? place("workers", "roomy.wasm") : script === "kernels.js" ? built("work.wasm", "work.c") : place("workers", "small.wasm");

const SIDES = {
  quickjs: { version: () => ourVersion("quickjs"), command: ours("quickjs") },
  v8: { version: () => ourVersion("v8"), command: ours("v8") },
  protection: { version: () => ourVersion("quickjs"), command: ours("quickjs", "--interruption", "protection") },
  fuel: { version: () => ourVersion("quickjs"), command: ours("quickjs") },
  npmNode: { version: npmVersion, command: byNpm(onNode) },
  npmBun: { version: npmVersion, command: byNpm(onBun) },
  npmDeno: { version: npmVersion, command: byNpm(onDeno) },
  node: { version: () => process.versions.node, command: workers(onNode) },
  bun: { version: () => pinned("bun"), command: workers(onBun) },
  deno: { version: () => pinned("deno"), command: workers(onDeno) },
  isolated: {
    version: () => pinned("isolated-vm"),
    command: (script, args) => ["env", `ISOLATED_VM=${peer("isolated-vm")}`, process.execPath, place("isolated", script), ...args],
  },
  extism: {
    version: () => pinned("extism"),
    command: (script, args) => ["env", `EXTISM=${peer("extism")}`, process.execPath, join(here, "hosts/extism.mjs"), script.replace(".js", ""), plugin(), ...args],
  },
  extismPython: { version: () => pinned("extism-python"), command: python("extism-python", plugin) },
  wasmtimePython: { version: () => pinned("wasmtime"), command: python("wasmtime", moduleOf) },
  wasmtime: { version: () => pinned("wasmtime-cli") },
};

function npmVersion() {
  return JSON.parse(readFileSync(join(npm, "runtime-wasm/package.json"), "utf8")).version;
}
const ourVersion = (side) => execFileSync(binary(side), ["-V"], { encoding: "utf8" }).trim().split(" ").at(-1);

export const version = (side) => SIDES[side].version();
/** What runs a script of bench/work on a side. Its last argument is how much of the work is to be done. */
export const command = (side, script, args = []) => SIDES[side].command(script, [...args, scale]).map(String);
export const exec = (args) => [binary("quickjs"), "exec", ...args];
export const wasmtime = (args) => [peer("wasmtime-cli"), "run", ...args];
export const binaryOf = binary;
export const peerOf = peer;
