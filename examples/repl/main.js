// A Python to talk to, on the command line: `runtime-wasm run main.js`, or `runtime-wasm run main.js < lines.txt`
import { onSignal, stdin, stdout } from "runtime:app";
import * as wasm from "runtime:wasm";
import { repl } from "./repl.js";

await repl(wasm, {
  input: stdin.readable,
  interactive: stdin.isTerminal,
  // Whoever reads this may go away, and the lines still do what they do.
  write: (text) => stdout.write(text).catch(() => {}),
  onInterrupt: (listener) =>
    onSignal("SIGINT", (event) => {
      if (listener()) event.preventDefault();
    }),
});
