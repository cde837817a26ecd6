// Puts the package together, and the one with the native half for this platform.
//
//   node npm/tools/pack.mjs FOLDER_OF_THE_BUILD OUT [--staged]
//
// Leaves OUT/runtime-wasm-VERSION.tgz and OUT/runtime-wasm-PLATFORM-VERSION.tgz; with --staged the same as folders, in OUT/node_modules, for the tests.
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { declarations } from "./declarations.mjs";
import { writeLayer } from "./layer.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
// npm runs in other folders.
const [built, out] = process.argv.slice(2, 4).map((folder) => resolve(folder));
const staged = process.argv[4];
const PLATFORM = "linux-x64-gnu";
const LICENSES = ["LICENSE-APACHE", "LICENSE-MIT"];

async function stageMain(folder) {
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, "npm/src"), folder, { recursive: true });
  for (const file of ["package.json", "README.md"]) if (existsSync(join(root, "npm", file))) copyFileSync(join(root, "npm", file), join(folder, file));
  for (const file of LICENSES) copyFileSync(join(root, file), join(folder, file));
  copyFileSync(join(root, "docs/manifest.schema.json"), join(folder, "manifest.schema.json"));
  await writeLayer(folder);
  const read = (file) => readFileSync(join(root, file), "utf8");
  const text = declarations(read("js/runtime-wasm.d.ts"), read("npm/host.d.ts"), JSON.parse(read("docs/manifest.schema.json")));
  for (const file of ["index.d.ts", "index.d.mts"]) writeFileSync(join(folder, file), text);
}

function stagePlatform(folder) {
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(root, `npm/${PLATFORM}.json`), join(folder, "package.json"));
  copyFileSync(join(built, "libruntime_wasm_node.so"), join(folder, "runtime-wasm.node"));
  copyFileSync(join(built, "runtime-wasm-compile"), join(folder, "runtime-wasm-compile"));
  for (const file of LICENSES) copyFileSync(join(root, file), join(folder, file));
}

const work = staged === "--staged" ? join(out, "node_modules") : mkdtempSync(join(tmpdir(), "runtime-wasm-pack-"));
try {
  const folders = ["runtime-wasm", `runtime-wasm-${PLATFORM}`].map((name) => join(work, name));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  await stageMain(folders[0]);
  stagePlatform(folders[1]);
  if (staged !== "--staged") {
    mkdirSync(out, { recursive: true });
    for (const folder of folders) {
      const name = execFileSync("npm", ["pack", "--silent", "--pack-destination", out], { cwd: folder, encoding: "utf8" }).trim();
      console.log(`npm: ${join(out, name)}`);
    }
  }
} finally {
  if (staged !== "--staged") rmSync(work, { recursive: true, force: true });
}
