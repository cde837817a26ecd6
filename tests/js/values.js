import { compileFile, instantiate, types } from "runtime:wasm";
import { equal, ok, rejects, test, ticks } from "./check.js";

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
  if (!refcounted()) return;
  for (let i = 0; i < 1000 && reference.deref() !== undefined; i++) await ticks(1);
  ok(reference.deref() === undefined, "still kept");
});

/** Does this engine free a value as soon as nothing refers to it? */
function refcounted() {
  return typeof WebAssembly === "undefined";
}

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
