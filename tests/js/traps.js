import { compileFile, instantiate } from "runtime:wasm";
import { equal, ok, rejects, test } from "./check.js";

const instance = await instantiate(await compileFile("./wasm/traps.wasm"), { name: "traps" });

test("a trap tells the call and its arguments, as the guest got them", async () => {
  const bytes = new Uint8Array(16).fill(7);
  const error = await rejects(instance.call("trap", 4294967295, 5, 0.5, -1.5, bytes, null), 5002, "unreachable");
  equal(error.call, { name: "trap", args: [-1, 5n, 0.5, -1.5, bytes, null] });
  equal(error.import, undefined);
  // The function has no name of its own.
  equal(error.guestStack, ["trap"]);
});

test("of many arguments the first 16 are told", async () => {
  const args = Array.from({ length: 18 }, (_, i) => i);
  equal((await rejects(instance.call("many", ...args), 5002)).call.args, args.slice(0, 16));
});

test("the import that failed is named", async () => {
  const error = await rejects(instance.call("import_fails", 1), 5002, '"wasi_snapshot_preview1"', '"random_get"');
  equal(error.import, { module: "wasi_snapshot_preview1", name: "random_get" });
  equal(error.call, { name: "import_fails", args: [1] });
  ok(error.guestStack[0].includes("ask"), error.guestStack.join());
});

test("a function's name in the stack holds nothing that a terminal obeys", async () => {
  const { guestStack } = await rejects(instance.call("odd_name"), 5002);
  equal(guestStack, ["\\u{1b}[31mred"]);
});

test("names of Rust's are told as they are in the source", async () => {
  const { guestStack } = await rejects(instance.call("mangled"), 5002);
  equal(guestStack, ["core::panicking::panic", "foo::bar"]);
});

test("what is not the guest's failure has no call", async () => {
  equal((await rejects(instance.call("none"), 5003)).call, undefined);
  equal((await rejects(instance.call("trap"), 5007)).call, undefined);
});
