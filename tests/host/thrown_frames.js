// exit: 1
import { compileFile } from "runtime:wasm";
async function load(path) {
  await compileFile(path);
}
await load("/etc/passwd");
