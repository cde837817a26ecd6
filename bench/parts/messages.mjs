// Bytes into a guest's memory and out of it, by their number.
import { bytes, time } from "../driver/figures.mjs";
import { lines, steepestInWords } from "../driver/growth.mjs";
import { labelOf } from "../driver/names.mjs";
import { steps } from "../driver/processes.mjs";
import { inTurns } from "../driver/rounds.mjs";
import { at } from "../driver/settings.mjs";
import { command, engines } from "../driver/sides.mjs";
import { curve, markdown, sidesOf } from "../driver/tables.mjs";

const MiB = 2 ** 20;
const SIZES = at({
  full: [1, 16, 256, 4096, 16384, 65536, 262144, MiB, 4 * MiB, 16 * MiB, 64 * MiB],
  quick: [1, 256, 4096, 65536, MiB, 16 * MiB, 64 * MiB],
  smoke: [1, 65536],
});

export const name = "messages";

export function measure() {
  const one = (side) => [side, () => steps(command(side, "messages.js", [JSON.stringify(SIZES)]))];
  return inTurns(Object.fromEntries([...engines(), "node", "bun", "deno", "extism", "extismPython", "wasmtimePython"].map(one)), at({ full: 3, quick: 1, smoke: 1 }));
}

const SIZE = { label: "bytes", scale: "log", unit: "bytes" };
const MICROS = { scale: "log", unit: "time" };

export function page({ results }) {
  const sides = sidesOf(results);
  const copies = { side: "copy", label: "a plain copy in the app", points: curve(results, "v8" in results ? "v8" : "quickjs", "bytes", "copy") };
  const table = (path) => {
    const curves = sides.map((side) => new Map(curve(results, side, "bytes", path)));
    const plainCopy = new Map(copies.points);
    return markdown(["bytes", ...sides.map(labelOf), "a plain copy"], [...curves[0].keys()].map((size) => [
      bytes(size),
      ...curves.map((values) => values.has(size) ? time(values.get(size)) : "–"),
      time(plainCopy.get(size)),
    ]));
  };
  return {
    both: table("both"),
    write: table("write"),
    read: table("read"),
    steepest: steepestInWords(curve(results, "quickjs", "bytes", "both").map(([size, value]) => [size, value / size]).filter(([size]) => size >= 4096)),
    plots: {
      "messages-both": lines(results, { title: "Bytes written to a guest and read back", x: SIZE, y: { ...MICROS, label: "time" }, key: "bytes", path: "both", extra: [copies] }),
      "messages-read": lines(results, { title: "Bytes read from a guest's memory", x: SIZE, y: { ...MICROS, label: "time" }, key: "bytes", path: "read", extra: [copies] }),
      "messages-write": lines(results, { title: "Bytes written to a guest's memory", x: SIZE, y: { ...MICROS, label: "time" }, key: "bytes", path: "write", extra: [copies] }),
    },
  };
}
