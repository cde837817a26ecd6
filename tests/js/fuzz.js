// Arguments of any type and size to every function: a WasmError or a TypeError, or an answer; never anything else.

import * as wasm from "runtime:wasm";
import { equal, ok, show, test } from "./check.js";

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

/** What a parameter of this type makes of a value, by the rules; `undefined` where it must be refused. */
function converted(type, value) {
  const typed = typeof value === "object" && value !== null && typeof value.type === "string";
  if (!typed) return plain(type, value);
  return value.type === type ? plain(type, value.value) : undefined;
}

function plain(type, value) {
  switch (type) {
    case "i32": return Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 32 ? value | 0 : undefined;
    case "i64": {
      const whole = Number.isSafeInteger(value) ? BigInt(value) : value;
      return typeof whole === "bigint" && whole >= -(2n ** 63n) && whole < 2n ** 64n ? BigInt.asIntN(64, whole) : undefined;
    }
    case "f32": return typeof value === "number" ? Math.fround(value) : undefined;
    case "f64": return typeof value === "number" ? value : undefined;
    default: return value instanceof Uint8Array && value.length === 16 ? value : undefined;
  }
}

/** Functions of basic.wat that give back their first argument. */
const identities = { i32: ["add", 0], i64: ["add64", 0n], f32: ["same32"], f64: ["same64"], v128: ["vector"] };
const types = Object.keys(identities);

/** A value at the edge of some type or another, or any at all. */
function anArgument() {
  const power = random(70);
  const sign = random(2) ? 1 : -1;
  switch (random(8)) {
    case 0: return sign * 2 ** power + random(5) - 2;
    case 1: return sign * (2 ** power + random(3) / 2);
    case 2: return BigInt(sign) * 2n ** BigInt(power) + BigInt(random(5) - 2);
    case 3: return sign * random(1 << 24) * 2 ** (random(400) - 200);
    case 4: return random(1000);
    case 5: return Uint8Array.from({ length: 15 + random(3) }, () => random(256));
    case 6: return { type: types[random(types.length)], value: random(3) ? anArgument() : some() };
    default: return some();
  }
}

test("an argument is what the rules make of it, or refused", async () => {
  const instance = await wasm.instantiate(await wasm.compileFile("./wasm/basic.wasm"));
  let [taken, refused] = [0, 0];
  const one = async () => {
    const type = types[random(types.length)];
    const value = anArgument();
    let expected;
    // What cannot even be read is refused.
    try { expected = converted(type, value); } catch {}
    const [name, ...others] = identities[type];
    const what = `${type} from ${typeof value === "object" ? typeof value : show(value)}`;
    try {
      const [found] = await instance.call(name, value, ...others);
      ok(expected !== undefined, `${what}: not refused, but ${show(found)}`);
      equal(found, expected, what);
      taken++;
    } catch (error) {
      if (!(error instanceof wasm.WasmError)) throw error;
      ok(expected === undefined && error.code === 5007, `${what}: ${error.message}`);
      refused++;
    }
  };
  for (let round = 0; round < 300; round++) await Promise.all(Array.from({ length: 30 }, one));
  ok(taken > 1000 && refused > 1000, `${taken} taken, ${refused} refused`);
  await instance.drop();
});
