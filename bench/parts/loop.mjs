// The longest gap of a timer of 1 ms while what is large is handled.
import { median, quantile, time } from "../driver/figures.mjs";
import { labelOf } from "../driver/names.mjs";
import { figures } from "../driver/processes.mjs";
import { inTurns } from "../driver/rounds.mjs";
import { at } from "../driver/settings.mjs";
import { command, engines, put } from "../driver/sides.mjs";
import { markdown, sidesOf } from "../driver/tables.mjs";

export const name = "loop";

export function measure() {
  const head = Buffer.from([0, 97, 115, 109, 1, 0, 0, 0, 0, 0x82, 0x80, 0x80, 0x10, 1, 97]);
  put("ours", "large.wasm", Buffer.concat([head, Buffer.alloc(32 * 2 ** 20)]));
  const comment = "// a comment that is long enough to make this large, and is thrown away\n";
  put("ours", "large.ts", comment.repeat(4000) + "export const x: number = 1;\n");
  const one = async (side) => await figures(command(side, "loop.js", [at({ full: 11, quick: 5, smoke: 1 })]));
  return inTurns(Object.fromEntries(engines().map((side) => [side, () => one(side)])), 1);
}

export function page({ results }) {
  const sides = sidesOf(results);
  const rows = Object.keys(results.quickjs[0]).map((work) => [
    work,
    ...sides.flatMap((side) => [median(results[side][0][work]), quantile(results[side][0][work], 1)].map((millis) => time(millis * 1000))),
  ]);
  return { figures: markdown(["", ...sides.flatMap((side) => [`${labelOf(side)}: median`, "worst"])], rows) };
}
