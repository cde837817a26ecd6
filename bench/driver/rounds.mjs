// Rounds in which the sides take turns, so that what the machine does besides befalls all of them.
import { labelOf } from "./names.mjs";
import { rounds } from "./settings.mjs";

/**
 * Runs each side's work once a round. Gives the results by side, one a round, and why a side has none: whoever fails is left out of
 * the rest, and what it had is thrown away. A side that is not asked for (no binary is given) is silently not there.
 */
export async function inTurns(works, count = rounds) {
  const results = {};
  const leftOut = {};
  for (let round = 0; round < count; round++) {
    for (const [side, work] of Object.entries(works)) {
      if (side in leftOut) continue;
      const from = Date.now();
      try {
        (results[side] ??= []).push(await work(round));
      } catch (error) {
        delete results[side];
        leftOut[side] = error.message;
        console.log(`bench: ${labelOf(side)}: ${error.message}`);
      }
      if (process.env.BENCH_VERBOSE) console.log(`bench: ${labelOf(side)}: ${((Date.now() - from) / 1000).toFixed(1)} s`);
    }
  }
  return { results, leftOut };
}
