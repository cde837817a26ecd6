// What is too large for one turn of the event loop comes and goes in pieces, and nothing else is different.

import { compile, compileFile, dropModule, inspect, instantiate } from "runtime:wasm";
import { detach, equal, ok, rejects, test } from "./check.js";

const SIZE = 4 * 2 ** 20;
const roomy = await compileFile("./wasm/roomy.wasm");
const make = (ask = () => {}, options = {}) => instantiate(roomy, { imports: { env: { ask } }, ...options });

function pattern(length, seed) {
  return new Uint8Array(length).map((_, index) => index * 31 + (index >> 9) + seed);
}

function same(a, b) {
  ok(a instanceof Uint8Array && a.length === b.length && a.every((byte, index) => byte === b[index]), "other bytes");
}

test("what is written can be read, whatever its size", async () => {
  const instance = await make();
  for (const length of [256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 512 * 1024 - 1, 512 * 1024, 3 * 2 ** 20 + 7, SIZE]) {
    const bytes = pattern(length, length);
    equal(await instance.memory.write(SIZE - length, bytes), undefined);
    const found = await instance.memory.read(SIZE - length, length);
    same(found, bytes);
    equal(found.buffer.byteLength, length);
  }
  const view = new Uint16Array(pattern(SIZE, 5).buffer, 2 ** 20, 2 ** 20);
  await instance.memory.write(0, view);
  same(await instance.memory.read(0, 2 ** 21), new Uint8Array(view.buffer, 2 ** 20, 2 ** 21));
  await instance.drop();
});

test("large requests have their place in the order, as small ones", async () => {
  const instance = await make();
  const order = [];
  const note = (name, promise) => promise.then((value) => (order.push(name), value));
  const [, first, , again, read, size] = await Promise.all([
    note("write", instance.memory.write(0, new Uint8Array(SIZE).fill(1))),
    note("first", instance.call("first")),
    note("rewrite", instance.memory.write(0, new Uint8Array(SIZE).fill(2))),
    note("last", instance.call("last")),
    note("read", instance.memory.read(0, SIZE)),
    note("size", instance.memory.size()),
  ]);
  equal([first, again, size], [[1], [2], 64]);
  same(read, new Uint8Array(SIZE).fill(2));
  equal(order, ["write", "first", "rewrite", "last", "read", "size"]);
  await instance.drop();
});

test("several go at once", async () => {
  const instances = await Promise.all([make(), make(), make()]);
  await Promise.all(instances.map((instance, index) => instance.memory.write(0, pattern(SIZE, index))));
  const found = await Promise.all(instances.map((instance) => instance.memory.read(0, SIZE)));
  found.forEach((bytes, index) => same(bytes, pattern(SIZE, index)));
  for (const instance of instances) await instance.drop();
});

test("what does not fit is 5006, who is not there 5005, also for much", async () => {
  const instance = await make();
  const bytes = new Uint8Array(SIZE);
  await rejects(instance.memory.write(1, bytes), 5006);
  await rejects(instance.memory.write(-1, bytes), 5006, "negative");
  await rejects(instance.memory.read(1, SIZE), 5006);
  await rejects(instance.memory.write("0", bytes), 5007, "offset");
  await instance.drop();
  await rejects(instance.memory.write(0, bytes), 5005);
  await rejects(instance.memory.read(0, SIZE), 5005);
});

test("an instance that ends meanwhile is 5005", async () => {
  const instance = await make();
  const written = instance.memory.write(0, new Uint8Array(SIZE));
  const dropped = instance.drop();
  await rejects(written, 5005);
  await dropped;
});

test("what has been read is the app's, and nobody else touches it any more", async () => {
  const instance = await make();
  await instance.memory.write(0, pattern(SIZE, 3));
  const first = await instance.memory.read(0, SIZE);
  const moved = new Uint8Array(detach(first.buffer));
  equal(first.length, 0);
  await instance.memory.write(0, new Uint8Array(SIZE));
  const second = await instance.memory.read(0, SIZE);
  same(moved.subarray(0, SIZE), pattern(SIZE, 3));
  same(second, new Uint8Array(SIZE));
  const reads = Array.from({ length: 8 }, () => instance.memory.read(0, SIZE).then(() => 0, (error) => error.code));
  await instance.drop();
  // Answered, begun, not begun.
  for (const read of await Promise.all(reads)) ok([0, 5002, 5005].includes(read), read);
});

