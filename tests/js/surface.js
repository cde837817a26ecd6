import { call, compileFile, dropModule, getExports, inspect, instantiate, memory } from "runtime:wasm";
import { equal, ok, rejects, test } from "./check.js";

const basic = await compileFile("./wasm/basic.wasm");
const globals = await compileFile("./wasm/globals.wasm");

test("exports are functions with bare results", async () => {
  const instance = await instantiate(basic);
  equal(await instance.exports.add(1, 2), 3);
  equal(await instance.exports.swap(1, 2n), [2n, 1]);
  equal(await instance.exports.nothing(), undefined);
  ok(instance.exports.add === instance.exports.add, "one function for each name");
  await rejects(instance.exports.none(), 5003, "none");
  await rejects(instance.exports.memory(), 5003, "memory");
  await rejects(instance.exports.add(1), 5007);
  equal(instance.exports[Symbol.iterator], undefined);
  await instance.drop();
  await rejects(instance.exports.add(1, 2), 5005);
});

test("exports are no promise, even if the module exports `then`", async () => {
  const instance = await instantiate(globals);
  equal(instance.exports.then, undefined);
  ok(await instance.exports === instance.exports, "awaited as itself");
  equal(await instance.call("then"), [5]);
  await instance.drop();
});

test("globals are read and written by their types", async () => {
  const instance = await instantiate(globals);
  const { get, set } = instance.globals;
  equal(await get("i64"), 9007199254740993n);
  equal([await get("i32"), await get("f32"), await get("f64"), await get("externref")], [-1, 0.5, 0.1, null]);
  await set("i32", 4294967295);
  equal(await instance.call("read_i32"), [-1]);
  await set("i64", -1n);
  await set("f64", -0);
  equal([await get("i64"), await get("f64")], [-1n, -0]);
  const vector = new Uint8Array(16).fill(9);
  await set("v128", vector);
  equal(await get("v128"), vector);
  equal(await set("f32", { type: "f32", value: 1.5 }), undefined);
  equal(await get("f32"), 1.5);
  await rejects(set("constant", 1), 5007, "constant");
  equal(await get("constant"), 7);
  for (const bad of ["1", 1.5, 5n, null, undefined, {}]) await rejects(set("i32", bad), 5007, "i32");
  await rejects(set("f32", { type: "f64", value: 1 }), 5007, "f64");
  for (const name of ["none", "memory", "then"]) {
    await rejects(get(name), 5003, name);
    await rejects(set(name, 1), 5003, name);
  }
  await rejects(get(1), 5007, "name");
  await instance.drop();
  await rejects(get("i32"), 5005);
});

test("a batch is one request with one answer", async () => {
  const instance = await instantiate(basic);
  equal(await instance.callBatch([["add", 1, 2], ["next"], ["swap", 1, 2n], ["nothing"]]), [[3], [1], [2n, 1], []]);
  equal(await instance.callBatch([]), []);
  const [batch, between] = [instance.callBatch([["next"], ["next"]]), instance.call("next")];
  equal([await batch, await between], [[[2], [3]], [4]]);
  equal((await instance.stats()).calls, 7);
  await instance.drop();
});

test("a batch stops at the first call that fails and says which", async () => {
  const instance = await instantiate(basic);
  const error = await rejects(instance.callBatch([["next"], ["add", 1, 1], ["unreachable"], ["next"]]), 5002, "unreachable");
  equal([error.index, error.results, error.trap], [2, [[1], [2]], "unreachable"]);
  equal(await instance.call("next"), [2]);
  equal((await rejects(instance.callBatch([["none"]]), 5003)).index, 0);
  const unknown = await rejects(instance.callBatch([["next"], ["none"], ["next"]]), 5003, "none");
  equal([unknown.index, unknown.results], [1, [[3]]]);
  const wrong = await rejects(instance.callBatch([["next"], ["add", 1, "x"], ["next"]]), 5007, "parameter 2");
  equal([wrong.index, wrong.results], [1, [[4]]]);
  for (const bad of [null, "x", {}, [["add", 1], "x"], [[]], [[1]]]) await rejects(instance.callBatch(bad), 5007, "calls");
  await rejects(instance.callBatch([["next"], ["spin"]].slice(0, 1).concat([["add"]])), 5007, "add");
  await instance.drop();
});

test("a call may use so much fuel, and no more", async () => {
  const instance = await instantiate(basic, { limits: { fuel: 100_000 } });
  await rejects(instance.callWith({ fuel: 1000 }, "spin"), 5011, "1000 of fuel", "spin");
  equal((await instance.stats()).fuelUsed, 1000n);
  equal(await instance.callWith({ fuel: 1000n }, "count_to", 10), [10]);
  await rejects(instance.callWith({ fuel: 2n ** 70n }, "spin"), 5011, "100000");
  equal(await instance.addFuel(500), 500n);
  await rejects(instance.callWith({ fuel: -1 }, "spin"), 5007, "options.fuel");
  await rejects(instance.callWith({ fuels: 1 }, "spin"), 5007, "fuels");
  await instance.drop();
  const plain = await instantiate(basic);
  await rejects(plain.callWith({ fuel: 1000 }, "nothing"), 5007, "limits.fuel");
  equal(await plain.call("add", 1, 2), [3]);
  await plain.drop();
});

