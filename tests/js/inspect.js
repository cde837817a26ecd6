import { compile, compileFile, dropModule, inspect, instantiate } from "runtime:wasm";
import { equal, ok, rejects, test } from "./check.js";

const id = await compileFile("./wasm/inspect.wasm");
const info = await inspect(id);

test("a module's imports and exports have their types", () => {
  equal(info.imports, [
    { module: "wasi_snapshot_preview1", name: "fd_write", kind: "function", params: ["i32", "i32", "i32", "i32"], results: ["i32"] },
    { module: "wasi_snapshot_preview1", name: "proc_exit", kind: "function", params: ["i32"], results: [] },
    { module: "env", name: "log", kind: "function", params: ["i64", "f32"], results: ["externref"] },
    { module: "env", name: "limit", kind: "global", type: "f64", mutable: true },
    { module: "env", name: "shared", kind: "table", element: "externref", minimum: 1, maximum: 2 },
  ]);
  equal(info.exports, [
    { name: "memory", kind: "memory", minimum: 1, maximum: 4, pageSize: 65536, memory64: false, shared: false },
    { name: "large", kind: "memory", minimum: 2, pageSize: 65536, memory64: true, shared: false },
    { name: "table", kind: "table", element: "funcref", minimum: 3 },
    { name: "answer", kind: "global", type: "i32", mutable: false },
    { name: "swap", kind: "function", params: ["i32", "v128"], results: ["v128", "i32"] },
    { name: "log again", kind: "function", params: ["i64", "f32"], results: ["externref"] },
    { name: "\x1b[31mred\u202e", kind: "global", type: "f64", mutable: true },
  ]);
});

test("memories, tables and globals are listed, imported ones first", () => {
  equal(info.memories.map(({ minimum, memory64 }) => [minimum, memory64]), [[1, false], [2, true]]);
  equal(info.tables.map(({ element }) => element), ["externref", "funcref"]);
  equal(info.globals.map(({ type, mutable }) => [type, mutable]), [["f64", true], ["i32", false]]);
  equal([info.start, info.functions], [true, 2]);
});

test("the custom sections are listed, and two are decoded", () => {
  equal(info.name, "everything");
  ok(["name", "producers", "empty"].every((name) => info.customSections.some((section) => section.name === name)));
  equal(info.customSections.find(({ name }) => name === "empty").bytes, 0);
  equal(info.producers.language, [{ name: "WAT", version: "1" }]);
  equal(info.producers["processed-by"], [{ name: "a tool", version: "2.0" }, { name: "another", version: "" }]);
});

test("what a module needs is told apart", async () => {
  equal(info.needs.wasi, { versions: ["wasi_snapshot_preview1"], functions: ["fd_write", "proc_exit"] });
  equal(info.needs.host.map(({ name }) => name), ["log", "limit", "shared"]);
  equal((await inspect(await compileFile("./wasm/basic.wasm"))).needs, { wasi: null, host: [] });
});

test("size and hash are those of the bytes", async () => {
  const empty = await compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
  const found = await inspect(empty);
  equal([found.id, found.bytes, found.name, found.start], [empty, 8, undefined, false]);
  equal(found.sha256, "93a44bbb96c751218e4c00d479e4c14358122a389acca16205b1e4d0dc5f9476");
  await compileFile("./wasm/inspect.wasm", { sha256: info.sha256 });
});

test("inspecting runs nothing, and needs no imports", async () => {
  await inspect(await compileFile("./wasm/start_trap.wasm"));
  await rejects(instantiate(id), 5001, "env");
});

test("a module that is not there is 5004, an id of another type 5007", async () => {
  await dropModule(id);
  await rejects(inspect(id), 5004, String(id));
  await rejects(inspect(0), 5004);
  for (const bad of ["1", undefined, null, {}, 1n]) await rejects(inspect(bad), 5007, "module");
});
