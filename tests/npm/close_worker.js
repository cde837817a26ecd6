// A worker with a host of its own, and a guest that spins; see close.js.
import { parentPort } from "node:worker_threads";
import { createHost } from "runtime-wasm";
import { busy } from "./check.js";

const host = createHost({ manifest: { capabilities: { wasm: { load: ["./wasm/*.wasm"] } } }, cache: false });
const instance = await host.instantiate(await host.compileFile("./wasm/basic.wasm"));
instance.call("spin").catch(() => {});
await busy(instance);
parentPort.postMessage("ready");
