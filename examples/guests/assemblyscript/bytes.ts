// The plugin's half of callBytes and callText, to be copied beside a plugin, which exports two of these functions:
//   export { alloc, release } from "./bytes";
// docs/plugins.md says what the app does with it.

// Room for an input. Where there is none the plugin traps, and the app's call fails with 5002.
export function alloc(length: i32): usize {
  return heap.alloc(length);
}

// Takes back an input or a result.
export function release(at: usize, length: i32): void {
  heap.free(at);
}

// The input of a function, from its two arguments.
export function inputBytes(at: usize, length: i32): Uint8Array {
  const bytes = new Uint8Array(length);
  memory.copy(bytes.dataStart, at, length);
  return bytes;
}

export function inputText(at: usize, length: i32): string {
  return String.UTF8.decodeUnsafe(at, length);
}

// What a function returns. It is a copy that the app gives back: what the language collects by itself stays here.
export function resultBytes(bytes: Uint8Array): u64 {
  const at = heap.alloc(bytes.length);
  memory.copy(at, bytes.dataStart, bytes.length);
  return packed(at, bytes.length);
}

export function resultText(text: string): u64 {
  const length = String.UTF8.byteLength(text);
  const at = heap.alloc(length);
  String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, at);
  return packed(at, length);
}

// Where a result begins, in the upper half, and how long it is, in the lower.
function packed(at: usize, length: i32): u64 {
  return ((at as u64) << 32) | length;
}
