// What an app may do with what `runtime-wasm types` has made of shapes.wit and calculator.wat, and with @ts-expect-error what it may not:
// checked, never run.

import { compileFile, instantiate, WasmError } from "runtime:wasm";
import type { ModuleId, WasmApi, WasmInstance } from "runtime:wasm";
import type { Calculator } from "./calculator.d.ts";
import type { DemoPlugApi, DemoPlugHost, DemoPlugTypes, Shapes } from "./shapes.d.ts";

// A core module.
const odd = { "*/ not: `a name`": () => null };
const env: Calculator.Imports["env"] = {
  async log(at, wide) { console.log(await this.memory.read(at, Number(wide))); },
  pick: () => 5,
  pair: async () => [1, 2],
  limit: 5, memory: { kind: "memory" }, table: { kind: "table" },
};
const calculator = await instantiate<Calculator>(1 as ModuleId, { name: "calculator", imports: { env, "an odd \"module\"": odd } });
const sum: number = await calculator.exports.add(1, 2);
const wide: bigint = (await calculator.exports.wide(1)) + (await calculator.exports.wide(1n));
const [first, second]: [number, bigint] = await calculator.exports.mix(1, 2, new Uint8Array(16), Symbol("any"), null);
const [again] = await calculator.call("add", 1, 2);
const [mixed, last] = await calculator.callWith({ timeoutMs: 50 }, "mix", 1, 2, new Uint8Array(16), 0, null);
await calculator.exports["a\nb\u2028*/ \"c\""](null);
const untyped: WasmInstance = calculator;
// @ts-expect-error: it takes two.
await calculator.exports.add(1);
// @ts-expect-error: no such export,
await calculator.exports.sub(1, 2);
// @ts-expect-error: neither here...
await calculator.call("sub", 1, 2);
// @ts-expect-error: ...nor with other arguments.
await calculator.call("add", 1n, 2n);
// @ts-expect-error: what it imports is not given,
await instantiate<Calculator>(1);
// @ts-expect-error: neither so,
await instantiate<Calculator>(1 as ModuleId, { name: "calculator" });
// @ts-expect-error: or in part...
await instantiate<Calculator>(1 as ModuleId, { imports: { env: { limit: 5 } } });
// @ts-expect-error: ...or with a function of other results.
await instantiate<Calculator>(1 as ModuleId, { imports: { env: { ...env, pick: () => "5" }, "an odd \"module\"": odd } });
// @ts-expect-error: an unknown option is refused.
await instantiate<Calculator>(1 as ModuleId, { timeout: 5, imports: { env, "an odd \"module\"": odd } });

// A component.
class Bucket implements DemoPlugHost.Bucket {
  static async shared() { return new Bucket("shared"); }
  constructor(readonly name: string) {}
  async get(key: string) { return key === "" ? undefined : new Uint8Array(3); }
  [Symbol.dispose]() {}
}
class Token { secret = 5; }
const host: DemoPlugHost = {
  log: (level, text) => BigInt(level === "low" ? text.length : 0),
  async fetch(url) { return new TextEncoder().encode(url); },
  tick: console.log,
  keep(bucket) { return new Token(); },
  Bucket, Token,
};
const shapes = await instantiate<Shapes>(await compileFile("./shapes.wasm"), {
  imports: { "demo:plug/host@0.1.0": host, now: () => 5n },
});
await instantiate<Shapes>(1 as ModuleId, { imports: { "demo:plug/host": host, now: async () => 5n }, signal: AbortSignal.timeout(5) });
// @ts-expect-error: a world's function is missing,
await instantiate<Shapes>(1 as ModuleId, { imports: { "demo:plug/host@0.1.0": host } });
// @ts-expect-error: an interface is,
await instantiate<Shapes>(1 as ModuleId, { imports: { now: () => 5n } });
// @ts-expect-error: or all of it.
await instantiate<Shapes>(1);
// @ts-expect-error: no class makes other objects...
host.Bucket = Token;
// @ts-expect-error: ...nor is one of other arguments.
host.Bucket = class extends Bucket { constructor(name: number) { super(String(name)); } };

