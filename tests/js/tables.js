import { compileFile, instantiate, types } from "runtime:wasm";
import { collected, equal, ok, rejects, test } from "./check.js";

const module = await compileFile("./wasm/tables.wasm");
const make = (ask = () => {}, options = {}) => instantiate(module, { imports: { env: { ask } }, ...options });
const instance = await make();

test("functions in a table are the guest's functions, each the one that a call gives", async () => {
  const functions = instance.table("functions");
  equal(await functions.size(), 4);
  const [add] = await instance.call("get_add");
  equal([await functions.get(0), await functions.get(3)], [null, null]);
  ok(await functions.get(1) === add, "another function");
  equal(await (await functions.get(1))(2, 3), 5);
  equal(await (await functions.get(2))(), [1, 2n]);
  equal(await instance.call("call_at", 1, 7, 2), [9]);
  const [sub] = await instance.call("get_sub");
  equal(await functions.set(1, sub), undefined);
  equal(await instance.call("call_at", 1, 7, 2), [5]);
  ok(await functions.get(1) === sub);
  await functions.set(3, types.funcref(add));
  equal(await instance.call("call_at", 3, 7, 2), [9]);
  await functions.set(3, null);
  await rejects(instance.call("call_at", 3, 7, 2), 5002, "indirect call to null");
  await functions.set(1, add);
  await functions.set(0);
  equal(await functions.get(0), null);
});

test("values in a table are the very same", async () => {
  const values = instance.table("values");
  for (const value of [{}, [1], "text", 0, -0, NaN, 5n, 2n ** 100n, false, undefined, Symbol("s"), () => 1, new Uint8Array(3), { type: 5 }]) {
    await values.set(1, value);
    ok(Object.is(await values.get(1), value), typeof value);
    ok(Object.is((await instance.call("value_at", 1))[0], value), typeof value);
    equal(await instance.call("null_at", 1), [0]);
  }
  await values.set(1, null);
  equal([await values.get(1), (await instance.call("null_at", 1))[0]], [null, 1]);
  await values.set(1);
  equal([await values.get(1), (await instance.call("null_at", 1))[0]], [undefined, 0]);
  // One that only the guest holds lives as long as it does.
  const [add] = await instance.call("get_add");
  await values.set(0, add);
  ok(await values.get(0) === add, "another function");
  const reference = await (async () => {
    const value = { big: true };
    await values.set(1, value);
    return new WeakRef(value);
  })();
  equal(await values.get(1), { big: true });
  await values.set(1, null);
  await collected(() => reference.deref() === undefined);
  ok(reference.deref() === undefined, "still kept");
});

test("a table grows, by null or by what is given, up to its maximum", async () => {
  const made = await make();
  const functions = made.table("functions");
  const [add] = await made.call("get_add");
  equal([await functions.grow(0), await functions.grow(2), await functions.size()], [4, 4, 6]);
  equal(await functions.get(5), null);
  equal(await functions.grow(4, add), 6);
  equal([(await made.call("call_at", 9, 1, 2))[0], await functions.get(6) === add], [3, true]);
  await rejects(functions.grow(1), 5006, 'the table "functions" cannot grow by 1 elements: it has 10', "its declared maximum is 10");
  equal(await functions.size(), 10);
  const values = made.table("values");
  const value = { some: "object" };
  equal([await values.grow(3, value), await values.grow(1), await values.grow(1, null), await values.size()], [2, 5, 6, 7]);
  ok(await values.get(2) === value && await values.get(4) === value && await values.get(5) === undefined && await values.get(6) === null);
  const wide = made.table("wide");
  equal([await wide.grow(2, add), await wide.size(), await (await wide.get(4))(1, 1)], [3, 5, 2]);
  await made.drop();
});

test("tables stay within their limit together", async () => {
  const made = await make(() => {}, { limits: { tableElements: 20 } });
  await rejects(made.table("values").grow(7), 5006, "the instance's limit is 20 table elements");
  equal(await made.table("values").grow(6), 2);
  await rejects(made.table("wide").grow(1), 5006, "limit is 20");
  for (const delta of [2 ** 31, 2 ** 32, 2 ** 53, 1e300]) {
    await rejects(made.table("wide").grow(delta), 5006);
    await rejects(made.table("values").grow(delta), 5006);
  }
  equal([await made.table("values").size(), await made.table("wide").size()], [8, 3]);
  await made.drop();
  await rejects(make(() => {}, { limits: { tableElements: 13 } }), 5001, "13 table elements");
});

test("out of bounds is 5006, whatever the number", async () => {
  for (const name of ["functions", "wide"]) {
    const table = instance.table(name);
    const size = await table.size();
    for (const index of [size, size + 1, 2 ** 32, 2 ** 32 - 1, 2 ** 53, 1e300, -1, -1e300, -(2 ** 32)]) {
      await rejects(table.get(index), 5006);
      await rejects(table.set(index, null), 5006);
    }
    await rejects(table.get(size), 5006, 'there is no element ' + size + ' of the table "' + name + '", which has ' + size + " elements");
    await rejects(table.get(-1), 5006, "the index is negative");
    await rejects(table.grow(-1), 5006, "the number of elements is negative");
    equal(await table.get(-0), null);
  }
});

