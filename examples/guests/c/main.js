// Hosts shout.wasm: passes a string in, reads it back, and looks at a trap.
import { compileFile, instantiate } from "runtime:wasm";

const plugin = await instantiate(await compileFile("./shout.wasm"), { name: "shout" });
await plugin.call("_initialize"); // once, before anything else

const text = new TextEncoder().encode("hello, world");
const [at] = await plugin.call("alloc", text.length);
await plugin.memory.write(at, text);
const [changed] = await plugin.call("shout", at, text.length);
console.log(new TextDecoder().decode(await plugin.memory.read(at, text.length)), changed);
await plugin.call("release", at);

try {
  await plugin.call("divide", 7, 0);
} catch (error) {
  console.log(error.trap, error.call.args, error.guestStack[0]);
}
await plugin.drop();
