// What a call costs, from the app to the guest and back.
import { time } from "../driver/figures.mjs";
import { figures } from "../driver/processes.mjs";
import { inTurns } from "../driver/rounds.mjs";
import { command, engines } from "../driver/sides.mjs";
import { bySide, ratios } from "../driver/tables.mjs";

const ROWS = [
  { title: "one at a time", key: "one", write: time },
  { title: "the same by `exports`", key: "exports", write: time },
  { title: "50 under way", key: "flight50", write: time },
  { title: "5,000 under way", key: "flight5000", write: time },
  { title: "in a batch of 1,000", key: "batch", write: time },
  { title: "one to each of 100 instances", key: "hundred", write: time },
  { title: "a read of 16 bytes of memory", key: "read16", write: time },
  { title: "a write of 16 bytes of memory", key: "write16", write: time },
  { title: "for comparison: an async function that does nothing", key: "nothing", write: time },
];

export const name = "calls";

export function measure() {
  const side = (id) => [id, () => figures(command(id, "calls.js"))];
  return inTurns(Object.fromEntries([...engines(), "node", "bun", "deno", "extism", "extismPython", "wasmtimePython"].map(side)));
}

export const page = ({ results }) => ({ ratios: ratios(results, ROWS), figures: bySide(results, ROWS) });
