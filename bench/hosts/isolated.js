// What the scripts of bench/work run on, for isolated-vm: an instance in an isolate of its own, in the shape of runtime:wasm. Isolates share no
// compiled module, so each compiles it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const ivm = createRequire(import.meta.url)(process.env.ISOLATED_VM);
const INSIDE = `
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const call = (name, ...values) => exports[name](...values);
  globalThis.inside = {
    call,
    batch: (calls) => calls.map(([name, ...values]) => call(name, ...values)),
    read: (offset, length) => new Uint8Array(exports.memory.buffer, offset, length).slice(),
    write: (offset, bytes) => new Uint8Array(exports.memory.buffer).set(bytes, offset),
  };
  undefined`;

const isolates = [];

export const args = process.argv.slice(2);
export function processorMicros() {
  const { user, system } = process.cpuUsage();
  return user + system;
}
export const canStop = true;
/** With isolates that still run it would end in a segmentation fault. */
export function exit(code) {
  for (const isolate of isolates) if (!isolate.isDisposed) isolate.dispose();
  setTimeout(() => process.exit(code), 500);
}
export const compileFile = async (path) => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
export const compile = async (bytes) => bytes;
export const dropModule = async () => {};

export async function instantiate(bytes) {
  const isolate = new ivm.Isolate({ memoryLimit: 128 });
  isolates.push(isolate);
  const context = await isolate.createContext();
  await context.global.set("bytes", new ivm.ExternalCopy(bytes).copyInto());
  await (await isolate.compileScript(INSIDE)).run(context);
  const inside = await context.global.get("inside", { reference: true });
  const [call, batch, read, write] = await Promise.all(["call", "batch", "read", "write"].map((name) => inside.get(name, { reference: true })));
  const underWay = new Set();
  const kept = (promise) => {
    underWay.add(promise);
    const over = () => underWay.delete(promise);
    promise.then(over, over);
    return promise;
  };
  const copied = (value) => new ivm.ExternalCopy(value).copyInto({ release: true });
  /** What it ends, it says by ending the call that runs. */
  const end = async () => {
    isolate.dispose();
    await Promise.allSettled(underWay);
  };
  return {
    call: (name, ...values) => kept(call.apply(undefined, [name, ...values])),
    callBatch: (calls) => batch.apply(undefined, [copied(calls)], { result: { copy: true } }),
    memory: {
      read: (offset, length) => read.apply(undefined, [offset, length], { result: { copy: true } }),
      write: (offset, data) => write.apply(undefined, [offset, copied(data)]),
    },
    drop: end,
    terminate: end,
  };
}
