// What an app may write, and with @ts-expect-error what it may not: checked against js/runtime-wasm.d.ts and js/globals, never run.

import {
  call, compile, compileFile, dropModule, getExports, inspect, instances, instantiate, memory, types, WasmError, WasmErrorCode,
} from "runtime:wasm";
import type { Closed, FreshMemory, GuestFunction, HostCall, HostFunction, InstanceId, InstantiateOptions, Limits, ModuleId, Table, WasmInstance } from "runtime:wasm";
import { args, env, exit, onSignal, readDir, readFile, readTextFile, stat, stderr, stdin, stdout, terminalSize, watch, writeFile, writeFileStream } from "runtime:app";

// Modules.
const response = await fetch("./module.wasm");
const m: ModuleId = await compile(new Uint8Array(await response.arrayBuffer()));
const m2 = await compileFile("./calculator.wasm", { sha256: "00".repeat(32) });
await dropModule(m);
// @ts-expect-error: a module is compiled from bytes.
await compile("./module.wasm");

const printed: number = m;
// @ts-expect-error: not any number names a module...
await dropModule(printed);

// Instances.
const instance = await instantiate(m2);
const wasi = await instantiate(m2, {
  preopens: { "/data": "./app-data", "/tmp": { path: "/tmp/myapp", access: "read" } },
  env: { APP_MODE: "production", DEBUG: "0" },
  args: ["--config", "app.toml"],
  inheritStdin: true, inheritStdout: true, inheritStderr: true,
});
const made: Awaited<ReturnType<typeof instantiate>> = await instantiate(m2, undefined as Parameters<typeof instantiate>[1]);
const dynamic: any = {};
await (await instantiate(m2, dynamic)).exports.add(1, 2);
await made.exports.add(1, 2);
// @ts-expect-error: an unknown option is refused.
await instantiate(m2, { timeout: 5 });
// @ts-expect-error: and so is access of another kind.
await instantiate(m2, { preopens: { "/data": { path: ".", access: "write" } } });

// Calls.
const [unknown] = await instance.call("add", 5, 3);
// @ts-expect-error: what an export returns is not known...
unknown.toFixed();
// ...unless the app says so.
const [sum] = await instance.call<[number]>("compute", types.i32(100), types.f64(3.14));
sum.toFixed();
const id: InstanceId = instance.id;
// @ts-expect-error: ...and an instance is none.
await dropModule(id);
// @ts-expect-error: nor is a module an instance.
await getExports(m);
await wasi.call("_start");
const [wide] = await call<[bigint]>(instance.id, "wide", [{ type: "i64", value: 10n }, types.i64(9007199254740993n)]);
const added: bigint = wide + (await instance.addFuel(10n));
// @ts-expect-error: an i32 is no bigint.
types.i32(1n);
await instance.callWith({ signal: AbortSignal.timeout(100), timeoutMs: 50, cpuMs: 20, fuel: 1000n }, "spin");
const batch: unknown[][] = await instance.callBatch([["add", 1, 2], ["next"]]);
const three: number = await instance.exports.add(1, 2);
const { exitCode }: { exitCode: number } = await wasi.run();

// Exports and memory.
for (const found of await instance.getExports()) {
  if (found.kind === "function") console.log(found.name, found.params.join(), found.results.length);
  // @ts-expect-error: only functions have parameters here.
  else console.log(found.params);
}
await getExports(instance.id);
const data: Uint8Array = await instance.memory.read(0, 256);
// What comes back is the app's own, and goes where the web's functions take no shared memory.
const blob = new Blob([await instance.memory.read(0, 256)]);
const answer = new Response(await instance.callBytes("render", new TextEncoder().encode("page"), { timeoutMs: 50 }));
const shouted: string = await instance.callText("shout", "text");
// @ts-expect-error: text is no bytes.
await instance.callBytes("render", "page");
if (import.meta.main) console.log(import.meta.url, blob.size, answer.ok, shouted, id);
await instance.memory.write(0, new TextEncoder().encode("Hello\0"));
const pages: number = (await instance.memory.size()) + (await instance.memory.grow(1));
await memory.read(instance.id, 0, 100);
await memory.write(instance.id, 0, new Uint8Array([1, 2, 3]));
await memory.size(instance.id);
await memory.grow(instance.id, 2);

