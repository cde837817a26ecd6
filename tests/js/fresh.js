// An import of a memory or a table is met with a fresh one of the instance's own, where the app says so.
import { compile, compileFile, instantiate } from "runtime:wasm";
import { equal, ok, rejects, test } from "./check.js";

const module = await compileFile("./wasm/fresh.wasm");
const unexported = await compileFile("./wasm/fresh_unexported.wasm");
const wide = await compileFile("./wasm/fresh_wide.wasm");
const PAGE = 65536;
const vector = new Uint8Array(16);
const [memory, table] = [{ kind: "memory" }, { kind: "table" }];
const imports = (more) => ({ env: { memory, table, log() {}, ...more }, js: { values: table } });
const text = (bytes) => new TextDecoder().decode(bytes);

test("it is as the import declares it, and the guest's own", async () => {
  const [one, other] = [await instantiate(module, { imports: imports() }), await instantiate(module, { imports: imports() })];
  equal([await one.memory.size(), text(await one.memory.read(16, 5))], [2, "Hello"]);
  equal(await one.call("call_at", 1), [42]);
  await one.memory.write(16, new TextEncoder().encode("Jello"));
  await one.call("store", 100, 7);
  equal([text(await other.memory.read(16, 5)), await other.call("load", 100)], ["Hello", [0]]);
  equal([await one.memory.grow(1), (await one.call("grow", 2))[0], (await one.call("grow", 1))[0]], [2, 3, -1]);
  await rejects(one.memory.grow(1), 5006, "its declared maximum is 5");
  await rejects(one.memory.read(5 * PAGE, 1), 5006);
  await one.drop();
  await other.drop();
});

test("its tables are reached by what they are exported as, or else by what they are imported as", async () => {
  const instance = await instantiate(module, { imports: imports() });
  const functions = instance.table("functions");
  equal([await functions.size(), await (await functions.get(1))(), await functions.get(0)], [3, 42, null]);
  await functions.set(0, await functions.get(1));
  equal([await instance.call("call_at", 0), await functions.grow(2), await instance.call("grow_table", 1)], [[42], 3, [5]]);
  await rejects(functions.grow(1), 5006, "its declared maximum is 6");
  equal([await instance.table("values").size(), await instance.table("values").get(0), await instance.call("null_at", 0)], [1, null, [1]]);
  const value = {};
  await instance.table("values").set(0, value);
  ok(await instance.table("values").get(0) === value);
  equal(await instance.table("table").size(), 6);
  await rejects(instance.table("log").size(), 5003, "no export");
  await rejects(instance.table("memory").size(), 5003, "a memory, not a table");
  await instance.drop();
});

test("a host function reaches them while the start function runs", async () => {
  const seen = [];
  const instance = await instantiate(module, {
    imports: imports({
      async log(at) {
        seen.push(text(await this.memory.read(at, 5)), await this.table("values").size(), this.instance);
        // What is exported cannot be reached yet.
        await rejects(this.table("functions").size(), 5005, "still being made");
      },
    }),
  });
  equal(seen, ["Hello", 1, undefined]);
  await instance.drop();
});

test("a memory and a table that are not exported are reached all the same", async () => {
  const env = { memory, __indirect_function_table: table };
  const instance = await instantiate(unexported, { imports: { env } });
  equal([text(await instance.memory.read(0, 4)), await instance.memory.size(), await instance.memory.grow(1)], ["mine", 1, 1]);
  equal(await instance.call("size"), [2]);
  equal(await (await instance.table("__indirect_function_table").get(1))(), 2);
  await instance.drop();
});

test("indices of 64 bits and elements of other types are as declared", async () => {
  const env = { first: memory, wide: memory, table, any: table, typed: table };
  const instance = await instantiate(wide, { imports: { env } });
  equal([await instance.memory.size(), await instance.memory.grow(2), await instance.table("table").size()], [2, 2, 2]);
  await rejects(instance.memory.grow(1), 5006, "maximum is 4");
  const value = {};
  equal(await instance.table("table").grow(2, value), 2);
  ok(await instance.table("table").get(3) === value && await instance.table("table").get(0) === null);
  equal([await instance.table("any").get(0), await instance.table("typed").get(0)], [null, null]);
  await instance.drop();
});

