// What an app in TypeScript does with the package, for the compiler only.
import { compileFile, createHost, instantiate, type Host, type Manifest, type WasmInstance, WasmError } from "runtime-wasm";
import { Readable } from "node:stream";

const module = await compileFile("./plugins/plugin.wasm", { sha256: "00".repeat(32) });
const plugin: WasmInstance = await instantiate(module, {
  name: "plugin",
  limits: { fuel: 10n, memoryBytes: 2 ** 20 },
  stdout: "piped",
  signal: AbortSignal.timeout(50),
  imports: { env: { async log(pointer: number, length: number) { console.log(Buffer.from(await this.memory.read(pointer, length)).toString()); } } },
});
const [sum] = await plugin.call<[number]>("add", 1, 2);
const text: string = sum.toFixed();
await plugin.memory.write(0, Buffer.from(text));
for await (const chunk of Readable.fromWeb(plugin.stdout!)) console.log((chunk as Uint8Array).byteLength);

const host: Host = createHost({ manifest: { capabilities: { wasm: { load: ["./*.wasm"] } } }, cache: false, interruption: "protection" });
try {
  await host.instantiate(await host.compileFile("./x.wasm"));
} catch (error) {
  if (error instanceof WasmError && error.code === host.WasmErrorCode.PermissionDenied) console.log(error.message);
}
// @ts-expect-error: no such option
createHost({ manifests: "x" });
// @ts-expect-error: no such kind
createHost({ interruption: "signal" });
// Manifests by whatever type an app has for them, if its keys are those of manifests.
interface Own { capabilities: { wasm: { load: string[]; interruption: string; max_memory: string | number } } }
declare const own: Own;
declare const parsed: Record<string, unknown>;
const widened = { capabilities: { wasm: { load: ["./*.wasm", { path: "./x.wasm", sha256: "00".repeat(32) }], interruption: "epoch", cache: false, limits: { memory: "16 MiB" } } } };
const typed: Manifest = { app: { name: "app" }, capabilities: { wasm: { preopens: [{ path: "./data", access: "read" }], priority: "low" } } };
for (const manifest of [own, parsed, widened, typed, undefined]) createHost({ manifest });
createHost({ manifest: Object.freeze(widened) });
// @ts-expect-error: no such key
createHost({ manifest: { capabilities: { wasm: { lode: [] } } } });
// @ts-expect-error: no such key at the top
createHost({ manifest: { capabilites: {} } });
// @ts-expect-error: a number where there is none
createHost({ manifest: { capabilities: { wasm: { load: 7 } } } });
// @ts-expect-error: no manifest
createHost({ manifest: ["./*.wasm"] });
// @ts-expect-error: nor this
createHost({ manifest: new Map<string, unknown>() });
// @ts-expect-error: true says nothing
createHost({ cache: true });
