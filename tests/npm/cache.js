// Where compiled code is kept: what turns that off comes first, then the program's choice, the environment, the manifest, the user's folder.
import { existsSync, mkdtempSync, readdirSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHost } from "runtime-wasm";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "runtime-wasm-cache-")));
const at = (name) => join(folder, name);
const kept = (name) => existsSync(at(name)) && readdirSync(at(name)).length > 0;

/** Compiles with this manifest's `cache`, this option and this environment; gives where something is kept afterwards. */
async function compiled(manifest, cache, environment) {
  for (const name of ["RUNTIME_WASM_CACHE", "RUNTIME_WASM_CACHE_MAX", "XDG_CACHE_HOME"]) delete process.env[name];
  Object.assign(process.env, environment);
  const host = createHost({ manifest: { capabilities: { wasm: { load: ["./wasm/*.wasm"], ...manifest } } }, cache });
  await host.compileFile("./wasm/basic.wasm");
  return ["program", "environment", "manifest", "user/runtime-wasm"].filter(kept).join();
}

const user = { XDG_CACHE_HOME: at("user") };
const environment = { ...user, RUNTIME_WASM_CACHE: at("environment") };
const manifest = { cache: at("manifest") };
const cases = [
  ["off by the program", {}, false, user, ""],
  ["off by the manifest", { cache: false }, at("program"), environment, ""],
  ["off by the environment", manifest, undefined, { ...user, RUNTIME_WASM_CACHE: "" }, ""],
  ["the program's", manifest, at("program"), environment, "program"],
  ["the environment's", manifest, undefined, environment, "program,environment"],
  ["the manifest's", manifest, undefined, user, "program,environment,manifest"],
  ["the user's", {}, undefined, user, "program,environment,manifest,user/runtime-wasm"],
];
let failed = 0;
for (const [name, ...rest] of cases) {
  const found = await compiled(...rest.slice(0, 3));
  if (found !== rest[3]) console.log(`${name}: kept in "${found}", not in "${rest[3]}" (${++failed})`);
}
try {
  await compiled({}, undefined, { ...user, RUNTIME_WASM_CACHE_MAX: "much" });
  console.log(`RUNTIME_WASM_CACHE_MAX=much was taken (${++failed})`);
} catch (error) {
  if (!String(error.message).includes("RUNTIME_WASM_CACHE_MAX")) console.log(`${error} (${++failed})`);
}
console.log(`${failed} failed`);
process.exit(failed);