// Host functions.
const log: HostFunction = async function (this: HostCall, at: number, length: number) {
  console.log(new TextDecoder().decode(await this.memory.read(at, length)));
  if (this.signal.aborted || this.instance === undefined) return 0;
  const [address] = await this.call<[number]>("malloc", 16);
  return address;
};
const options: InstantiateOptions = {
  name: "plugin",
  imports: { env: { log, limit: 5, wide: 5n, add: (a: number, b: bigint) => BigInt(a) + b, pair: () => [1, 2.5] } },
  limits: { fuel: 10n, timeoutMs: 30_000, cpuMs: 5_000, memoryBytes: 2 ** 24, tableElements: 100, mailbox: 16 } satisfies Limits,
  restart: { on: ["trap", "timeout", "fuel"], max: 5, withinMs: 60_000, backoffMs: 100 },
  signal: new AbortController().signal,
};
options.imports = {
  env: {
    memory: { kind: "memory" }, table: { kind: "table" }, vector: new Uint8Array(16), typed: types.f32(1.5), nothing: null,
    anything: Symbol("externref"), none: undefined,
    // In here `this` is what a handler finds.
    async log(at: number) {
      console.log(await this.memory.read(at, 1), await this.table("functions").size());
    },
  },
};
class Host {
  env = { log, limit: 5 };
}
options.imports = new Host();
// @ts-expect-error: imports are an object.
options.imports = 5;
// @ts-expect-error: and there are two kinds of what an instance can have of its own.
const fresh: FreshMemory = { kind: "global" };

// Tables.
const functions: Table = instance.table("functions");
const element: GuestFunction | null = await functions.get(0);
await functions.set(1, element);
await functions.set(0);
const elements: number = (await functions.size()) + (await functions.grow(2)) + (await functions.grow(1, null));
// @ts-expect-error: a table has a name.
instance.table();

// Streams.
const piped: WasmInstance = await instantiate(m2, { ...options, stdin: "piped", stdout: "piped", stderr: "piped" });
const writer = piped.stdin!.getWriter();
await writer.write("text");
await writer.write(new Uint8Array(3));
const decoded: ReadableStream<string> = (await instantiate(m2, { stdout: "piped" })).stdout!.pipeThrough(new TextDecoderStream());
for await (const text of decoded) console.log(text.length);
for await (const chunk of piped.stdout!) console.log(chunk.byteLength);
// @ts-expect-error: the stream is null where it is not piped.
piped.stderr.getReader();
await instantiate(m2, { stdin: new ReadableStream<Uint8Array>(), stdout: "null" });
await instantiate(m2, { stdin: new Uint8Array(3) });

// The end of an instance, and how it is doing.
const ended: Closed = await piped.closed;
if (ended.reason === "terminated") console.log(ended.message);
const stats = await instance.stats();
const used: bigint = stats.fuelUsed ?? 0n;
for (const { id, state, restarts } of await instances()) console.log(id, state === "waiting", restarts[0]?.reason);
await instance.globals.set("counter", 5);
const counter: unknown = await instance.globals.get("counter");
{
  await using short = await instantiate(m2);
  await short.call("nothing");
}
await instance.terminate("enough");
await instance.drop();

// Knowing before running.
const info = await inspect(m2);
for (const wanted of info.needs.host) if (wanted.kind === "memory") console.log(wanted.name, wanted.minimum);
console.log(info.sha256, info.needs.wasi?.functions.length, info.exports[0]?.name);

// Errors.
try {
  await instance.call("spin");
} catch (error) {
  if (!(error instanceof WasmError)) throw error;
  if (error.code === WasmErrorCode.FuelExhausted) exit(3);
  const why: string | undefined = error.ended?.reason ?? error.limit;
  console.log(error.instance?.name, error.ended?.atMs, why);
  console.log(error.name, error.trap, error.guestStack?.join("\n"), error.exitCode, error.call?.args, error.import?.module);
}
const code: 5002 = WasmErrorCode.CallError;
console.log(args[0], added, batch, three, exitCode, data, pages, used, counter, code, elements, fresh);

// What an app does for itself.
const bytes: Uint8Array = await readFile("./data/a", { maxBytes: 10 });
await writeFile(new URL("./out/a", import.meta.url), stdin.readable, { append: true });
await writeFile("./out/b", ["one", bytes]);
// @ts-expect-error: a number is no data.
await writeFile("./out/c", 5);
await (await fetch("https://example.com/")).body!.pipeTo(await writeFileStream("./out/d", { createNew: true, mode: 0o600 }));
for (const { name, isDirectory } of await readDir("./data")) if (isDirectory) await stdout.write(name);
const { size, modifiedMs } = await stat("./data/a");
if (modifiedMs !== null) console.log(new Date(modifiedMs), size.toFixed());
// @ts-expect-error: not every variable is there.
env.get("HOME").length;
for await (const change of await watch(["./data"])) {
  if (change.kind === "overflow") console.log(await readTextFile(change.path));
  // @ts-expect-error: there is no such kind.
  if (change.kind === "rename") break;
}
onSignal("SIGTERM", async (event) => event.preventDefault())();
// @ts-expect-error: nobody can listen to that.
onSignal("SIGKILL", () => {});
if (stderr.isTerminal) console.log(terminalSize()?.columns);
exit();
