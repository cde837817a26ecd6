// The thread of a worker of bench/node_worker.mjs: an instance of the module behind postMessage.
import { parentPort, workerData } from "node:worker_threads";

const { exports } = new WebAssembly.Instance(workerData.module);
parentPort.on("message", ({ name, args }) => parentPort.postMessage(exports[name](...args)));
parentPort.postMessage("ready");
