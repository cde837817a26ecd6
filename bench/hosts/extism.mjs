// The peer Extism, by its SDK for JavaScript: a plug-in in a worker (`runInWorker`), which is what keeps it from holding up the event loop.
// Its plug-ins take bytes and give bytes, one call at a time; there is no memory to read. Prints figures under the names of bench/work.
//   extism.mjs calls|spawn|messages|idle WASM ARGS… SCALE
import { readFileSync } from "node:fs";

const { default: createPlugin } = await import(process.env.EXTISM);
const [what, path, ...rest] = process.argv.slice(2);
const scale = Number(rest.at(-1));
// Compiled once, and sent.
const module = await WebAssembly.compile(readFileSync(path));
const times = (count) => Math.max(3, Math.round(count * scale));
const now = () => performance.now() * 1000;
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
const plugin = () => createPlugin(module, { runInWorker: true });
const input = new Uint8Array(Uint32Array.of(1, 2).buffer);

async function add(made) {
  const sum = (await made.call("add", input)).getUint32(0, true);
  if (sum !== 3) throw new Error(`1 + 2 is ${sum}`);
}

async function sample(count, work) {
  const list = [];
  for (let index = 0; index < count; index++) {
    const from = now();
    await work();
    list.push(now() - from);
  }
  return median(list);
}

if (what === "calls") {
  const made = await plugin();
  await sample(times(200), () => add(made));
  console.log(JSON.stringify({ one: await sample(times(2000), () => add(made)) }));
}
if (what === "spawn") {
  const all = [];
  const spawn = await sample(times(30), async () => {
    const made = await plugin();
    await add(made);
    all.push(made);
  });
  console.log(JSON.stringify({ spawn }));
}
if (what === "messages") {
  const made = await plugin();
  for (const bytes of JSON.parse(rest[0])) {
    const data = new Uint8Array(bytes).fill(7);
    const both = await sample(times(Math.max(5, Math.min(200, Math.floor(5e7 / (bytes + 4096))))), () => made.call("echo", data));
    console.log(JSON.stringify({ bytes, both }));
  }
}
if (what === "idle") {
  const all = [];
  for (let index = 0; index < Number(rest[0]); index++) all.push(await plugin());
  console.log("ready");
  setInterval(() => all.length, 1000);
} else {
  process.exit(0);
}
