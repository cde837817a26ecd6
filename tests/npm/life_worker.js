// An environment that is ended while its guests spin and wait.
import { parentPort } from "node:worker_threads";
import { compileFile, instantiate } from "runtime-wasm";

const basic = await compileFile("./wasm/basic.wasm");
const spinning = await instantiate(basic);
spinning.call("spin").catch(() => {});
const idle = await instantiate(basic);
await idle.call("add", 1, 2);
parentPort.postMessage("ready");
setInterval(() => idle.call("add", 1, 2), 0);
