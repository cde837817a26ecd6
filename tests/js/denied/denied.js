// Without [capabilities.wasm] every operation is 5009.

import { call, compile, compileFile, dropModule, getExports, instantiate, memory, types } from "runtime:wasm";
import { equal, rejects, test } from "../check.js";

test("every operation is refused", async () => {
  const operations = [
    () => compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])), () => compileFile("./x.wasm"), () => dropModule(1),
    () => instantiate(1), () => call(1, "f", []), () => getExports(1), () => memory.read(1, 0, 1),
    () => memory.write(1, 0, new Uint8Array(1)), () => memory.size(1), () => memory.grow(1, 1), () => memory.read(1, -1, 1),
  ];
  for (const operation of operations) await rejects(operation, 5009, "[capabilities.wasm]");
  equal(types.i32(1).value, 1);
});
