// Bytes and text in one call: docs/plugins.md says what a guest exports for that.
import { compileFile, instantiate } from "runtime:wasm";
import { detach, equal, ok, rejects, test } from "./check.js";

const module = await compileFile("./wasm/bytes.wasm");
const basic = await compileFile("./wasm/basic.wasm");
const large = await compileFile("./wasm/bytes_large.wasm");

/** Eight bytes that say where a result is. */
function told(at, length) {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setUint32(0, length, true);
  bytes.setUint32(4, at, true);
  return bytes;
}

test("bytes go in and come out, and what was made room for is given back", async () => {
  const guest = await instantiate(module);
  const bytes = new Uint8Array([1, 2, 3]);
  const copied = await guest.callBytes("copy", bytes);
  ok(copied instanceof Uint8Array && copied !== bytes, "bytes of its own");
  equal(copied, bytes);
  equal(await guest.globals.get("live"), 0);
  equal(await guest.callBytes("same", bytes), bytes, "made in place");
  equal(await guest.globals.get("live"), 0);
  equal(await guest.callBytes("copy", new Uint16Array([1, 2])), new Uint8Array([1, 0, 2, 0]));
  equal(await guest.callBytes("copy", new ArrayBuffer(0)), new Uint8Array());
  equal(await guest.callBytes("nothing", bytes), new Uint8Array());
  equal(await guest.globals.get("live"), 0);
  // Four exports are called for the first, three where the result is made in place or there is none.
  equal((await guest.stats()).calls, 4 + 3 + 4 + 4 + 3);
  await guest.drop();
  await rejects(guest.callBytes("copy", bytes), 5005);
});

test("text is UTF-8, both ways", async () => {
  const guest = await instantiate(module);
  for (const text of ["", "hello", "grüße, 世界 \u{1f980}", "a\0b"]) equal(await guest.callText("copy", text), text);
  // As TextEncoder does it.
  equal(await guest.callText("copy", "\ud800"), "\ufffd");
  await guest.memory.write(100, new Uint8Array([104, 105, 255]));
  equal(await guest.callBytes("as_told", told(100, 3)), new Uint8Array([104, 105, 255]));
  // The same place, as text.
  await rejects(guest.callText("as_told", "\x03\0\0\0d\0\0\0"), 5007, "\"as_told\" is not UTF-8, from byte 2 on");
  await guest.drop();
});

test("a result that is not within the memory is 5006, and the guest lives on", async () => {
  const guest = await instantiate(module);
  equal(await guest.callBytes("as_told", told(65536, 0)), new Uint8Array());
  for (const [at, length] of [[65536, 1], [65535, 2], [65537, 0], [0xffffffff, 1], [0, 65537], [0xffffffff, 64 << 20]]) {
    await rejects(guest.callBytes("as_told", told(at, length)), 5006, `the result of "as_told": ${length} bytes at offset ${at}`);
  }
  await rejects(guest.callBytes("as_told", told(0, 0xffffffff)), 5006, "4294967295 bytes: there may be 67108864");
  equal(await guest.callBytes("copy", new Uint8Array(2)), new Uint8Array(2));
  await guest.drop();
});

test("room that is none is 5006, and nothing is written", async () => {
  const guest = await instantiate(module);
  await guest.globals.set("trouble", 1);
  await rejects(guest.callBytes("copy", new Uint8Array([7, 7])), 5006, "the room that \"alloc\" gave: 2 bytes at offset 65535");
  equal(await guest.memory.read(65535, 1), new Uint8Array(1));
  await guest.globals.set("trouble", 2);
  await rejects(guest.callBytes("copy", new Uint8Array(2)), 5006, "\"alloc\" has no room for 2 bytes");
  equal((await guest.stats()).calls, 2);
  equal(await guest.callBytes("nothing", new Uint8Array()), new Uint8Array(), "no room is needed for none");
  await guest.drop();
});