test("amounts of fuel are exact beyond 2^53", async () => {
  const instance = await instantiate(basic, { limits: { fuel: 2n ** 53n } });
  equal(await instance.addFuel(1), 2n ** 53n + 1n);
  equal(await instance.addFuel(2n ** 70n), 2n ** 64n - 1n);
  await instance.drop();
});

test("exports are printed and turned into JSON without a call of the guest", async () => {
  const instance = await instantiate(basic);
  equal([`${instance.exports}`, String(instance.exports), JSON.stringify(instance.exports)], ["[object WasmExports]", "[object WasmExports]", "{}"]);
  for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty", ""]) await rejects(instance.exports[name](), 5003);
  equal(["add" in instance.exports, Reflect.set(instance.exports, "add", 1), Object.keys(instance.exports)], [false, false, []]);
  equal((await instance.stats()).calls, 0);
  await instance.drop();
});

test("options are read once, and what throws then is the cause of a 5007", async () => {
  const thrown = new Error("mine");
  for (const name of ["signal", "stdin", "name", "imports", "limits"]) {
    const error = await rejects(instantiate(basic, { get [name]() { throw thrown; } }), 5007, "options");
    ok(error.cause === thrown, `another cause for ${name}`);
  }
  let read = 0;
  const instance = await instantiate(basic, { get stdin() { return read++ === 0 ? "null" : new ReadableStream(); } });
  equal(read, 1);
  const error = await rejects(instance.callWith({ get signal() { throw thrown; } }, "nothing"), 5007, "options");
  ok(error.cause === thrown);
  await instance.drop();
});

test("only own properties are options, and one that is inherited is refused: it may be a limit", async () => {
  const limits = { fuel: 5 };
  class Options {
    get limits() { return limits; }
  }
  for (const options of [Object.create({ limits }), new Options(), Object.create(new Options())]) {
    await rejects(instantiate(basic, options), 5007, '"limits" in the options is inherited');
  }
  const endless = new Proxy({}, { getPrototypeOf: () => endless });
  await rejects(instantiate(basic, endless), 5007, "must not inherit");
  const instance = await instantiate(basic);
  await rejects(instance.callWith(Object.create({ timeoutMs: 5 }), "nothing"), 5007, '"timeoutMs" in options is inherited');
  await instance.drop();
  // Own ones count, be they listed or not, of whatever class the object is.
  for (const options of [
    Object.defineProperty({}, "limits", { value: limits }), { __proto__: null, limits }, { __proto__: new Options(), limits },
    new Proxy({ limits }, {}), Object.assign(new (class {})(), { limits }),
  ]) {
    const limited = await instantiate(basic, options);
    await rejects(limited.call("spin"), 5011);
    await limited.drop();
  }
});

test("a number that is no id is named as it was given, wherever one is taken", async () => {
  const odd = [[-1, "-1"], [1.5, "1.5"], [0, "0"], [-0, "0"], [NaN, "NaN"], [Infinity, "Infinity"], [2 ** 53, "9007199254740992"], [1e300, "1e+300"]];
  for (const [id, written] of odd) {
    const noModule = `there is no module ${written}:`;
    await rejects(instantiate(id), 5004, noModule);
    await rejects(dropModule(id), 5004, noModule);
    await rejects(inspect(id), 5004, noModule);
    const noInstance = `there is no instance ${written}:`;
    await rejects(call(id, "add", [1, 2]), 5005, noInstance);
    await rejects(getExports(id), 5005, noInstance);
    await rejects(memory.read(id, 0, 1), 5005, noInstance);
    await rejects(memory.write(id, 0, new Uint8Array(1)), 5005, noInstance);
    await rejects(memory.read(id, -1, 1), 5005, noInstance);
    await rejects(memory.size(id), 5005, noInstance);
    await rejects(memory.grow(id, 1), 5005, noInstance);
  }
  for (const id of ["1", 1n, null, undefined, {}]) {
    await rejects(instantiate(id), 5007, "module must be a number, which compile() and compileFile() give, not ");
    await rejects(call(id, "add", [1, 2]), 5007, "instance must be a number, an instance's id, not ");
  }
  const instance = await instantiate(basic);
  await rejects(instance.memory.read(-1e21, 1), 5006, "the offset is negative: -1e+21");
  await instance.drop();
});
