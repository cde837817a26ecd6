import { compile, compileFile, instantiate } from "runtime:wasm";
import { busy, equal, rejects, test } from "./check.js";

const module = await compileFile("./wasm/atomics.wasm");

/** Does the same with each kind of instance. */
function testEach(body) {
  return async () => {
    for (const options of [{}, { limits: { fuel: 2n ** 62n } }]) await body(options);
  };
}

test("atomic instructions do on a memory of one's own what others do", testEach(async (options) => {
  const instance = await instantiate(module, options);
  const { exports, memory } = instance;
  await exports.store(8, -2);
  equal([await exports.load(8), await exports.add(8, 5), await exports.load(8)], [-2, -2, 3]);
  equal([await exports.swap_if(8, 4, 9), await exports.swap_if(8, 3, 9), await exports.load(8)], [3, 3, 9]);
  equal([await exports.swap64(16, 1n << 40n), await exports.swap64(16, 0n)], [0n, 1n << 40n]);
  equal([await exports.xor8(8, 0xf0), await memory.read(8, 4)], [9, new Uint8Array([0xf9, 0, 0, 0])]);
  equal(await exports.fence(), undefined);
  await instance.drop();
}));

test("nobody waits there to be woken, and who would wait traps at once", testEach(async (options) => {
  const instance = await instantiate(module, options);
  const { exports } = instance;
  equal([await exports.notify(0, 1), await exports.notify(65532, -1)], [0, 0]);
  for (const [name, ...args] of [
    ["wait32", 0, 0, -1n], ["wait32", 0, 1, -1n], ["wait32", 65532, 0, 0n], ["wait64", 0, 0n, -1n], ["wait64", 65528, 5n, 1n << 62n],
  ]) {
    const error = await rejects(exports[name](...args), 5002, "expected shared memory");
    equal([error.trap, error.call.name, error.guestStack.length], ["expected shared memory", name, 1]);
  }
  // Where it stands is looked at first.
  const rest = { notify: [1], wait32: [0, -1n], wait64: [0n, -1n], load: [] };
  for (const [name, at, trap] of [
    ["notify", 65536, "memory out of bounds"], ["wait32", -4, "memory out of bounds"], ["load", 65536, "memory out of bounds"],
    ["wait64", 65532, "unaligned atomic"], ["wait32", 2, "unaligned atomic"], ["load", 2, "unaligned atomic"], ["notify", 1, "unaligned atomic"],
  ]) {
    const error = await rejects(exports[name](at, ...rest[name]), 5002);
    equal(error.trap, trap, name + " at " + at);
  }
  equal(await exports.load(0), 0);
  await instance.drop();
}));

test("so it is on memories that are imported, have 64-bit addresses or come after others", testEach(async (options) => {
  const elsewhere = await compileFile("./wasm/atomics_elsewhere.wasm");
  const instance = await instantiate(elsewhere, { ...options, imports: { env: { memory: { kind: "memory" } } } });
  const { exports } = instance;
  equal([await exports.add(8, 5), await exports.add(8, 5)], [0, 5]);
  equal([await exports.add_wide(8n, 6), await exports.add_wide(8n, 6)], [0, 6]);
  equal([await exports.add_third(8, 7), await exports.add_third(8, 7)], [0, 7]);
  equal([await exports.notify(0), await exports.notify_wide(0n)], [0, 0]);
  for (const [name, at] of [["wait", 0], ["wait_wide", 0n], ["wait_third", 0]]) {
    equal((await rejects(exports[name](at), 5002)).trap, "expected shared memory", name);
  }
  for (const [name, at] of [["wait", 65536], ["wait_wide", 2n ** 40n], ["notify", -4], ["notify_wide", -4n], ["wait_third", 65536]]) {
    equal((await rejects(exports[name](at), 5002)).trap, "memory out of bounds", name);
  }
  await instance.drop();
}));

test("a guest that spins for a lock which nobody gives back is stopped", testEach(async (options) => {
  const timed = await instantiate(module, options);
  await timed.call("lock", 0);
  await rejects(timed.callWith({ timeoutMs: 30 }, "lock", 0), 5011, "30 ms");
  const ended = await instantiate(module, options);
  await ended.call("lock", 0);
  const call = ended.call("lock", 0);
  call.catch(() => {});
  await busy(ended);
  await ended.terminate("enough");
  await rejects(call, 5002, "enough");
}));

test("a shared memory, declared or imported, is refused in words that say what to do", async () => {
  const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const declared = [5, 4, 1, 3, 1, 2];
  const imported = [2, 16, 1, 3, 0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2, 3, 1, 2];
  for (const [section, does] of [[declared, "declares a shared memory"], [imported, "imports a shared memory"]]) {
    await rejects(compile(new Uint8Array([...head, ...section])), 5000, does, "build it without threads", "-pthread", "wasm32-wasip1");
  }
});
