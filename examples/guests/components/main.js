// Hosts shout.wasm, a component, whatever it was written in: text goes in and comes out, and an error is one to catch.
import { args } from "runtime:app";
import { compileFile, instantiate } from "runtime:wasm";

const module = await compileFile(args[0] ?? "./shout.rust.wasm");
const plugin = await instantiate(module, {
  name: "shout",
  imports: {
    "demo:shout/app": {
      // The plugin calls it, and waits until it has returned.
      log: (text) => console.log("the plugin says:", text),
    },
  },
});
console.log(await plugin.exports.shout("hello, wörld"));
console.log(await plugin.exports.divide(-7, 2));
try {
  await plugin.exports.divide(7, 0);
} catch (error) {
  console.log(error.code, error.payload);
}
await plugin.drop();
