// A plugin in AssemblyScript: a reactor, with WASI for its output. The app calls what it exports.
import { inputBytes, inputText, resultBytes, resultText } from "./bytes";
export { alloc, release } from "./bytes";

// A function of the app's.
@external("env", "log")
declare function host_log(text: usize, length: i32): void;

// Text in, text out: makes letters large and adds a mark.
export function shout(at: usize, length: i32): u64 {
  const loud = inputText(at, length).toUpperCase() + "!";
  console.log(`shouting ${String.UTF8.byteLength(loud)} bytes`);
  host_log(at, length);
  return resultText(loud);
}

// Bytes in, bytes out: turns them round.
export function reverse(at: usize, length: i32): u64 {
  return resultBytes(inputBytes(at, length).reverse());
}

// Traps where b is 0. There is no DWARF; built with --debug, the error names this function.
export function divide(a: i32, b: i32): i32 {
  return a / b;
}
