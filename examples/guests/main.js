// Hosts shout.wasm, whatever it was written in: passes a string in, reads one back, and looks at a trap.
import { args } from "runtime:app";
import { compileFile, instantiate } from "runtime:wasm";

const imports = {
  env: {
    // The plugin calls it, and waits until it has returned.
    async log(at, length) {
      const bytes = await this.memory.read(at >>> 0, length);
      console.log("the plugin says:", new TextDecoder().decode(bytes));
    },
  },
};
const module = await compileFile(args[0] ?? "./c/shout.wasm");
const plugin = await instantiate(module, { name: "shout", imports, stdout: "inherit" });

// Once, before anything else, where there is one.
const exports = await plugin.getExports();
if (exports.some(({ name }) => name === "_initialize")) await plugin.call("_initialize");

// Asks for room, writes, calls, reads and gives the room back, in one request.
console.log(await plugin.callText("shout", "hello, world"));
console.log(...await plugin.callBytes("reverse", new Uint8Array([1, 2, 3])));

try {
  await plugin.call("divide", 7, 0);
} catch (error) {
  const where = error.guestStack.find((frame) => /\bdivide\b/.test(frame));
  console.log(error.trap, error.call.args, where);
}
await plugin.drop();