test("what is of the wrong type is 5007 and named", async () => {
  const functions = instance.table("functions");
  for (const bad of [1.5, NaN, Infinity, "1", null, undefined, {}, 1n, true]) {
    await rejects(functions.get(bad), 5007, "index");
    await rejects(functions.set(bad, null), 5007, "index");
    await rejects(functions.grow(bad), 5007, "delta");
  }
  for (const bad of [() => 1, 5, "x", {}, types.externref(null)]) {
    await rejects(functions.set(0, bad), 5007, 'element 0 of the table "functions"');
    await rejects(functions.grow(1, bad), 5007, 'the table "functions"');
  }
  equal(await functions.size(), 4);
  const [two] = await instance.call("get_two");
  const [add] = await instance.call("get_add");
  const typed = instance.table("typed");
  await typed.set(0, add);
  equal(await (await typed.get(0))(1, 2), 3);
  await rejects(typed.set(1, two), 5007, "(ref null (func (param i32 i32) (result i32)))");
  const other = await make();
  await rejects(other.table("functions").set(0, add), 5007, "another instance");
  await other.drop();
  const firm = instance.table("firm");
  equal(await (await firm.get(0))(1, 2), 3);
  await rejects(firm.set(0, null), 5007, "(ref func)");
  await rejects(firm.grow(1), 5007);
  equal(await firm.grow(1, add), 1);
  for (const bad of [undefined, null, 5, {}, Symbol("s")]) {
    await rejects(async () => instance.table(bad), 5007, "name");
  }
});

test("an element that cannot cross is 5007 in clear words, and null is null", async () => {
  const any = instance.table("any");
  equal(await any.get(0), null);
  await instance.call("put_i31");
  await rejects(any.get(0), 5007, 'element 0 of the table "any"', "cannot cross");
  await any.set(0, null);
  equal(await any.get(0), null);
  await rejects(any.set(0, 5), 5007, "must be null");
  await instance.call("wrap_i31");
  await rejects(instance.table("values").get(0), 5007, "an externref made of a reference of the guest's own", "cannot cross");
  await rejects(instance.call("value_at", 0), 5007, "an externref made of a reference of the guest's own");
  await instance.table("values").set(0, null);
});

test("what is no table is 5003", async () => {
  for (const [name, ...parts] of [["none", "no export"], ["", "no export"], ["memory", "a memory, not a table"], ["add", "a function, not a table"],
    ["global", "a global, not a table"], ["\u{1b}[31m", "\\u{1b}"]]) {
    const table = instance.table(name);
    for (const operation of [() => table.get(0), () => table.set(0, null), () => table.grow(1), () => table.size()]) {
      await rejects(operation, 5003, ...parts);
    }
  }
});

test("a handler reaches the tables of the guest that waits, by `this` and by the instance", async () => {
  const seen = [];
  let made;
  made = await make(async function () {
    const functions = this.table("functions");
    seen.push(await (await functions.get(1))(20, 22), await made.table("functions").size());
    const [sub] = await this.call("get_sub");
    await functions.set(0, sub);
    seen.push(await functions.grow(1));
    await rejects(functions.get(99), 5006);
    await rejects(this.table("none").size(), 5003);
  });
  await made.call("ask");
  equal(seen, [42, 4, 4]);
  equal(await made.call("call_at", 0, 5, 2), [3]);
  await made.drop();
});

test("a host function that the guest has put there is called as one of its own", async () => {
  const seen = [];
  const thrown = new Error("mine");
  const made = await make(async function () {
    seen.push(await this.table("functions").size(), this.instance === made);
    if (seen.length > 2) throw thrown;
  });
  await made.call("put_ask");
  const ask = await made.table("functions").get(3);
  equal(await ask(), undefined);
  const error = await rejects(ask(), 5002, '"env" "ask" threw');
  ok(error.cause === thrown);
  equal(seen, [4, true, 4, true]);
  await made.drop();
});

test("requests to a table have their place in the order", async () => {
  const values = instance.table("values");
  const answers = await Promise.all([
    values.set(0, 1), instance.call("value_at", 0), values.set(0, 2), values.get(0), values.grow(1), values.size(), values.set(0, null),
  ]);
  equal(answers, [undefined, [1], undefined, 2, 2, 3, undefined]);
});

test("what has ended or died answers for its tables as for all else", async () => {
  const made = await make(() => {}, { restart: { backoffMs: 0 } });
  const table = made.table("functions");
  const old = await table.get(1);
  await table.set(0, old);
  await table.grow(3);
  await rejects(made.call("die"), 5002);
  equal([await table.get(0), await table.size()], [null, 4]);
  await rejects(table.set(0, old), 5007, "made anew");
  ok(await table.get(1) !== old, "the old function");
  await made.drop();
  for (const operation of [() => table.get(0), () => table.set(0, null), () => table.grow(1), () => table.size(), () => table.get(-1)]) {
    await rejects(operation, 5005);
  }
  ok(Object.isFrozen(table));
});
