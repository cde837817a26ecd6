// The app. It hosts a plugin that it does not trust: `runtime-wasm run main.ts`
import { compileFile, instantiate, WasmError } from "runtime:wasm";

// What may be loaded is declared in manifest.app.toml, and so are the limits: 200 ms of processor time for a call, 16 MiB of memory.
const module = await compileFile("./plugins/plugin.wasm");
async function start() {
  const plugin = await instantiate(module, { name: "plugin", stdout: "inherit", stderr: "inherit" });
  // Once, before anything else, where a plugin has it.
  const exports = await plugin.getExports();
  if (exports.some(({ name }) => name === "_initialize")) await plugin.call("_initialize");
  return plugin;
}

let plugin = await start();
console.log(await plugin.callText("shout", "hello, world"));

// A loop that never ends. It runs on the plugin's own thread, so the app goes on, and the limit ends it.
let ticks = 0;
const ticking = setInterval(() => ticks++, 10);
try {
  await plugin.call("spin");
} catch (error) {
  if (!(error instanceof WasmError)) throw error;
  console.log(`stopped: ${error.name} ${error.code}. Meanwhile the app's timer has fired ${ticks} times.`);
}
clearInterval(ticking);

// A limit of time ends the instance. Another one is made of the same module, with a memory of its own.
plugin = await start();
console.log(await plugin.callText("shout", "once more"));
await plugin.drop();

// What the manifest does not grant is not there.
await compileFile("/etc/passwd").catch((error) => console.log("refused:", error.name, error.code));
