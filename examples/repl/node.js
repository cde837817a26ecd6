// A Python to talk to, on Node: `npm install`, then `node node.js`, or `node node.js < lines.txt`
import * as wasm from "runtime-wasm";
import { repl } from "./repl.js";

const { stdin, stdout } = process;
await repl(wasm, {
  input: stdin,
  interactive: stdin.isTTY === true,
  write: (text) => stdout.write(text),
  onInterrupt: (listener) =>
    process.on("SIGINT", () => {
      if (!listener()) process.exit(130);
    }),
});
