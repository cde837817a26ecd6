// The batch on the command line: `runtime-wasm run main.js`. Logs go to the folder logs. Ctrl-C ends the jobs that run, and says how far they came.
import * as wasm from "runtime:wasm";
import { exit, onSignal, readDir, readTextFile, remove, stdout, terminalSize, writeFile } from "runtime:app";
import { batch } from "./batch.js";

const stop = new AbortController();
let printed = Promise.resolve();

const ended = batch(wasm, {
  readTextFile,
  writeFile,
  signal: stop.signal,
  readNames: async (folder) => (await readDir(folder)).map(({ name }) => name),
  async remove(path) {
    await remove(path).catch((error) => {
      if (error.reason !== "ENOENT") throw error;
    });
  },
  write(text) {
    // Whoever reads this may go away, and the batch goes on.
    printed = stdout.write(text).catch(() => {});
  },
  get columns() {
    return stdout.isTerminal ? terminalSize()?.columns || 80 : undefined;
  },
});

// The app ends as such a signal ends it, once what this gives has settled.
async function stopped() {
  stop.abort();
  await ended;
  await printed;
}
onSignal("SIGINT", stopped);
onSignal("SIGTERM", stopped);
const done = await ended;
await printed;
if (!stop.signal.aborted) exit(done ? 0 : 1);
