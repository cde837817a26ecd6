// How long a stop takes in each state that a guest may be in: from the stop to the settled promise of its call, and to the
// end of its thread. Prints one JSON object: for each state two lists of microseconds.
import { args } from "runtime:app";
import { compileFile, instantiate } from "runtime:wasm";

const kills = Number(args[0]);
const module = await compileFile("./guest.wasm");
const starting = await compileFile("./start.wasm");
const now = () => performance.now() * 1000;
const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

/** A guest that is in this state, and the promise of its call, which resolves to the time when it settled. */
async function inState(state) {
  let begun;
  const hasBegun = new Promise((resolve) => begun = resolve);
  const imports = { app: { begun, never: () => new Promise(() => {}) } };
  const instance = await instantiate(module, { stdin: "piped", stdout: "piped", imports });
  const settled = instance.call(state).catch(now);
  await hasBegun;
  return { instance, settled };
}

/** A guest whose app calls what traps, again and again. */
async function trapping() {
  const { app } = { app: { begun() {}, never() {} } };
  const instance = await instantiate(module, { imports: { app } });
  const calls = async () => {
    for (;;) {
      const error = await instance.call("trap").catch((error) => error);
      if (error.trap === undefined) return now();
    }
  };
  return { instance, settled: calls() };
}

async function stop({ instance, settled }) {
  await turn();
  const from = now();
  const gone = instance.terminate().then(now);
  return [await settled - from, await gone - from];
}

/** In its start function: there is no instance to terminate yet, so a signal does it. */
async function stopStart() {
  const abort = new AbortController();
  const settled = instantiate(starting, { signal: abort.signal }).catch(now);
  await turn();
  const from = now();
  abort.abort();
  return [await settled - from];
}

const out = {};
for (const state of ["spin", "fill", "grow", "recurse", "sleep", "read", "write", "wait", "trap", "start"]) {
  const times = [[], []];
  for (let i = 0; i < kills; i++) {
    const measured = state === "start" ? await stopStart() : await stop(state === "trap" ? await trapping() : await inState(state));
    measured.forEach((time, which) => times[which].push(time));
  }
  out[state] = { settled: times[0], gone: times[1] };
}
console.log(JSON.stringify(out));