test("what is missing or of other types is named, before anything is called", async () => {
  const [guest, other] = [await instantiate(module), await instantiate(basic)];
  const bytes = new Uint8Array(1);
  await rejects(guest.callBytes("none", bytes), 5003, "none");
  await rejects(guest.callBytes("memory", bytes), 5003, "memory");
  await rejects(guest.callBytes("add", bytes), 5007, "\"add\" is (i32, i32) -> (i32), and a call with bytes wants (i32, i32) -> (i64)");
  await rejects(other.callBytes("add", bytes), 5007, "add");
  equal((await guest.stats()).calls + (await other.stats()).calls, 0);
  for (const bad of [undefined, null, "text", [1], 5, {}]) await rejects(guest.callBytes("copy", bad), 5007, "bytes");
  for (const bad of [undefined, null, bytes, 5, {}]) await rejects(guest.callText("copy", bad), 5007, "text");
  for (const bad of [undefined, null, 5]) await rejects(guest.callBytes(bad, bytes), 5007, "name");
  await rejects(guest.callBytes("copy", bytes, { timeout: 5 }), 5007, "timeout");
  await rejects(guest.callBytes("copy", bytes, { fuel: 5 }), 5007, "not metered");
  await rejects(guest.callBytes("copy", new Uint8Array((64 << 20) + 1)), 5006, "at most 67108864 bytes");
  equal((await guest.stats()).calls, 0);
  // So is a memory.
  const without = await instantiate(await compileFile("./wasm/bytes_no_memory.wasm"));
  for (const input of [bytes, new Uint8Array()]) await rejects(without.callBytes("f", input), 5003, "no memory");
  await rejects(without.callText("f", "text", { timeoutMs: 60_000 }), 5003, "no memory");
  equal((await without.stats()).calls, 0);
  for (const each of [guest, other, without]) await each.drop();
});

test("a trap in any of the calls ends it and says where, and a restart has a fresh guest", async () => {
  const guest = await instantiate(module, { restart: { on: ["trap"], backoffMs: 1 } });
  const trapped = await rejects(guest.callBytes("trap", new Uint8Array(5)), 5002, "trap");
  equal([trapped.call.name, trapped.call.args.length, trapped.trap], ["trap", 2, "unreachable"]);
  equal(await guest.globals.get("live"), 0, "made anew");
  await guest.globals.set("trouble", 3);
  await rejects(guest.callBytes("copy", new Uint8Array(5)), 5002, "alloc");
  equal(await guest.callText("copy", "once more"), "once more");
  equal((await guest.stats()).restarts.length, 2);
  await guest.drop();
});

test("limits hold for all of it, as for one call", async () => {
  const guest = await instantiate(module, { limits: { fuel: 100_000 } });
  equal(await guest.callText("copy", "some text", { fuel: 1000 }), "some text");
  await rejects(guest.callText("spin", "some text", { fuel: 1000 }), 5011, "spent the 1000 of fuel");
  equal(await guest.callText("copy", "some text"), "some text");
  const timed = await instantiate(module);
  await rejects(timed.callBytes("spin", new Uint8Array(1), { timeoutMs: 20 }), 5011, "the call of \"spin\"");
  equal((await timed.closed).reason, "timeout");
  const stuck = await instantiate(module, { limits: { timeoutMs: 20 } });
  await stuck.globals.set("trouble", 4);
  await rejects(stuck.callBytes("copy", new Uint8Array(1)), 5011);
  equal((await stuck.closed).reason, "timeout");
});

test("requests keep their order, and the signal of one ends the instance", async () => {
  const guest = await instantiate(module);
  const order = [];
  await Promise.all([
    guest.callText("copy", "a").then((text) => order.push(text)),
    guest.call("add", 1, 2).then(([sum]) => order.push(sum)),
    guest.callText("same", "b").then((text) => order.push(text)),
  ]);
  equal(order, ["a", 3, "b"]);
  const reason = new Error("enough");
  const controller = new AbortController();
  const spinning = guest.callBytes("spin", new Uint8Array(1), { signal: controller.signal });
  controller.abort(reason);
  equal(await spinning.catch((error) => error === reason), true);
  equal((await guest.closed).reason, "aborted");
});

test("options are read first, so a getter of theirs takes no bytes away unseen", async () => {
  const guest = await instantiate(module);
  for (const length of [10, 300_000]) {
    const bytes = new Uint8Array(length);
    const options = {
      get timeoutMs() {
        detach(bytes.buffer);
        return 60_000;
      },
    };
    await rejects(guest.callBytes("copy", bytes, options), 5007, "bytes");
  }
  equal((await guest.stats()).calls, 0);
  await guest.drop();
});

const KiB = 1024;
const pattern = (length) => new Uint8Array(length).map((_, index) => index * 31 + (index >> 9));
const same = (a, b) => a instanceof Uint8Array && a.length === b.length && a.every((byte, index) => byte === b[index]);

