// Eight clients ask a plugin all the time, and its file is replaced meanwhile: `runtime-wasm run main.js`, and in another terminal
// `cp versions/2.wasm new && mv new plugins/plugin.wasm` (moving it there is what makes it whole at every moment). It ends after as many replacements as
// its argument says; without one it goes on.
import * as wasm from "runtime:wasm";
import { args } from "runtime:app";
import { Reloading } from "./reload.js";

const CLIENTS = 8;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const plugin = new Reloading(wasm, "./plugins/plugin.wasm");
await plugin.load();
console.log("loaded");

let over = false;
const [asked, answered, stopped] = [new Set(), new Map(), new Set()];
async function client(first) {
  for (let number = first; !over; number += CLIENTS) {
    // Now and then a request that the plugin never answers: that one is stopped, and nobody else notices.
    const spins = number % 200 === 13;
    asked.add(number);
    try {
      const [answer] = await plugin.call("answer", spins ? 13 : 14 + number);
      const version = answer - 10 * (14 + number);
      if (!answered.has(version)) console.log(`version ${version} answers`);
      answered.set(version, (answered.get(version) ?? 0) + 1);
      asked.delete(number);
    } catch (error) {
      if (!spins || error.code !== 5011) throw error;
      stopped.add(number);
      asked.delete(number);
    }
    await sleep(1);
  }
}
const clients = Array.from({ length: CLIENTS }, (_, first) => client(first));

/** Looks at the file again and again. The same bytes are compiled once, so looking costs little. */
async function watch(replacements) {
  let said;
  for (let count = 0; count < replacements; ) {
    await sleep(50);
    try {
      if (!(await plugin.load())) continue;
      console.log("replaced");
      count++;
      said = undefined;
    } catch (error) {
      // Said once, and looked at again: somebody may be about to put that right.
      if (error.message !== said) console.log(`kept: ${error.message}`);
      said = error.message;
    }
  }
}
await watch(Number(args[0] ?? Infinity));
// What was put there last is to answer, too, unless it never does.
const known = answered.size;
for (let waited = 0; waited < 1000 && answered.size === known; waited++) await sleep(10);
over = true;
await Promise.all(clients);
await plugin.close();

for (const [version, count] of [...answered].sort()) console.log(`version ${version} answered ${count} requests`);
console.log(`${stopped.size} never ended and were stopped; ${asked.size} were lost`);
