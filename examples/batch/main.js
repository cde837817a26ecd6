// The batch on the command line: `runtime-wasm run main.js`. Logs are printed at the end, each line with the name of its job.
import * as wasm from "runtime:wasm";
import { exit } from "runtime:app";
import { batch } from "./batch.js";
import jobs from "./jobs.json" with { type: "json" };

const terminal = { write: (text) => console.log(text.trimEnd()), columns: undefined };
const logs = [];
const decoder = new TextDecoder();
// What a program prints may be meant for the terminal rather than for its reader.
const printable = (text) => text.replace(/[^\P{Cc}\n\t]/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
const keep = (name, parts) => {
  const text = printable(parts.map((part) => decoder.decode(part)).join(""));
  for (const line of text.split("\n")) if (line !== "") logs.push(`${name} | ${line}`);
};
const failures = await batch(wasm, jobs, terminal, keep);
console.log(logs.join("\n"));
exit(failures === 0 ? 0 : 1);
