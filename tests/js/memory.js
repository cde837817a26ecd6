import { compileFile, instantiate, memory } from "runtime:wasm";
import { busy, equal, ok, rejects, test } from "./check.js";

const instance = await instantiate(await compileFile("./wasm/basic.wasm"));
const PAGE = 65536;

test("bytes are read and written, as copies", async () => {
  equal(new TextDecoder().decode(await instance.memory.read(0, 5)), "Hello");
  await instance.memory.write(0, new TextEncoder().encode("Jello\0"));
  const copy = await instance.memory.read(0, 5);
  ok(copy instanceof Uint8Array && copy.buffer.byteLength === 5);
  copy[0] = 0;
  equal(new TextDecoder().decode(await instance.memory.read(0, 5)), "Jello");
});

test("other buffers can be written", async () => {
  await instance.memory.write(16, new Uint16Array([1, 2]));
  await instance.memory.write(20, new Uint8Array([9, 9]).buffer);
  equal(await instance.memory.read(16, 6), new Uint8Array([1, 0, 2, 0, 9, 9]));
});

test("the very end is within, one beyond is 5006", async () => {
  equal(await instance.memory.read(PAGE, 0), new Uint8Array());
  await instance.memory.write(PAGE, new Uint8Array());
  equal((await instance.memory.read(PAGE - 4, 4)).length, 4);
  for (const [offset, length] of [[PAGE, 1], [PAGE + 1, 0], [PAGE - 4, 5], [0, PAGE + 1], [2 ** 32, 1], [2 ** 53, 2 ** 53],
    [1e300, 1], [0, 1e300], [-1, 1], [0, -1], [-1e300, 0], [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]]) {
    await rejects(instance.memory.read(offset, length), 5006);
  }
  await rejects(instance.memory.write(PAGE - 1, new Uint8Array(2)), 5006);
  await rejects(instance.memory.write(-1, new Uint8Array(0)), 5006, "negative");
});

test("a write of more than there is room for says so, also behind requests that wait", async () => {
  const small = await instantiate(await compileFile("./wasm/basic.wasm"));
  const large = new Uint8Array(2 ** 28);
  await rejects(small.memory.write(0, large), 5006, "268435456 bytes at offset 0 reach beyond the memory's 65536 bytes");
  await rejects(small.memory.write(-1, large), 5006, "negative");
  // What comes before it is done before it: then it fits, or not.
  const grown = small.memory.grow(2), fits = small.memory.write(PAGE, large.subarray(0, 2 * PAGE));
  const beyond = small.memory.write(PAGE, large.subarray(0, 2 * PAGE + 1));
  equal(await grown, 1);
  equal(await fits, undefined);
  await rejects(beyond, 5006, "131073 bytes at offset 65536 reach beyond the memory's 196608 bytes");
  const [spinning, waiting] = [small.call("spin"), small.memory.write(0, large)];
  await busy(small);
  const told = [rejects(spinning, 5002), rejects(waiting, 5005)];
  await small.terminate();
  await Promise.all(told);
  await rejects(small.memory.write(0, large), 5005);
});

test("what is no integer is 5007 and named", async () => {
  for (const bad of [1.5, NaN, Infinity, "1", null, undefined, {}, 1n, true]) {
    await rejects(instance.memory.read(bad, 1), 5007, "offset");
    await rejects(instance.memory.read(0, bad), 5007, "length");
    await rejects(instance.memory.write(bad, new Uint8Array(1)), 5007, "offset");
    await rejects(instance.memory.grow(bad), 5007, "pages");
  }
  for (const bad of [undefined, "bytes", [1, 2], 5, {}]) await rejects(instance.memory.write(0, bad), 5007, "bytes");
});

test("a memory grows to its maximum and not beyond", async () => {
  equal(await instance.memory.size(), 1);
  equal(await instance.memory.grow(2), 1);
  equal(await memory.size(instance.id), 3);
  equal(await memory.grow(instance.id, 0), 3);
  for (const pages of [2, 65536, 2 ** 40, 1e300, -1]) await rejects(instance.memory.grow(pages), 5006);
  equal(await instance.call("grow", 5), [-1]);
  equal(await instance.call("grow", 1), [3]);
  equal(await instance.memory.size(), 4);
});

test("growth stops at the instance's limit, for the guest with -1, for the host with 5006", async () => {
  const module = await compileFile("./wasm/basic.wasm");
  const small = await instantiate(module, { limits: { memoryBytes: 2 * PAGE } });
  equal(await small.call("grow", 2), [-1]);
  await rejects(small.memory.grow(2), 5006, String(2 * PAGE));
  equal(await small.memory.grow(1), 1);
  await small.drop();
});

test("no memory is 5006; without one named so, the first that is exported serves", async () => {
  const none = await instantiate(await compileFile("./wasm/no_memory.wasm"));
  for (const operation of [() => none.memory.read(0, 0), () => none.memory.size(), () => none.memory.grow(0)]) {
    await rejects(operation, 5006, "no memory");
  }
  const other = await instantiate(await compileFile("./wasm/other_memory.wasm"));
  equal(await other.memory.size(), 1);
});