test("what cannot be read is refused before there is room for it", async () => {
  const instance = await make();
  for (const length of [SIZE + 1, 2 ** 40, Number.MAX_SAFE_INTEGER]) await rejects(instance.memory.read(0, length), 5006, length);
  const [size, error] = await Promise.all([instance.memory.size(), instance.memory.read(0, 2 ** 40).catch((error) => error)]);
  equal([size, error.code], [64, 5006]);
  await instance.drop();
  await rejects(instance.memory.read(0, 2 ** 40), 5005);
});

test("the time until all bytes have come is not the guest's", async () => {
  const instance = await make(undefined, { limits: { timeoutMs: 20 } });
  const written = instance.memory.write(0, new Uint8Array(SIZE).fill(7));
  const until = performance.now() + 100;
  while (performance.now() < until);
  await written;
  equal(await instance.call("last"), [7]);
  await instance.drop();
});

test("a waiting guest answers large requests, too", async () => {
  const bytes = pattern(SIZE, 9);
  let found;
  const instance = await make(async function () {
    await this.memory.write(0, bytes);
    found = await this.memory.read(0, SIZE);
  });
  await instance.call("ask");
  same(found, bytes);
  await instance.drop();
});

test("a buffer that is taken away meanwhile is 5007, and the instance lives on", async () => {
  const instance = await make();
  const bytes = new Uint8Array(SIZE).fill(3);
  const written = instance.memory.write(0, bytes);
  detach(bytes.buffer);
  equal(bytes.length, 0);
  await rejects(written, 5007, "bytes");
  equal(await instance.call("first"), [0]);
  await instance.drop();
});

/** A module with so many exports of one function. */
function exporting(count) {
  const leb = (n) => n < 128 ? [n] : [(n % 128) | 128, ...leb(Math.floor(n / 128))];
  const section = (id, content) => [id, ...leb(content.length), ...content];
  const list = leb(count);
  for (let index = 0; index < count; index++) {
    const name = new TextEncoder().encode(`export ${index}`);
    list.push(name.length, ...name, 0, 0);
  }
  return new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, ...section(1, [1, 96, 2, 127, 126, 1, 127]), ...section(3, [1, 0]),
    ...section(7, list), ...section(10, [1, 4, 0, 65, 0, 11])]);
}

test("long lists are whole and in order", async () => {
  const id = await compile(exporting(10_000));
  const instance = await instantiate(id);
  const exports = await instance.getExports();
  equal(exports.length, 10_000);
  exports.forEach((item, index) => ok(item.name === `export ${index}` && item.kind === "function"));
  equal(exports[9_999], { name: "export 9999", kind: "function", params: ["i32", "i64"], results: ["i32"] });
  const info = await inspect(id);
  equal(info.exports, exports.map(({ name, kind, params, results }) => ({ name, kind, params, results })));
  equal([info.imports, info.memories, info.tables, info.globals, info.customSections, info.needs], [[], [], [], [], [], { wasi: null, host: [] }]);
  equal(Object.keys(info).sort(), Object.keys(await inspect(roomy)).sort());
  await instance.drop();
  await dropModule(id);
  await rejects(compile(exporting(10_001)), 5000, "10001 exports", "limit of 10000");
});

test("a large module compiles from its bytes as they are", async () => {
  const section = [0, 0x80, 0x80, 0x38, 1, 97];
  const bytes = new Uint8Array(8 + 4 + 0x38 * 2 ** 14);
  bytes.set([0, 97, 115, 109, 1, 0, 0, 0, ...section]);
  const id = await compile(new DataView(bytes.buffer));
  const { customSections, bytes: size } = await inspect(id);
  equal([customSections, size], [[{ name: "a", bytes: 0x38 * 2 ** 14 - 2 }], bytes.length]);
  await dropModule(id);
});
