// An instance that is idle keeps no process alive, whatever it has been asked; nor does one with streams, or one that nobody has dropped.
import { compileFile, instantiate } from "runtime-wasm";

const instance = await instantiate(await compileFile("./wasm/basic.wasm"));
await instance.call("add", 1, 2);
globalThis.kept = [instance, await instantiate(await compileFile("./wasm/stdio.wasm"), { stdin: "piped", stdout: "piped" })];
console.log("0 failed, idle");
