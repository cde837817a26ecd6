// A Python to talk to, on the command line; its arguments are the lines: `runtime-wasm run main.js "x = 6 * 7" "print(x)"`
import { args } from "runtime:app";
import * as wasm from "runtime:wasm";
import { repl } from "./repl.js";

const asked = [...args];
let open = "";
function print(text) {
  // A line is printed once it is whole.
  const lines = (open + text).split("\n");
  open = lines.pop();
  for (const line of lines) console.log(line);
}
await repl(wasm, args, print, () => asked.length > 0 && console.log(`>>> ${asked.shift()}`));
