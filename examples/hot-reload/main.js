// Eight clients ask a plugin all the time, and its file is replaced meanwhile: `runtime-wasm run main.js`, and in another terminal
// `cp versions/2.wasm plugins/new && mv plugins/new plugins/plugin.wasm` (moving it there is what makes it whole at every moment). It ends after as many
// replacements as its argument says, or at Ctrl-C, and says whether a request was lost.
import * as wasm from "runtime:wasm";
import { args, onSignal, watch } from "runtime:app";
import { Reloading } from "./reload.js";

const CLIENTS = 8;
const PLUGIN = "./plugins/plugin.wasm";
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let over = false;
const [asked, answered, stopped] = [new Set(), new Map(), new Set()];
async function client(plugin, first) {
  for (let [number, last] = [first, false]; !last; number += CLIENTS) {
    // The last one begins when all has been replaced.
    last = over;
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

async function main() {
  // From here on no change is missed.
  const changes = await watch(PLUGIN);
  const plugin = new Reloading(wasm, PLUGIN);
  await plugin.load();
  console.log("loaded");
  const clients = Array.from({ length: CLIENTS }, (_, first) => client(plugin, first));

  let left = Number(args[0] ?? Infinity);
  // The app ends as such a signal ends it, once all is said.
  const stop = () => {
    changes.close();
    return ended;
  };
  onSignal("SIGINT", stop);
  onSignal("SIGTERM", stop);
  await plugin.follow(changes, (what) => {
    console.log(what);
    if (what === "replaced" && --left === 0) changes.close();
  });
  over = true;
  await Promise.all(clients);
  await plugin.close();
  for (const [version, count] of [...answered].sort()) console.log(`version ${version} answered ${count} requests`);
  console.log(`${stopped.size} never ended and were stopped; ${asked.size} were lost`);
}
const ended = main();
await ended;
