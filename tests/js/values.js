import { compileFile, instantiate, types } from "runtime:wasm";
import { collected, engine, equal, ok, rejects, test, ticks } from "./check.js";

const module = await compileFile("./wasm/references.wasm");
const identity = (value) => value;
const imports = (env) => ({ imports: { env: { extern: identity, func: identity, vector: identity, ...env } } });
const instance = await instantiate(module, imports({}));

const values = [
  {}, [1, 2], "text", "", 0, -0, 1.5, NaN, 5n, -(2n ** 63n), 2n ** 64n - 1n, 2n ** 100n, true, false, undefined, null, Symbol("s"),
  () => 1, new Uint8Array(16), new Uint8Array(3), new Date(0), { type: 5 }, new Map(), Promise.resolve(1),
];

test("an externref is any value, and the very same comes back", async () => {
  for (const value of values) {
    const [same] = await instance.call("same", value);
    ok(Object.is(same, value), `same: ${typeof value}`);
    if (!(value instanceof Promise)) {
      const [through] = await instance.call("through", value);
      ok(Object.is(through, value), `through: ${typeof value}`);
    }
    await instance.call("keep", 1, value);
    const [kept] = await instance.call("kept_at", 1);
    ok(Object.is(kept, value), `kept_at: ${typeof value}`);
  }
  const event = { type: "click", value: 7 };
  for (const name of ["same", "through"]) ok((await instance.call(name, event))[0] === event, `${name}: an event`);
  const typed = { type: "externref", value: 7 };
  equal(await instance.call("same", types.externref(typed)), [typed]);
  equal(await instance.call("is_null", undefined, undefined), [0, 1]);
  equal(await instance.call("is_null", null, null), [1, 1]);
});

test("a value is kept while the guest holds it, and no longer", async () => {
  let value = { big: true };
  const reference = new WeakRef(value);
  await instance.call("keep", 2, value);
  value = undefined;
  await ticks(3);
  equal(await instance.call("kept_at", 2), [{ big: true }]);
  await instance.call("keep", 2, null);
  await collected(() => reference.deref() === undefined);
  ok(reference.deref() === undefined, "still kept");
});

test("a value that went through a handler, or into an instance that has ended, is let go of too", async () => {
  const references = await (async () => {
    const [through, held] = [{ through: true }, { held: true }];
    const short = await instantiate(module, imports({}));
    ok((await short.call("through", through))[0] === through);
    await short.globals.set("held", held);
    await short.drop();
    return [through, held].map((value) => new WeakRef(value));
  })();
  const kept = () => references.filter((reference) => reference.deref() !== undefined);
  await collected(() => kept().length === 0);
  equal(kept().map((reference) => reference.deref()), []);
});

test("a funcref is a function to call and to give back", async () => {
  const [add] = await instance.call("get_add");
  const [again] = await instance.call("get_add");
  ok(typeof add === "function" && add === again, "not one function");
  equal(await add(2, 3), 5);
  const [two] = await instance.call("get_two");
  equal(await two(), [1, 2n]);
  equal(await instance.call("call_back", add, 20, 22), [42]);
  equal((await instance.call("func_through"))[0] === add, true);
  equal((await instance.call("same", add))[0] === add, true);
  await rejects(add(1), 5007, "2 arguments");
  await rejects(instance.call("call_back", () => 1, 1, 1), 5007, "parameter 1", "same instance");
  await rejects(instance.call("call_back", two, 1, 1), 5002, "mismatch");
  const other = await instantiate(module, imports({}));
  await rejects(other.call("call_back", add, 1, 1), 5007, "another instance");
  await other.drop();
  const [orphan] = await (async () => {
    const short = await instantiate(module, imports({}));
    const functions = await short.call("get_add");
    await short.drop();
    return functions;
  })();
  await rejects(orphan(1, 2), 5005);
});

test("a handler may call the function that it is given", async () => {
  const made = await instantiate(module, imports({
    async func(add) {
      equal(await add(1, 2), 3);
      return null;
    },
  }));
  equal(await made.call("func_through"), [null]);
  const wrong = await instantiate(module, imports({ func: () => () => 1 }));
  await rejects(wrong.call("func_through"), 5007, '"env" "func"', "same instance");
  await made.drop();
  await wrong.drop();
});

const view = new DataView(new ArrayBuffer(8));
const CANONICAL = 0x7ff8000000000000n;
const SIGN = 1n << 63n;

function f64(bits) {
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}

function bits(number) {
  view.setFloat64(0, number);
  return view.getBigUint64(0);
}

/** These bits; or, on an engine that makes one NaN of all, those. */
function nan(found, expected) {
  const plain = (bits) => bits === CANONICAL || bits === (CANONICAL | SIGN);
  const keepsAll = engine === "quickjs";
  ok(found === expected || (!keepsAll && plain(found)), `0x${found.toString(16)}, not 0x${expected.toString(16)}`);
}

test("a computed NaN is quiet and plain, another has the payload that the engine lets through", async () => {
  const basic = await instantiate(await compileFile("./wasm/basic.wasm"));
  const seen = async (number) => BigInt.asUintN(64, (await basic.call("bits64", number))[0]);
  for (const plain of [NaN, Number("x"), types.f64(NaN)]) equal((await seen(plain)) & ~SIGN, CANONICAL);
  equal((await seen(Math.sqrt(-1))) & ~SIGN, CANONICAL);
  for (const payload of [CANONICAL + 1n, 0xfff8dead0000beefn, 0x7ffc000000000000n]) {
    nan(await seen(f64(payload)), payload);
    nan(bits((await basic.call("same64", f64(payload)))[0]), payload);
    // As a f32 it has the upper bits of the payload.
    const single = payload & ~0x1fffffffn;
    nan(bits((await basic.call("same32", f64(single)))[0]), single);
  }
  await basic.drop();
});

