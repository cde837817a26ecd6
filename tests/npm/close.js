// What a host has of the machine is given back when it is closed, whatever its guests were at.
import { readdirSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { compileFile, createHost } from "runtime-wasm";
import { busy, equal, ok, rejects, test } from "./check.js";

const manifest = { capabilities: { wasm: { load: ["./wasm/*.wasm"] } } };
const count = (what) => readdirSync("/proc/self/" + what).length;
/** Waits until there are no more of them than so many, for long enough. */
async function atMost(what, most) {
  for (let round = 0; round < 500 && count(what) > most; round++) await new Promise((resolve) => setTimeout(resolve, 10));
  return count(what) - most;
}

test("a host that is closed has no threads and no descriptors, and its functions refuse", async () => {
  const warm = createHost({ manifest, cache: false });
  await warm.instantiate(await warm.compileFile("./wasm/basic.wasm"));
  await warm.close();
  const [threads, descriptors] = [count("task"), count("fd")];
  for (let round = 0; round < 20; round++) {
    const host = createHost({ manifest, cache: false });
    const module = await host.compileFile("./wasm/basic.wasm");
    const instance = await host.instantiate(module);
    equal(await instance.call("add", 1, 2), [3]);
    const spins = instance.call("spin").catch((error) => error.code);
    const compiles = host.compileFile("./wasm/basic.wasm").then(() => "compiled");
    await busy(instance);
    await host.close();
    equal(await Promise.all([spins, compiles, instance.closed.then(({ reason }) => reason)]), [5002, "compiled", "terminated"]);
    for (const refused of [() => host.compileFile("./wasm/basic.wasm"), () => instance.call("add", 1, 2), () => host.instantiate(module)]) {
      const error = await new Promise((resolve) => resolve(refused())).catch((thrown) => thrown);
      ok(error instanceof TypeError && error.message.includes("has been closed"), String(error));
    }
    await host.close();
  }
  ok(await atMost("task", threads + 2) <= 0, `${threads} threads have become ${count("task")}`);
  ok(await atMost("fd", descriptors + 2) <= 0, `${descriptors} descriptors have become ${count("fd")}`);
});

test("it is closed at the end of a block, and beside others", async () => {
  const other = createHost({ manifest, cache: false });
  const instance = await other.instantiate(await other.compileFile("./wasm/basic.wasm"));
  const host = createHost({ manifest, cache: false });
  await host[Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]();
  await rejects(other.compileFile("./wasm/none.wasm"), 5008);
  equal(await instance.call("add", 1, 2), [3]);
  await other.close();
  // That of the app goes on.
  ok(await compileFile("./wasm/basic.wasm") > 0);
});

test("the end of a worker gives back what its hosts had", async () => {
  const ended = async () => {
    const worker = new Worker(new URL("./close_worker.js", import.meta.url));
    await new Promise((resolve, reject) => worker.on("message", resolve).on("error", reject));
    await worker.terminate();
  };
  await ended();
  const [threads, descriptors] = [count("task"), count("fd")];
  for (let round = 0; round < 10; round++) await ended();
  ok(await atMost("task", threads + 4) <= 0, `${threads} threads have become ${count("task")}`);
  ok(await atMost("fd", descriptors + 8) <= 0, `${descriptors} descriptors have become ${count("fd")}`);
});
