// Makes as many instances as its first argument says, calls each once if the second is "called", waits a while, says so, and waits to be killed.
import { args, compileFile, instantiate } from "./host.js";

const module = await compileFile("./small.wasm");
// Held: an instance of which the app has lost sight is dropped.
const instances = [];
for (let index = 0; index < Number(args[0]); index++) {
  const instance = await instantiate(module);
  if (args[1] === "called") await instance.call("add", 1, 2);
  instances.push(instance);
}
// Idle is who has been so for a while: then stacks have been given back, and garbage collected.
await new Promise((resolve) => setTimeout(resolve, 1500));
console.log("ready");
setInterval(() => instances.length, 1000);
