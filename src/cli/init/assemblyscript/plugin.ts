// The plugin, in AssemblyScript: TypeScript's syntax, and the types of WebAssembly. The app calls what it exports.

// Text crosses as bytes in this memory: the app asks for room, writes, calls, reads and gives the room back.
export function alloc(size: i32): usize {
  return heap.alloc(size);
}
export function release(at: usize, size: i32): void {
  heap.free(at);
}

// Makes letters large and adds a mark. The place of the new text is in the upper half of the result, its length in the lower.
export function shout(text: usize, length: i32): u64 {
  const loud = String.UTF8.encode(String.UTF8.decodeUnsafe(text, length).toUpperCase() + "!");
  // The app frees it; what the language collects by itself stays here.
  const at = heap.alloc(loud.byteLength);
  memory.copy(at, changetype<usize>(loud), loud.byteLength);
  return ((at as u64) << 32) | loud.byteLength;
}

// What a plugin should not do.
export function spin(): void {
  while (true) {}
}
