import { compile, compileFile, instantiate } from "runtime:wasm";
import { equal, ok, rejects, test } from "./check.js";

const hostile = await compileFile("./wasm/hostile.wasm");
const basic = await compileFile("./wasm/basic.wasm");
const READ = 2n, WRITE = 64n, CREATE = 1, NXIO = 60, MFILE = 33, ACCES = 2, PERM = 63;

async function open(guest, path, oflags = 0, rights = READ) {
  const bytes = new TextEncoder().encode(path);
  await guest.memory.write(4096, bytes);
  return (await guest.call("open", bytes.length, oflags, rights))[0];
}

test("a FIFO is not opened, in no way and by no link", async () => {
  const guest = await instantiate(hostile, { preopens: { "/d": "./data" } });
  for (const path of ["fifo", "fifo_link", "./sub/../fifo", "sub/../fifo_link"]) {
    for (const rights of [READ, WRITE, READ | WRITE]) {
      for (const oflags of [0, CREATE]) equal(await open(guest, path, oflags, rights), -NXIO, path);
    }
  }
  ok(await open(guest, "file.txt") > 3, "a file");
  ok(await open(guest, "sub") > 3, "a folder");
  await guest.drop();
});

test("a device is not opened", async () => {
  const guest = await instantiate(hostile, { preopens: { "/dev": "/dev" } });
  for (const path of ["zero", "null", "full", "tty"]) {
    const found = await open(guest, path);
    ok([-NXIO, -ACCES, -PERM].includes(found), `${path} gave ${found}`);
  }
  equal(await open(guest, "zero"), -NXIO);
  await guest.drop();
});

test("a guest has at most 256 descriptors open, and goes on", async () => {
  const guest = await instantiate(hostile, { preopens: { "/d": "./data" } });
  await guest.memory.write(4096, new TextEncoder().encode("file.txt"));
  equal(await guest.call("open_all", 8), [256 - 4]);
  equal(await open(guest, "file.txt"), -MFILE);
  equal(await guest.call("ping"), [1]);
  await guest.drop();
});

test("random bytes come in bounded amounts", async () => {
  const guest = await instantiate(hostile, {});
  equal(await guest.call("random", 65536), [0]);
  await rejects(guest.call("random", 1024 * 1024 + 1), 5002);
  await guest.drop();
});

test("all guests together have max_memory, and what one gives back another gets", async () => {
  const guests = [];
  for (let i = 0; i < 4; i++) {
    const guest = await instantiate(basic);
    // The module's own maximum is 4 pages.
    equal(await guest.memory.grow(3), 1);
    guests.push(guest);
  }
  const big = [];
  for (let i = 0; i < 3; i++) big.push(await instantiate(hostile, {}));
  for (const guest of big) equal(await guest.memory.grow(1022), 2);
  const last = await instantiate(hostile, {});
  await rejects(last.memory.grow(1022), 5006, "max_memory", "268435456");
  await big.pop().drop();
  equal(await last.memory.grow(1022), 2);
  for (const guest of [last, ...big, ...guests]) await guest.drop();
});

test("an instance that does not fit is refused, and the message names the bound", async () => {
  const large = await compileFile("./wasm/big_memory.wasm");
  await rejects(instantiate(large, { limits: { memoryBytes: 1000000 } }), 5001, "1000000 bytes");
  const small = await instantiate(basic, { limits: { memoryBytes: 65536 } });
  await rejects(small.memory.grow(1), 5006, "65536 bytes");
  await small.drop();
});

test("what an app asks for is never more than the manifest has", async () => {
  const guest = await instantiate(hostile, { limits: { memoryBytes: 2 ** 40 } });
  await rejects(guest.memory.grow(1023), 5006, "67108864");
  await guest.drop();
});

test("no time is too short to be a limit", async () => {
  for (const timeoutMs of [5e-324, 1e-300, 1e-7, 4e-7, 1e-6, 0.001, 0.5]) {
    const guest = await instantiate(basic);
    await rejects(guest.callWith({ timeoutMs }, "spin"), 5011, " ms");
    equal((await guest.closed).reason, "timeout");
  }
  const spinning = await compileFile("./wasm/start_spin.wasm");
  for (const timeoutMs of [5e-324, 1e-7]) await rejects(instantiate(spinning, { limits: { timeoutMs } }), 5011, "0.000001 ms");
  for (const timeoutMs of [0, -0, -1, NaN, Infinity]) {
    const guest = await instantiate(basic);
    await rejects(guest.callWith({ timeoutMs }, "nothing"), 5007, "timeoutMs");
    await rejects(instantiate(basic, { limits: { timeoutMs } }), 5007, "timeoutMs");
    await guest.drop();
  }
  const guest = await instantiate(basic);
  for (const timeoutMs of [2 ** 31, 2 ** 53, 1e30, Number.MAX_VALUE]) await guest.callWith({ timeoutMs }, "nothing");
  await guest.drop();
});

test("a mailbox has 1 to 65,536 places", async () => {
  for (const mailbox of [0, 65_537, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 62, 2 ** 63, 2 ** 64, 1e300]) {
    await rejects(instantiate(basic, { limits: { mailbox } }), 5007, "limits.mailbox", "65536");
  }
  for (const mailbox of [1, 65_536]) await (await instantiate(basic, { limits: { mailbox } })).drop();
});

test("extreme limits are limits", async () => {
  for (const amount of [0, 1, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 62, 2 ** 63, 2 ** 64, 1e300]) {
    const guest = await instantiate(hostile, { limits: { fuel: BigInt(amount) } });
    if (amount > 1) equal(await guest.call("ping"), [1]);
    else await rejects(guest.call("ping"), 5011);
    await guest.drop();
    // The manifest has a ceiling for memory, and none for tables.
    await (await instantiate(hostile, { limits: { memoryBytes: Math.max(amount, 2 ** 20) } })).drop();
    const tables = instantiate(hostile, { limits: { tableElements: amount } });
    if (amount < 2 ** 20) await (await tables).drop();
    else await rejects(tables, 5001, "limits.tableElements", "max_memory", "16777216");
  }
});

/** An unsigned LEB128. */
function leb(number) {
  const bytes = [];
  do bytes.push((number & 127) | (number > 127 ? 128 : 0)); while ((number >>>= 7) !== 0);
  return bytes;
}

test("a function with too many locals is not compiled", async () => {
  const body = [1, ...leb(20_001), 0x7e, 0x0b];
  const code = [1, ...leb(body.length), ...body];
  const module = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, ...leb(code.length), ...code];
  await rejects(compile(new Uint8Array(module)), 5000, "20001 locals", "20000");
});
