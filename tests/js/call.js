import { call, compileFile, getExports, instantiate, types } from "runtime:wasm";
import { equal, ok, rejects, test } from "./check.js";

const instance = await instantiate(await compileFile("./wasm/basic.wasm"));
const wasi = await instantiate(await compileFile("./wasm/wasi.wasm"));

test("types are inferred from the signature", async () => {
  equal(await instance.call("add", 5, 3), [8]);
  equal(await instance.call("add", 2147483647, 1), [-2147483648]);
  equal(await instance.call("add", 4294967295, 0), [-1]);
  equal(await instance.call("add64", 5n, 3), [8n]);
  equal(await instance.call("add64", 2n ** 63n - 1n, 1n), [-(2n ** 63n)]);
  equal(await instance.call("add64", 2n ** 64n - 1n, 0n), [-1n]);
  equal(await instance.call("add64", Number.MAX_SAFE_INTEGER, 0n), [9007199254740991n]);
  equal(await instance.call("mix", 2, 0.25), [2.25]);
  equal(await instance.call("half", 3), [1.5]);
  equal(await instance.call("nothing"), []);
});

test("several results come in order", async () => {
  equal(await instance.call("swap", 7, 9n), [9n, 7]);
});

test("declared types must be the signature's", async () => {
  equal(await instance.call("mix", types.i32(100), types.f64(3.5)), [103.5]);
  equal(await instance.call("add64", types.i64(9007199254740993n), types.i64(0)), [9007199254740993n]);
  equal(await instance.call("add", { type: "i32", value: 1 }, 2), [3]);
  await rejects(instance.call("mix", types.f64(1), types.f64(1)), 5007, "parameter 1", "mix", "i32");
  await rejects(instance.call("add", types.i64(1n), 2), 5007, "parameter 1");
  await rejects(instance.call("add", { type: "int", value: 1 }, 2), 5007, "parameter 1");
  await rejects(instance.call("half", types.f64(1)), 5007, "f32");
  ok(Object.isFrozen(types) && Object.isFrozen(types.i32(1)));
});

test("what a type cannot hold is 5007 and names the parameter", async () => {
  const bad = [1.5, NaN, Infinity, 4294967296, -2147483649, "1", null, undefined, true, {}, [], [1], 1n, Symbol("s"), () => 0,
    new Uint8Array(4), new Date(0)];
  for (const value of bad) {
    await rejects(instance.call("add", value, 1), 5007, "parameter 1", "add");
    await rejects(instance.call("add", 1, value), 5007, "parameter 2", "add");
  }
  for (const value of [1.5, 2 ** 53, NaN, 2n ** 64n, -(2n ** 63n) - 1n, "1", null]) {
    await rejects(instance.call("add64", value, 0n), 5007, "parameter 1", "i64");
  }
  for (const value of [1n, "1", undefined]) await rejects(instance.call("half", value), 5007, "f32");
});

test("too many or too few arguments are 5007 and counted", async () => {
  await rejects(instance.call("add", 1), 5007, "2 arguments", "i32, i32");
  await rejects(instance.call("add", 1, 2, 3), 5007, "3 were given");
  await rejects(instance.call("nothing", undefined), 5007);
  await rejects(instance.call("add", ...Array(5000).fill(1)), 5007);
});

test("an argument that throws when read is 5007 with the cause", async () => {
  const thrown = new Error("mine");
  const error = await rejects(instance.call("add", { get type() { throw thrown; } }, 1), 5007);
  ok(error.cause === thrown);
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  await rejects(instance.call("add", proxy, 1), 5007);
});

test("floats keep their bits", async () => {
  equal(await instance.call("same64", -0), [-0]);
  equal(await instance.call("same32", Infinity), [Infinity]);
  equal(await instance.call("same64", Number.MIN_VALUE), [Number.MIN_VALUE]);
  ok(Number.isNaN((await instance.call("same64", NaN))[0]));
  const [bits] = await instance.call("bits64", NaN);
  equal(BigInt.asUintN(64, bits) & 0x7ff8000000000000n, 0x7ff8000000000000n);
});

