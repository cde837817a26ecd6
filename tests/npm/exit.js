// The process ends when it is told to, beside guests that spin.
import { compileFile, instantiate } from "runtime-wasm";

const basic = await compileFile("./wasm/basic.wasm");
const spinning = await Promise.all(Array.from({ length: 8 }, () => instantiate(basic)));
for (const instance of spinning) instance.call("spin").catch(() => {});
while ((await spinning[7].stats()).state !== "running") await new Promise((resolve) => setTimeout(resolve, 1));
console.log("0 failed, exits");
process.exit(7);
