// Makes as many instances as its argument says, prints a line, and waits to be killed. See bench/run.mjs.
import { args } from "runtime:app";
import { compileFile, instantiate } from "runtime:wasm";

const module = await compileFile("./bench.wasm");
// Held: an instance of which the app has lost sight is dropped.
const instances = [];
for (let i = 0; i < Number(args[0]); i++) instances.push(await instantiate(module));
console.log("ready");
setInterval(() => instances.length, 1000);