test("a vector is 16 bytes", async () => {
  const bytes = Uint8Array.from({ length: 16 }, (_, i) => i);
  equal(await instance.call("vector", bytes), [bytes]);
  await rejects(instance.call("vector", bytes.subarray(1)), 5007, "16 bytes");
});

test("null references cross", async () => {
  equal(await instance.call("is_null", null), [1]);
  equal(await instance.call("null_func"), [null]);
});

test("an export that is not there, or no function, is 5003", async () => {
  await rejects(instance.call("none"), 5003, '"none"');
  await rejects(instance.call("memory"), 5003, "a memory");
  await rejects(instance.call("answer"), 5003, "a global");
  await rejects(instance.call("table"), 5003, "a table");
  await rejects(instance.call(""), 5003);
  await rejects(instance.call("add\0"), 5003);
  await rejects(instance.call("x".repeat(1 << 20)), 5003);
});

test("a name of another type is 5007", async () => {
  for (const name of [undefined, null, 1, {}, Symbol("s"), ["add"]]) await rejects(instance.call(name), 5007, "name");
});

test("traps are 5002, name their kind and the guest's stack, and leave the instance callable", async () => {
  const traps = {
    unreachable: "unreachable", deep: "stack overflow", out_of_bounds: "memory out of bounds", nested_trap: "unreachable",
  };
  for (const [name, trap] of Object.entries(traps)) {
    const error = await rejects(instance.call(name), 5002, trap, name);
    equal(error.trap, trap);
    ok(Array.isArray(error.guestStack) && error.guestStack.length > 0);
  }
  equal((await rejects(instance.call("divide", 1, 0), 5002)).trap, "integer divide by zero");
  equal((await rejects(instance.call("divide", -2147483648, -1), 5002)).trap, "integer overflow");
  const { guestStack } = await rejects(instance.call("nested_trap"), 5002);
  ok(guestStack[0].includes("inner") && guestStack[1].includes("outer"), guestStack.join());
  equal(await instance.call("add", 1, 1), [2]);
});

test("an exit with 0 resolves with nothing, another is 5002 with the code", async () => {
  equal(await wasi.call("exit", 0), []);
  for (const code of [1, 7, 42, 255, 256, 65536, 2147483647, -1]) {
    equal((await rejects(wasi.call("exit", code), 5002, String(code))).exitCode, code);
  }
  equal(await wasi.call("_start"), []);
  equal(await wasi.run(), { exitCode: 0 });
});

test("the low-level call takes values with and without types", async () => {
  equal(await call(instance.id, "add", [{ type: "i32", value: 10 }, { type: "i32", value: 3 }]), [13]);
  equal(await call(instance.id, "mix", [10, 3.5]), [13.5]);
  equal(await call(instance.id, "nothing"), []);
  for (const args of [5, "x", null, {}, new Uint8Array(2)]) await rejects(call(instance.id, "add", args), 5007, "args");
});

test("exports are listed with their types, by instance and by id", async () => {
  const exports = await instance.getExports();
  equal(exports, await getExports(instance.id));
  equal(exports[0], { name: "memory", kind: "memory" });
  equal(exports.find(({ name }) => name === "swap"), {
    name: "swap", kind: "function", params: ["i32", "i64"], results: ["i64", "i32"],
  });
  equal(exports.find(({ name }) => name === "is_null").params, ["externref"]);
  equal(exports.filter(({ kind }) => kind !== "function").map(({ kind }) => kind), ["memory", "global", "table"]);
});

test("requests to one instance are answered in order", async () => {
  const order = [];
  const calls = Array.from({ length: 3000 }, async () => order.push((await instance.call("next"))[0]));
  await Promise.all(calls);
  equal(order, Array.from({ length: 3000 }, (_, i) => order[0] + i));
});
