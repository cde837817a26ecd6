// A Python to talk to, on Node: `npm install`, then `node node.js`, or `node node.js < lines.txt`
import { createInterface } from "node:readline";
import * as wasm from "runtime-wasm";
import { repl } from "./repl.js";

const { stdin, stdout } = process;
// Begins to read when it is first asked: lines that come before that would be lost.
async function* lines() {
  yield* createInterface({ input: stdin, output: stdin.isTTY ? stdout : undefined });
}
await repl(wasm, lines(), (text) => stdout.write(text), () => stdin.isTTY && stdout.write(">>> "));