test("what is large comes and goes in pieces, and nothing else is different", async () => {
  const guest = await instantiate(large);
  for (const length of [256 * KiB - 1, 256 * KiB, 256 * KiB + 1, 1024 * KiB + 7]) {
    const bytes = pattern(length);
    for (const options of [undefined, { timeoutMs: 60_000 }]) {
      const found = await guest.callBytes("copy", bytes, options);
      ok(same(found, bytes), `${length} other bytes`);
      equal(found.buffer.byteLength, length);
    }
  }
  for (const unit of ["a", "ä", "世", "\u{1f980}"]) {
    // Where pieces end, by the byte and by the code unit, is within a character for one of these.
    for (const before of ["", "x", "xy", "xyz"]) {
      const text = before + unit.repeat(200 * KiB / unit.length);
      ok(await guest.callText("copy", text) === text, `other text: ${before}${unit}`);
    }
  }
  const halves = "\ud800".repeat(130 * KiB);
  ok(await guest.callText("copy", halves, { timeoutMs: 60_000 }) === "\ufffd".repeat(130 * KiB), "half a pair is U+FFFD in any place");
  // Little goes in, and much comes out: told by eight bytes that are text, too.
  const many = 0x40101;
  await guest.memory.write(2048, new Uint8Array(many).fill(97));
  ok(await guest.callText("as_told", "\x01\x01\x04\0\0\x08\0\0") === "a".repeat(many), "other text than is there");
  equal((await guest.callBytes("as_told", told(2048, many))).length, many);
  await guest.memory.write(2048 + many - 1, new Uint8Array([255]));
  await rejects(guest.callText("as_told", "\x01\x01\x04\0\0\x08\0\0"), 5007, `is not UTF-8, from byte ${many - 1} on`);
  await guest.drop();
});

test("what is large has its place in the order, both ways", async () => {
  const guest = await instantiate(large);
  const order = [];
  const note = (name, promise) => promise.then((value) => (order.push(name), value));
  const big = new Uint8Array(600 * KiB + 5).fill(7);
  await guest.memory.write(2048, big);
  const found = await Promise.all([
    note("in", guest.callBytes("count", big)),
    note("first", guest.call("first")),
    note("out", guest.callBytes("as_told", told(2048, big.length))),
    note("second", guest.call("first")),
    note("text", guest.callText("count", "x".repeat(0x14141), { timeoutMs: 60_000 })),
    note("small", guest.callText("copy", "small")),
    note("both", guest.callBytes("copy", big)),
    note("last", guest.memory.size()),
  ]);
  equal(order, ["in", "first", "out", "second", "text", "small", "both", "last"]);
  // A call writes its input only once it has its turn: "first" has seen the count before it, "second" what was told.
  equal([found[0], found[1], found[3], found[5]], [new Uint8Array(told(0, big.length).buffer), [5], [5], "small"]);
  ok(same(found[2], big) && same(found[6], big), "other bytes");
  await guest.drop();
});

test("large input that is taken away or too much is refused, and the instance lives on", async () => {
  const guest = await instantiate(large);
  const bytes = new Uint8Array(1024 * KiB);
  const call = guest.callBytes("copy", bytes);
  detach(bytes.buffer);
  await rejects(call.then(({ length }) => length), 5007, "bytes", "taken away");
  // One is too many by what is said before any is copied, the other is found out in the middle.
  await rejects(guest.callBytes("copy", new Uint8Array((64 << 20) + 1), { timeoutMs: 60_000 }), 5006, "at most 67108864 bytes");
  await rejects(guest.callText("copy", "世".repeat((64 << 20) / 3 + 1)), 5006, "at most 67108864 bytes");
  equal((await guest.stats()).calls, 0);
  equal(await guest.callText("copy", "small"), "small");
  await rejects(guest.callBytes("none", new Uint8Array(300 * KiB)), 5003, "none");
  await guest.drop();
  await rejects(guest.callBytes("copy", new Uint8Array(300 * KiB)), 5005);
  await rejects(guest.callText("copy", "x".repeat(300 * KiB)), 5005);
});

test("a signal ends a call whose result is on its way, and what has come of it is let go", async () => {
  for (const isText of [false, true]) {
    const guest = await instantiate(large);
    const reason = new Error("enough");
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const call = isText
      ? guest.callText("copy", "x".repeat(2 << 20), options)
      : guest.callBytes("as_told", told(2048, 32 << 20), options);
    // With the last of these the result is there.
    while ((await guest.stats()).calls < 4) await new Promise((resolve) => setTimeout(resolve, 0));
    controller.abort(reason);
    equal(await call.then(({ length }) => length, (error) => error === reason), true);
    equal((await guest.closed).reason, "aborted");
  }
});

test("time that large input takes to come is not the guest's", async () => {
  const guest = await instantiate(large);
  const call = guest.callText("count", "x".repeat(0x41414), { timeoutMs: 50 });
  const until = performance.now() + 150;
  while (performance.now() < until);
  equal((await call).length, 8);
  await guest.drop();
});
