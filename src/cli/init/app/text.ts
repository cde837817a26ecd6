// Text into the plugin and out of it: bytes in its memory, for which it has room made.
import type { WasmInstance } from "runtime:wasm";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Calls an export that takes a text, as its place and its length, and gives one back: the place in the upper half of an i64, the length in the lower. */
export async function callText(plugin: WasmInstance, name: string, text: string): Promise<string> {
  const bytes = encoder.encode(text);
  const [place] = await plugin.call<[number]>("alloc", bytes.length);
  await plugin.memory.write(place >>> 0, bytes);
  const [packed] = await plugin.call<[bigint]>(name, place, bytes.length);
  await plugin.call("release", place, bytes.length);
  const [at, length] = [Number(BigInt.asUintN(32, packed >> 32n)), Number(BigInt.asUintN(32, packed))];
  const answer = decoder.decode(await plugin.memory.read(at, length));
  await plugin.call("release", at, length);
  return answer;
}
