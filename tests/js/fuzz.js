// Arguments of any type and size to every function: a WasmError or a TypeError, or an answer; never anything else.

import * as wasm from "runtime:wasm";
import { equal, ok, test } from "./check.js";

let module = await wasm.compileFile("./wasm/basic.wasm");
const cyclic = {};
cyclic.self = cyclic;
const revoked = Proxy.revocable([], {});
revoked.revoke();
const throwing = new Proxy({}, { get() { throw new TypeError("trap"); }, ownKeys() { throw new RangeError("trap"); } });

const values = [
  undefined, null, true, false, 0, -0, 1, -1, 1.5, NaN, Infinity, -Infinity, 2 ** 31, 2 ** 32, 2 ** 53, 1e300, -1e300,
  0n, 1n, -1n, 2n ** 64n, 2n ** 4000n, "", "add", "\0", "\ud800", "memory", "x".repeat(1 << 16), Symbol("s"), Symbol.iterator,
  {}, [], [1, 2], [[]], [undefined], { type: "i32", value: 1 }, { type: "i32" }, { type: {} }, { type: "v128", value: "x" },
  { length: 2 ** 53 }, Object.create(null), cyclic, revoked.proxy, throwing, new Date(NaN), /x/, new Map(), new Error("x"),
  () => 1, async () => {}, class A {}, new Uint8Array(0), new Uint8Array(16), new Uint8Array(70000), new Float64Array(2),
  new ArrayBuffer(8), new DataView(new ArrayBuffer(3)), new Array(5), new Array(2 ** 20), Promise.resolve(1), globalThis,
  { args: throwing }, { env: { A: {} } }, { preopens: { a: cyclic } }, { limits: { fuel: 1 } }, { limits: throwing },
  { stdin: new Uint8Array(3) }, { name: "\0" }, { args: ["\ud800"] }, { signal: throwing },
];

let seed = 12345;
function random(below) {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
  return (seed >>> 8) % below;
}
const some = () => values[random(values.length)];
const list = (count) => Array.from({ length: count }, some);

async function outcome(operation) {
  try {
    return await operation();
  } catch (error) {
    ok(error instanceof wasm.WasmError || error instanceof TypeError, `${error?.stack ?? String(error)}`);
    return undefined;
  }
}

test("every function takes anything", async () => {
  let instance = await wasm.instantiate(module);
  const methods = ["call", "callWith", "getExports", "addFuel", "terminate"];
  for (let round = 0; round < 3000; round++) {
    const id = random(3) === 0 ? some() : instance.id;
    const count = random(5);
    const made = await outcome(() => {
      switch (random(12)) {
        case 0: return wasm.compile(...list(count));
        case 1: return wasm.compileFile(...list(count));
        case 2: return wasm.dropModule(random(2) ? some() : 1e9);
        case 3: return wasm.instantiate(random(3) ? module : some(), some());
        case 4: return wasm.call(id, some(), some());
        case 5: return wasm.getExports(id);
        case 6: return wasm.memory.read(id, some(), some());
        case 7: return wasm.memory.write(id, some(), some());
        case 8: return wasm.memory.grow(id, some());
        case 9: return instance[methods[random(methods.length)]](...list(count));
        case 10: return instance.call(random(2) ? "add" : "swap", ...list(2));
        default: return instance.memory[["read", "write", "size", "grow"][random(4)]](...list(count));
      }
    });
    if (made?.drop) await outcome(() => made.drop());
    if ((await outcome(() => instance.call("add", 1, 2)))?.[0] === 3) continue;
    // Ended, or its module dropped, by a random id.
    module = await wasm.compileFile("./wasm/basic.wasm");
    instance = await wasm.instantiate(module);
  }
  equal(await instance.call("add", 20, 22), [42]);
});
