// The plugin, in AssemblyScript: TypeScript's syntax, and the types of WebAssembly. The app calls what it exports. How text crosses is in bytes.ts.
import { inputText, resultText } from "./bytes";
export { alloc, release } from "./bytes";

// Makes letters large and adds a mark.
export function shout(at: usize, length: i32): u64 {
  return resultText(inputText(at, length).toUpperCase() + "!");
}

// What a plugin should not do.
export function spin(): void {
  while (true) {}
}
