// The batch on Node: `npm install`, then `node node.js`. Logs go to the folder logs. Ctrl-C ends the jobs that run, and says how far they came.
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import * as wasm from "runtime-wasm";
import { batch } from "./batch.js";

const { stdout } = process;
const stop = new AbortController();
// The second time, the signal ends the process at once.
process.once("SIGINT", () => stop.abort(130));
process.once("SIGTERM", () => stop.abort(143));

const here = (path) => new URL(path, import.meta.url);
const done = await batch(wasm, {
  readTextFile: (path) => readFile(here(path), "utf8"),
  writeFile: (path, parts) => writeFile(here(path), parts),
  readNames: (folder) => readdir(here(folder)),
  remove: (path) => rm(here(path), { force: true }),
  write: (text) => stdout.write(text),
  signal: stop.signal,
  get columns() {
    return stdout.isTTY ? stdout.columns || 80 : undefined;
  },
});
process.exitCode = stop.signal.aborted ? stop.signal.reason : done ? 0 : 1;
