import { compileFile, instantiate, memory, call, getExports } from "runtime:wasm";
import { busy, equal, ok, rejects, test } from "./check.js";

const basic = await compileFile("./wasm/basic.wasm");
const wasi = await compileFile("./wasm/wasi.wasm");

async function text(instance, length) {
  return new TextDecoder().decode(await instance.memory.read(2048, length));
}

test("an instance has an id, a module and a name", async () => {
  const a = await instantiate(basic);
  const b = await instantiate(basic, { name: "b" });
  ok(Number.isInteger(a.id) && a.id > 0 && b.id > a.id);
  equal([a.moduleId, a.name, b.name], [basic, `wasm-${a.id}`, "b"]);
  await a.drop();
  await b.drop();
});

test("missing imports are 5001 and all named, with their types", async () => {
  const module = await compileFile("./wasm/imports.wasm");
  await rejects(instantiate(module), 5001, '"env" "log"', "(i32) -> (i64)", '"env" "limit"', "f32", "no_such_function");
});

test("a trapping start function is 5001", async () => {
  const error = await rejects(instantiate(await compileFile("./wasm/start_trap.wasm")), 5001, "unreachable");
  equal(error.trap, "unreachable");
});

test("a start function that exits leaves no instance: 5001 with the code, 0 too", async () => {
  const module = await compileFile("./wasm/start_exit.wasm");
  for (const code of [0, 1, 255, 256, 2147483647, -1]) {
    const error = await rejects(instantiate(module, { imports: { host: { code } } }), 5001, `exited with code ${code}`);
    equal([error.exitCode, error.trap, error.guestStack], [code, undefined, undefined]);
  }
});

test("a start function that loops is ended by its limits with 5011", async () => {
  const module = await compileFile("./wasm/start_spin.wasm");
  await rejects(instantiate(module, { limits: { timeoutMs: 30 } }), 5011, "30 ms");
  await rejects(instantiate(module, { limits: { fuel: 1000 } }), 5011, "1000");
});

test("more memory than the limit is 5001, also summed over memories", async () => {
  await rejects(instantiate(await compileFile("./wasm/big_memory.wasm"), { limits: { memoryBytes: 150 * 65536 } }), 5001);
  const instance = await instantiate(await compileFile("./wasm/big_memory.wasm"), { limits: { memoryBytes: 200 * 65536 } });
  await instance.drop();
});

test("max_instances is 5001 and its name; a place is free again after drop", async () => {
  const all = [];
  const error = await rejects(async () => {
    for (;;) all.push(await instantiate(basic));
  }, 5001, "max_instances", "40");
  ok(error);
  equal(all.length, 40);
  await all.pop().drop();
  all.push(await instantiate(basic));
  await Promise.all(all.map((instance) => instance.drop()));
});

test("argv and environment are what was given, and nothing else", async () => {
  const instance = await instantiate(wasi, { args: ["prog", "--flag", ""], env: { A: "1", B: "x=y" } });
  const [argsLength] = await instance.call("args");
  equal(await text(instance, argsLength), "prog\0--flag\0\0");
  const [environLength] = await instance.call("environ");
  equal(await text(instance, environLength), "A=1\0B=x=y\0");
  await instance.drop();
  const bare = await instantiate(wasi, { name: "bare" });
  const [bareLength] = await bare.call("args");
  equal(await text(bare, bareLength), "bare\0");
  equal(await bare.call("environ"), [0]);
  await bare.drop();
});

const READ = 2n, WRITE = 64n, CREATE = 1;

async function open(instance, path, oflags = 0, rights = READ) {
  const bytes = new TextEncoder().encode(path);
  await instance.memory.write(4096, bytes);
  const [fd] = await instance.call("open", bytes.length, oflags, rights);
  return fd;
}

test("a preopened folder is shown, and nothing outside it", async () => {
  const instance = await instantiate(wasi, { preopens: { "/guest": "./data" } });
  equal(await instance.call("preopen", 3, 6), [0]);
  equal(await text(instance, 6), "/guest");
  const fd = await open(instance, "file.txt");
  ok(fd > 3, `open gave ${fd}`);
  const [count] = await instance.call("read", fd);
  equal(new TextDecoder().decode(await instance.memory.read(1024, count)), "some data\n");
  for (const path of ["../secret.wasm", "/etc/passwd", "escape/secret.wasm", "sub/../../secret.wasm"]) {
    ok(await open(instance, path) < 0, path);
  }
  ok(await open(instance, "new.txt", CREATE, READ | WRITE) > 3);
  await instance.drop();
});