const api: DemoPlugApi = shapes.exports["demo:plug/api@0.1.0"];
const same = shapes.exports["demo:plug/api"];
const area: number = await api.area({ tag: "circle", val: 5 });
await api.area({ tag: "unit" });
const point: DemoPlugTypes.Point = { x: 1, y: 2, maybe: { tag: "some", val: undefined }, constructor: true };
const [points, level, perms] = await same.mirror([point, { ...point, labelText: "a" }], "very-high", { canRead: true });
const length: number = points.length + (points[0]?.labelText?.length ?? 0) + (level === "low" ? 1 : 0) + (perms.canWrite ? 1 : 0);
await api.others(true, "c", "text", 1n, -1n, [true], ["a", undefined], [{ tag: "ok" }, { tag: "err", val: 5 }], undefined);
await api.keep([], undefined, { async: 5 });
await api.keep([], { tag: "some", val: undefined }, { async: 5 });
const bytes: Uint8Array = await api.numbers(
  new Uint8Array(1), new Int8Array(1), new Uint16Array(1), new Int16Array(1), new Uint32Array(1), new Int32Array(1),
  new BigUint64Array(1), new BigInt64Array(1), new Float32Array(1), new Float64Array(1),
);
const hello: string = await shapes.exports.helloWorld("you", new BigUint64Array(1));
const started: bigint | undefined = await shapes.exports.started();
const kind = await shapes.exports.tools.use({ name: "hammer" }, { seconds: 5n, nanoseconds: 0 });
const tool: string = kind.tag === "one" ? kind.val.name : kind.tag;
const [called] = await shapes.call("demo:plug/api@0.1.0#area", { tag: "rect", val: [1, 2] });
const [[mirrored]] = await shapes.call("demo:plug/api@0.1.0#mirror", [point], "low", {});
const [said] = await shapes.callWith({ fuel: 5n }, "hello-world", "you", new BigUint64Array(0));
console.log(called.toFixed(), mirrored[0]?.x, said.length);
// @ts-expect-error: no such case,
await api.area({ tag: "square", val: 5 });
// @ts-expect-error: or not without a value.
await api.area({ tag: "circle" });
// @ts-expect-error: a level has another spelling,
await api.mirror([point], "veryHigh", {});
// @ts-expect-error: and so has a field.
const labelled: DemoPlugTypes.Point = { x: 1, y: 2, "label-text": "a" };
// @ts-expect-error: u64 is a bigint.
await api.others(true, "c", "text", 1, -1n, [], [], [], undefined);
// @ts-expect-error: the bytes are no list of numbers.
await shapes.exports.helloWorld("you", [1n]);
// @ts-expect-error: functions are not called by their names in WIT here,
await shapes.exports["hello-world"]("you", new BigUint64Array(1));
// @ts-expect-error: nor otherwise there.
await shapes.call("helloWorld", "you", new BigUint64Array(1));
// @ts-expect-error: no such interface.
shapes.exports["demo:plug/other"];

// Its resources.
{
  await using blob = new api.Blob(new Uint8Array(3));
  using other: DemoPlugApi.Blob = await api.Blob.merge(blob, new api.Blob(bytes));
  const read: Uint8Array = await other.read(0n);
  const count: number = await blob.constructor();
  const next = await (await api.open(blob)).next();
  console.log(read, count, next?.x);
  // @ts-expect-error: a cursor is made by open().
  new api.Cursor();
  // @ts-expect-error: one is not the other,
  await api.open(await api.open(blob));
  // @ts-expect-error: and what only looks like one is none.
  await api.open({ read: other.read, constructor: blob.constructor, [Symbol.dispose]() {}, async [Symbol.asyncDispose]() {} });
  // @ts-expect-error: there is nothing of that name to import.
  new DemoPlugApi.Blob(bytes);
}
const any: WasmInstance<WasmApi> = shapes;
try {
  await api.check("low");
} catch (error) {
  if (error instanceof WasmError) console.log(error.payload);
}
console.log(sum, wide, first, second, again, mixed, last, untyped, area, length, hello, started, tool, any, labelled);
