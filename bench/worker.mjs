// The worker's side of bench/node.mjs: an instance of the same module behind postMessage.
import { parentPort, workerData } from "node:worker_threads";

const { exports } = new WebAssembly.Instance(workerData.module);
parentPort.on("message", ({ name, args }) => parentPort.postMessage(exports[name](...args)));
parentPort.postMessage("ready");
