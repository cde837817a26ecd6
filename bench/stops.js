// How long a stop takes in each state that a guest may be in: from the stop to the settled promise of its call, and to the
// end of its thread. Prints one JSON object: for each state two lists of microseconds.
import { args } from "runtime:app";
import { compile, compileFile, instantiate } from "runtime:wasm";

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

/** A module that takes a second or so to compile: many functions, each a long sum. */
function large() {
  const leb = (number) => number < 128 ? [number] : [number % 128 + 128, ...leb(Math.floor(number / 128))];
  const section = (id, bytes) => [id, ...leb(bytes.length), ...bytes];
  const sum = [0, 65, 1, ...Array.from({ length: 300 }, (_, index) => [65, index % 64, 106]).flat(), 11];
  const body = [...leb(sum.length), ...sum];
  const count = 2000;
  const bodies = new Uint8Array(count * body.length);
  for (let index = 0; index < count; index++) bodies.set(body, index * body.length);
  const head = [0, 97, 115, 109, 1, 0, 0, 0, ...section(1, [1, 96, 0, 1, 127]), ...section(3, [...leb(count), ...new Array(count).fill(0)])];
  const code = [10, ...leb(leb(count).length + bodies.length), ...leb(count)];
  const bytes = new Uint8Array(head.length + code.length + bodies.length);
  bytes.set(head);
  bytes.set(code, head.length);
  bytes.set(bodies, head.length + code.length);
  return bytes;
}

/** While it is compiled for guests with fuel, of which there is no code yet: what has been begun is given up, so there never is. */
async function stopCompiling() {
  compiled ??= await compile(large());
  const abort = new AbortController();
  const settled = instantiate(compiled, { limits: { fuel: 1 }, signal: abort.signal }).catch(now);
  for (let turns = 0; turns < 30; turns++) await turn();
  const from = now();
  abort.abort();
  return [await settled - from];
}
let compiled;

const ways = { start: stopStart, compile: stopCompiling, trap: async () => await stop(await trapping()) };
const out = {};
for (const state of ["spin", "fill", "grow", "recurse", "sleep", "read", "write", "wait", "trap", "start", "compile"]) {
  const times = [[], []];
  for (let i = 0; i < kills; i++) {
    const measured = ways[state] === undefined ? await stop(await inState(state)) : await ways[state]();
    measured.forEach((time, which) => times[which].push(time));
  }
  out[state] = { settled: times[0], gone: times[1] };
}
console.log(JSON.stringify(out));
