import { compile, compileFile, dropModule, instantiate, WasmErrorCode, WasmError } from "runtime:wasm";
import { equal, ok, rejects, test } from "./check.js";

const empty = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);

test("bytes of every kind compile", async () => {
  const shifted = new Uint8Array([9, ...empty]).subarray(1);
  for (const bytes of [empty, empty.buffer.slice(0), new DataView(shifted.buffer, 1), shifted]) {
    const id = await compile(bytes);
    ok(Number.isInteger(id) && id > 0);
    await dropModule(id);
  }
});

test("what is no module is 5000 and says where", async () => {
  await rejects(compile(new Uint8Array()), 5000, "is empty");
  await rejects(compile(new Uint8Array([0, 97, 115, 109, 2, 0, 0, 0])), 5000);
  await rejects(compile(new TextEncoder().encode("(module)")), 5000, "is WebAssembly text");
  await rejects(compile(new TextEncoder().encode("<!doctype html>")), 5000, "is an HTML page");
  await rejects(compile(new Uint8Array([0x1f, 0x8b, 8, 0])), 5000, "gzip");
  await rejects(compile(new Uint8Array([0, 97, 115, 109, 13, 0, 1, 0, 7, 5])), 5000, "WebAssembly component");
  await rejects(compile(new Uint8Array([...empty, 1, 5, 96])), 5000, "offset");
  await rejects(compileFile("./wasm/not_wasm.wasm"), 5000, "not_wasm.wasm");
});

test("too many bytes are 5000 and name the limit", async () => {
  await rejects(compile(new Uint8Array(1024 * 1024 + 1)), 5000, "1048576", "max_module_bytes");
  await rejects(compileFile("./wasm/huge.wasm"), 5000, "1048576", "max_module_bytes");
});

test("what is no buffer is 5007", async () => {
  for (const bad of [undefined, null, 1, "bytes", {}, [], () => 0, Symbol("s"), 5n, new Proxy({}, {})]) {
    await rejects(compile(bad), 5007, "bytes");
  }
});

test("a granted file compiles, from any way of writing its path", async () => {
  for (const path of ["./wasm/basic.wasm", "wasm/basic.wasm", "./data/../wasm/basic.wasm"]) {
    await dropModule(await compileFile(path));
  }
});

test("a denied path is 5009 with one message, whether or not it exists", async () => {
  const messages = new Set();
  for (const path of ["./secret.wasm", "./nothing.wasm"]) {
    const error = await rejects(compileFile(path), 5009, path);
    messages.add(error.message.replaceAll(path, "PATH"));
  }
  equal(messages.size, 1);
  const others = ["../manifest.app.toml", "/etc/passwd", "~/x.wasm", "", "./wasm", "./wasm/../secret.wasm", "./wasm/\0.wasm",
    "./wasm/sub/basic.wasm", "./wasm/BASIC.WASM", "./wasm/escape.wasm", "/proc/self/exe"];
  for (const path of others) await rejects(compileFile(path), 5009);
});

test("a granted file that cannot be read is 5008", async () => {
  await rejects(compileFile("./wasm/missing.wasm"), 5008, "missing.wasm", "; looked for in /");
  await rejects(compileFile("./wasm/folder.wasm"), 5008, "folder.wasm");
});

test("a path of another type is 5007", async () => {
  for (const bad of [undefined, null, 1, {}, ["./wasm/basic.wasm"], new Uint8Array(1)]) await rejects(compileFile(bad), 5007, "path");
  await rejects(compileFile("./wasm/basic.wasm", { sha256: 5 }), 5007, "sha256");
  await rejects(compileFile("./wasm/basic.wasm", { sha256: "zz" }), 5007, "sha256");
  for (const bad of [5, null, [], "x"]) await rejects(compileFile("./wasm/basic.wasm", bad), 5007, "options");
  // A typo must not lose the check.
  await rejects(compileFile("./wasm/basic.wasm", { sha265: "0".repeat(64) }), 5007, "sha265");
});

test("a hash that does not match is 5009", async () => {
  const error = await rejects(compileFile("./wasm/basic.wasm", { sha256: "0".repeat(64) }), 5009, "sha256");
  const [found] = error.message.match(/[0-9a-f]{64}/);
  await dropModule(await compileFile("./wasm/basic.wasm", { sha256: found }));
});

test("a module is dropped once, its instances live on, its id is never used again", async () => {
  const id = await compileFile("./wasm/basic.wasm");
  const instance = await instantiate(id);
  await dropModule(id);
  equal(await instance.call("add", 1, 2), [3]);
  await rejects(dropModule(id), 5004, String(id));
  await rejects(instantiate(id), 5004);
  ok(await compile(empty) > id);
  await instance.drop();
});

test("ids that name nothing are 5004, ids that are no numbers 5007", async () => {
  for (const id of [0, -1, 1.5, NaN, Infinity, 1e300, 2 ** 53]) await rejects(dropModule(id), 5004);
  for (const id of ["1", null, undefined, {}, 1n, true]) await rejects(dropModule(id), 5007, "module");
});

test("a signal ends a compilation, and its reason is the error", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const failed = (promise) => promise.then(() => "no error", (error) => error);
  // No module that is there already.
  const fresh = new Uint8Array([...empty, 0, 2, 1, 97]);
  const compiling = [compile(fresh, { signal }), compileFile("./wasm/basic.wasm", { signal }), compile(new Uint8Array(1_000_000), { signal })];
  const outcomes = compiling.map(failed);
  controller.abort("enough");
  equal(await Promise.all(outcomes), ["enough", "enough", "enough"]);
  equal(await failed(compile(empty, { signal })), "enough");
  ok(await compile(empty, { signal: new AbortController().signal }) > 0);
  for (const options of [{ signal: 1 }, { sgnal: signal }, 7, null]) await rejects(compile(empty, options), 5007);
});

test("the error class and its codes are exported and fixed", () => {
  ok(Object.isFrozen(WasmErrorCode));
  equal(Object.keys(WasmErrorCode).length, 12);
  equal(WasmErrorCode.FuelExhausted, 5011);
  ok(new WasmError(5000, "x") instanceof Error);
});