test("they count toward the limits, and stand in the statistics", async () => {
  const made = await instantiate(module, { imports: imports(), limits: { memoryBytes: 3 * PAGE, tableElements: 5 } });
  equal((await made.stats()).memoryBytes, 2 * PAGE);
  equal([await made.call("grow", 1), await made.call("grow", 1), await made.call("grow_table", 1), await made.call("grow_table", 1)],
    [[2], [-1], [3], [-1]]);
  equal((await made.stats()).memoryBytes, 3 * PAGE);
  await rejects(made.memory.grow(1), 5006, "the instance's limit is 196608 bytes");
  await made.drop();
  await rejects(
    instantiate(module, { imports: imports(), limits: { memoryBytes: PAGE, tableElements: 3 } }), 5001,
    '"env" "memory" cannot be made: the instance\'s limit is 65536 bytes', '"js" "values" cannot be made: the instance\'s limit is 3 table elements',
  );
});

test("each life begins with fresh ones", async () => {
  const instance = await instantiate(module, { imports: imports(), restart: { backoffMs: 0 } });
  await instance.call("store", 100, 7);
  await instance.memory.grow(1);
  await instance.table("functions").grow(1);
  await rejects(instance.call("die"), 5002);
  equal([await instance.call("load", 100), await instance.memory.size(), await instance.table("functions").size()], [[0], 2, 3]);
  equal((await instance.stats()).memoryBytes, 2 * PAGE);
  await instance.drop();
});

test("nothing else is taken for a memory or a table, and the error says what is", async () => {
  const other = await instantiate(module, { imports: imports() });
  class Memory {}
  for (const [value, what] of [
    [undefined, "missing"], [other.memory, "an object"], [new Memory(), "an object"], [{}, "an object"], [table, "an object"], [null, "null"],
    [5, "a value"], ["memory", "a string"], [() => {}, "a function"], [new Uint8Array(PAGE), "a Uint8Array"], [vector, "a Uint8Array"], [{ type: "memory" }, "an object"],
    [{ kind: "Memory" }, "an object"], [Object.create(memory), "an object"],
  ]) {
    await rejects(instantiate(module, { imports: imports({ memory: value }) }), 5001,
      '"env" "memory" is ' + what, 'none is shared: give { kind: "memory" }, which makes one of the instance\'s own');
  }
  for (const [value, what] of [[undefined, "missing"], [other.table("functions"), "an object"], [memory, "an object"], [[], "an object"]]) {
    await rejects(instantiate(module, { imports: imports({ table: value }) }), 5001,
      '"env" "table" is ' + what, 'none is shared: give { kind: "table" }, which makes one of the instance\'s own');
  }
  await rejects(instantiate(module), 5001, '"env" "memory" is missing: expected a memory', '"env" "table" is missing: expected a table');
  // A misspelt or unknown wish is not lost.
  await rejects(instantiate(module, { imports: imports({ memory: { kind: "memory", initial: 10 } }) }), 5007, '"initial"', '["env"]["memory"]');
  await other.drop();
});

test("a table whose elements cannot be null, and a tag, cannot be given", async () => {
  // (import "e" "t" (table 1 (ref func))) and (import "e" "t" (tag)).
  const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const firm = await compile(new Uint8Array([...head, 2, 10, 1, 1, 0x65, 1, 0x74, 1, 0x64, 0x70, 0, 1]));
  await rejects(instantiate(firm, { imports: { e: { t: table } } }), 5001, '"e" "t" cannot be made', "cannot be null");
  const tag = await compile(new Uint8Array([...head, 1, 4, 1, 0x60, 0, 0, 2, 8, 1, 1, 0x65, 1, 0x74, 4, 0, 0]));
  for (const value of [undefined, memory, {}, 5]) {
    await rejects(instantiate(tag, { imports: { e: { t: value } } }), 5001, '"e" "t" is', "expected a tag, which cannot be given");
  }
});

test("as many as a module may have are made, and given back", async () => {
  const section = (id, bytes) => [id, ...leb(bytes.length), ...bytes];
  const leb = (n) => n < 128 ? [n] : [(n & 127) | 128, ...leb(n >> 7)];
  const many = (kind, type) => compile(new Uint8Array([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...section(2, [100, ...Array(100).fill([1, 0x65, 1, 0x6d, kind, ...type]).flat()]),
  ]));
  for (const [kind, type, wish] of [[2, [0, 1], memory], [1, [0x70, 0, 1], table]]) {
    const large = await many(kind, type);
    for (let round = 0; round < 3; round++) {
      const instance = await instantiate(large, { imports: { e: { m: wish } } });
      equal((await instance.stats()).memoryBytes, kind === 2 ? 100 * PAGE : 0);
      await instance.drop();
    }
  }
});
