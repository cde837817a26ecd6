// A call that is under way keeps the process alive until it is answered.
import { compileFile, instantiate } from "runtime-wasm";

const instance = await instantiate(await compileFile("./wasm/basic.wasm"), { limits: { timeoutMs: 200 } });
instance.call("spin").catch((error) => console.log(`0 failed, ${error.code}`));
