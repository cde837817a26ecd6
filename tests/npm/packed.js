// What is in the archives that are published. Node runs this.
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { ok, test } from "./check.js";

const { resolve } = createRequire(import.meta.url);
const whole = resolve("runtime-wasm/package.json");
const half = createRequire(whole).resolve("runtime-wasm-linux-x64-gnu");

/** The files that npm would put into the archive of the package in this folder. */
function packed(folder) {
  const [{ files }] = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  return files.map(({ path }) => path);
}

test("both packages have their licenses", () => {
  for (const file of [whole, half]) {
    const files = packed(dirname(file));
    for (const name of ["LICENSE-APACHE", "LICENSE-MIT", "package.json"]) ok(files.includes(name), `${name} is not in ${files}`);
  }
});

test("nothing that the package loads is left out", () => {
  const files = packed(dirname(whole));
  for (const name of ["index.cjs", "index.mjs", "index.d.ts", "index.d.mts", "layer.cjs", "shared.cjs", "manifest.schema.json", "README.md"]) ok(files.includes(name), `${name} is not in ${files}`);
});
