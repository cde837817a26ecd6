// What the scripts of bench/work run on, for node, Bun and Deno: an instance in a worker, in the shape of runtime:wasm. The module is compiled
// once and sent; answers come in the order of the requests, so that a queue of those who wait is enough.
import { readFileSync } from "node:fs";

const onNode = typeof Worker === "undefined";
const threads = onNode ? await import("node:worker_threads") : null;

export const args = globalThis.Deno?.args ?? process.argv.slice(2);
/** Of all threads of the process, in steps of ten milliseconds. */
export function processorMicros() {
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
/** Elsewhere `terminate()` resolves, and a guest in a loop goes on for good: bench/work/spawn.js looks. */
export const canStop = onNode;
export const exit = (code) => process.exit(code);
export const compileFile = async (path) => new WebAssembly.Module(readFileSync(new URL(path, import.meta.url)));
export const compile = (bytes) => WebAssembly.compile(bytes);
export const dropModule = async () => {};

export async function instantiate(module) {
  const url = new URL("./worker.js", import.meta.url);
  const worker = onNode ? new threads.Worker(url, { workerData: module }) : new Worker(url, { type: "module" });
  const waiting = [];
  const answer = (data) => waiting.shift()(data);
  const ask = (message, moved = []) => new Promise((resolve) => {
    waiting.push(resolve);
    worker.postMessage(message, moved);
  });
  if (onNode) worker.on("message", answer);
  else worker.onmessage = (event) => answer(event.data);
  // Node's way is to hand the module over at the start; the web's is a first message.
  await (onNode ? new Promise((resolve) => waiting.push(resolve)) : ask(module));
  const end = async () => await worker.terminate();
  return {
    call: (name, ...values) => ask([[name, ...values]]),
    callBatch: (calls) => ask(calls),
    memory: {
      read: (offset, length) => ask({ offset, length }),
      write: (offset, bytes) => ask({ offset, bytes }),
    },
    drop: end,
    terminate: end,
  };
}
