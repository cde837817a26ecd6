// The batch on Node: `npm install`, then `node node.js`. Logs go to the folder logs.
import { readFile, writeFile } from "node:fs/promises";
import * as wasm from "runtime-wasm";
import { batch } from "./batch.js";

const { stdout } = process;
const terminal = { write: (text) => stdout.write(text), get columns() { return stdout.isTTY ? stdout.columns || 80 : undefined; } };
const jobs = JSON.parse(await readFile(new URL("./jobs.json", import.meta.url), "utf8"));
const keep = (name, parts) => writeFile(new URL(`./logs/${name}.log`, import.meta.url), parts);
process.exitCode = (await batch(wasm, jobs, terminal, keep)) === 0 ? 0 : 1;