test("a read-only preopen cannot be written", async () => {
  for (const preopen of ["./fixed", { path: "./fixed" }, { path: "./data", access: "read" }]) {
    const instance = await instantiate(wasi, { preopens: { "/": preopen } });
    ok(await open(instance, "file.txt") > 3);
    ok(await open(instance, "made.txt", CREATE, READ | WRITE) < 0);
    await instance.drop();
  }
  await rejects(instantiate(wasi, { preopens: { "/": { path: "./fixed", access: "readwrite" } } }), 5009, "fixed");
});

test("a folder below a grant may be shown; others are 5009, missing ones 5010", async () => {
  await (await instantiate(wasi, { preopens: { "/": "./data/sub" } })).drop();
  for (const path of [".", "..", "/", "/tmp", "~", "./wasm", "./data/../wasm", "./data/escape", "./nothing", "", "./data\0"]) {
    await rejects(instantiate(wasi, { preopens: { "/": path } }), 5009);
  }
  await rejects(instantiate(wasi, { preopens: { "/": "./missing" } }), 5010, "missing");
  await rejects(instantiate(wasi, { preopens: { "/": "./data/file.txt" } }), 5010, "file.txt");
  await rejects(instantiate(wasi, { preopens: { "": "./data" } }), 5010);
});

test("an unusable environment or argument is 5010", async () => {
  for (const env of [{ "A=B": "1" }, { "": "1" }, { "A\0": "1" }, { A: "1\0" }]) await rejects(instantiate(wasi, { env }), 5010);
  await rejects(instantiate(wasi, { args: ["a\0b"] }), 5010, "NUL");
});

test("options of another type are 5007 and named", async () => {
  const bad = {
    args: ["x", [1], { 0: "a" }], env: ["x", { A: 1 }, [], null], preopens: ["x", { "/": 1 }, { "/": { path: 1 } },
      { "/": { path: "./data", access: "write" } }, { "/": { path: "./data", mode: 1 } }],
    inheritStdin: ["yes", 1, null], inheritStdout: [0], inheritStderr: [{}], name: [5], stdout: ["file"], stdin: [5],
    limits: ["x", { fuel: -1 }, { fuel: 1.5 }, { fuel: "5" }, { timeoutMs: 0 }, { timeoutMs: NaN }, { timeoutMs: "1" },
      { memoryBytes: -1 }, { mailbox: 1.5 }, { typo: 1 }],
    signal: [{}, 5], typo: [1],
  };
  for (const [key, values] of Object.entries(bad)) {
    for (const value of values) await rejects(instantiate(wasi, { [key]: value }), 5007, key);
  }
  for (const options of [1, "x", null, [], Symbol("s")]) await rejects(instantiate(wasi, options), 5007, "options");
  const throwing = { get args() { throw new Error("from the getter"); } };
  equal((await rejects(instantiate(wasi, throwing), 5007)).cause.message, "from the getter");
});

test("ids that name nothing are 5004 and 5005, ids that are no numbers 5007", async () => {
  for (const id of [0, -1, 1.5, NaN, Infinity, 2 ** 53]) {
    await rejects(instantiate(id), 5004);
    for (const operation of [() => call(id, "f", []), () => getExports(id), () => memory.read(id, 0, 1),
      () => memory.write(id, 0, new Uint8Array(1)), () => memory.size(id), () => memory.grow(id, 1), () => memory.read(id, -1, 1)]) {
      await rejects(operation, 5005);
    }
  }
  for (const id of ["1", null, undefined, {}, 1n]) {
    await rejects(instantiate(id), 5007, "module");
    await rejects(call(id, "f", []), 5007, "instance");
    await rejects(memory.size(id), 5007, "instance");
  }
});

test("one instance at a time reads the host's standard input; the next is 5010", async () => {
  const reader = await instantiate(wasi, { inheritStdin: true });
  const reading = reader.call("read", 0);
  reading.catch(() => {});
  await busy(reader);
  await rejects(instantiate(wasi, { inheritStdin: true }), 5010, "standard input");
  await reader.drop();
  await rejects(reading, 5002, "dropped");
  await (await instantiate(wasi, { stdin: "inherit" })).drop();
});

test("a reader that is stopped gives the host's standard input up at once", async () => {
  for (let i = 0; i < 20; i++) {
    const reader = await instantiate(wasi, { inheritStdin: true });
    const reading = reader.callWith({ timeoutMs: 1 }, "read", 0);
    await rejects(reading, 5011);
  }
});
