// What an app in TypeScript does with the package, for the compiler only.
import { compileFile, createHost, instantiate, type Host, type WasmInstance, WasmError } from "runtime-wasm";
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
