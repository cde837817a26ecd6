// What the scripts for node share: workers with an instance of a module behind postMessage, and clocks in microseconds.
import { Worker } from "node:worker_threads";

export const now = () => performance.now() * 1000;
export const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

export async function timed(work) {
  const from = now();
  await work();
  return now() - from;
}

export function spawn(module) {
  const worker = new Worker(new URL("./node_thread.mjs", import.meta.url), { workerData: { module } });
  return new Promise((resolve) => worker.once("message", () => resolve(worker)));
}

export function call(worker, name, ...args) {
  return new Promise((resolve) => {
    worker.once("message", resolve);
    worker.postMessage({ name, args });
  });
}