test("NaNs go through globals and handlers, and as bytes through memory", async () => {
  const payload = 0xfff8dead0000beefn;
  const globals = await instantiate(await compileFile("./wasm/globals.wasm"));
  await globals.globals.set("f64", f64(payload));
  nan(bits(await globals.globals.get("f64")), payload);
  const bytes = new Uint8Array([1, 0, 0, 0, 0, 0, 0xf0, 0x7f, 1, 0, 0x80, 0xff]);
  await globals.memory.write(0, bytes);
  equal(await globals.memory.read(0, bytes.length), bytes);
  await globals.drop();
  const handed = [];
  const pair = (number) => {
    handed.push(bits(number));
    return [1, number];
  };
  const nothing = () => {};
  const env = { pair, add: nothing, none: nothing, deeper: nothing, start: 0, state: 0n };
  const host = await instantiate(await compileFile("./wasm/host.wasm"), { imports: { env } });
  nan(bits((await host.call("pair", f64(payload)))[1]), payload);
  nan(handed[0], payload);
  await host.drop();
});

test("vectors go through handlers, and NaN keeps being one", async () => {
  const bytes = new Uint8Array(16).map((_, index) => index * 3);
  equal(await instance.call("vector", bytes), [bytes]);
  equal(await instance.call("floats", NaN, NaN), [NaN, NaN]);
  equal(await instance.call("floats", -0, -Infinity), [-0, -Infinity]);
  const wrong = await instantiate(module, imports({ vector: () => new Uint8Array(15) }));
  await rejects(wrong.call("vector", bytes), 5007, '"env" "vector"', "another length");
  await wrong.drop();
});

test("a function from before a restart is none of the instance that was made anew", async () => {
  const restarting = await instantiate(module, { ...imports({}), restart: { backoffMs: 0 } });
  const [add] = await restarting.call("get_add");
  equal(await add(2, 3), 5);
  await rejects(restarting.call("die"), 5002);
  // The first function that the fresh store lets out is another one: the old one must not be taken for it.
  const [two] = await restarting.call("get_two");
  equal(await two(), [1, 2n]);
  await rejects(add(2, 3), 5005, "made anew");
  await rejects(restarting.call("call_back", add, 2, 3), 5007, "parameter 1", "made anew");
  const [fresh] = await restarting.call("get_add");
  ok(fresh !== add, "the old function");
  equal(await fresh(2, 3), 5);
  equal(await restarting.call("call_back", fresh, 2, 3), [5]);
  await restarting.drop();
});

test("globals hold references too", async () => {
  const value = { some: "object" };
  await instance.globals.set("held", value);
  ok(await instance.globals.get("held") === value, "another value");
  const [add] = await instance.call("get_add");
  await instance.globals.set("function", add);
  ok(await instance.globals.get("function") === add, "another function");
  await rejects(instance.globals.set("function", () => 1), 5007, '"function"', "same instance");
  await instance.globals.set("held", null);
  equal(await instance.globals.get("held"), null);
});

test("a reference of the guest's own crosses nowhere, also not as an externref, and says so", async () => {
  const gc = await compileFile("./wasm/gc.wasm");
  const value = { some: "object" };
  const env = { take() {}, take_any() {}, give: () => value, given: value };
  for (const options of [{}, { limits: { fuel: 10_000_000 } }]) {
    const made = await instantiate(gc, { ...options, imports: { env } });
    for (const kind of [0, 1, 2]) {
      const [wrapped, own] = ["an externref made of a reference of the guest's own", "a reference of the guest's own"];
      await rejects(made.call("result", kind), 5007, 'a result of "result" is ' + wrapped);
      await rejects(made.call("two", kind), 5007, 'a result of "two" is ' + wrapped);
      await rejects(made.call("result_any", kind), 5007, 'a result of "result_any" is ' + own);
      await rejects(made.call("argument", kind), 5007, 'argument 1 of the host function "env" "take" is ' + wrapped);
      await rejects(made.call("argument_any", kind), 5007, 'argument 1 of the host function "env" "take_any" is ' + own);
      await made.call("keep", kind);
      await rejects(made.globals.get("wrapped"), 5007, 'the global "wrapped" is ' + wrapped);
      await rejects(made.globals.get("any"), 5007, 'the global "any" is ' + own);
      await rejects(made.table("values").get(0), 5007, 'element 0 of the table "values" is ' + wrapped);
      const error = await rejects(made.callBatch([["fine"], ["result", kind]]), 5007, wrapped);
      equal([error.index, error.results], [1, [[5]]]);
    }
    // A value of the host's stays what it is, whatever the guest makes of it meanwhile.
    for (const any of [value, 5, "text", undefined, 2n ** 70n]) ok(Object.is((await made.call("there_and_back", any))[0], any), typeof any);
    equal([await made.call("there_and_back", null), await made.call("as_any", null)], [[null], [null]]);
    ok((await made.call("given"))[0] === value);
    equal(await made.call("take_back"), [0]);
    await rejects(made.call("as_any", value), 5007, "a reference of the guest's own");
    await made.drop();
  }
});
