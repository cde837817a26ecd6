// Very many lives in one process leave nothing behind: neither threads, nor maps, nor memory.
import { readdirSync, readFileSync } from "node:fs";
import { compileFile, instantiate } from "runtime-wasm";

const LIVES = Number(process.env.LIVES ?? "4000");
const basic = await compileFile("./wasm/basic.wasm");
const held = () => ({
  threads: readdirSync("/proc/self/task").length,
  maps: readFileSync("/proc/self/maps", "utf8").split("\n").length,
  mebibytes: Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 1024,
});
async function live(count) {
  for (let done = 0; done < count; done += 10) {
    await Promise.all(Array.from({ length: 10 }, async () => {
      const instance = await instantiate(basic);
      await instance.call("add", 1, 2);
      await instance.drop();
    }));
  }
  globalThis.gc?.();
}
await live(LIVES / 2);
const before = held();
await live(LIVES);
const after = held();
const grown = Object.keys(before).map((key) => `${key} ${before[key].toFixed(0)} -> ${after[key].toFixed(0)}`).join(", ");
const fine = after.threads <= before.threads + 8 && after.maps <= before.maps + 200 && after.mebibytes <= before.mebibytes + 40;
console.log(`${grown}\n${fine ? 0 : 1} failed, ${LIVES} lives`);
process.exit(fine ? 0 : 1);
