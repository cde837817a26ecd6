// A plugin in AssemblyScript: a reactor, with WASI for its output. The app calls what it exports.

// A function of the app's.
@external("env", "log")
declare function host_log(text: usize, length: i32): void;

// Strings cross as bytes in the guest's memory: the app asks for room here, writes, calls, reads and gives the room back.
export function alloc(size: i32): usize {
  return heap.alloc(size);
}
export function release(at: usize, size: i32): void {
  heap.free(at);
}

// Makes ASCII letters large and adds a mark. Where the new text is stands in the upper half of the result, its length in the lower.
export function shout(text: usize, length: i32): u64 {
  const loud = heap.alloc(length + 1);
  for (let i = 0; i < length; i++) {
    const byte = load<u8>(text + i);
    store<u8>(loud + i, byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte);
  }
  store<u8>(loud + length, 0x21);
  console.log(`shouting ${length + 1} bytes`);
  host_log(text, length);
  return ((loud as u64) << 32) | (length + 1);
}

// Traps where b is 0. There is no DWARF; built with --debug, the error names this function.
export function divide(a: i32, b: i32): i32 {
  return a / b;
}
