// A rejection formats no stack that nobody reads: that costs time, and on QuickJS memory that does not come back
// (docs/verification.md).
import { call, compile, compileFile, dropModule, getExports, inspect, instantiate, memory } from "runtime:wasm";
import { busy, equal, ok, rejects, test } from "./check.js";

let formatted = 0;
Error.prepareStackTrace = (error) => {
  formatted++;
  return String(error);
};

const basic = await compileFile("./wasm/basic.wasm");
const host = await compileFile("./wasm/host.wasm");
const instance = await instantiate(basic);
const none = 4294967295;

/** Every function that waits for an answer, each with a request that is refused. */
const refused = {
  compile: [5000, () => compile(new Uint8Array(4))],
  compileFile: [5008, () => compileFile("./wasm/none.wasm")],
  dropModule: [5004, () => dropModule(none)],
  inspect: [5004, () => inspect(none)],
  instantiate: [5004, () => instantiate(none)],
  call: [5003, () => call(instance.id, "none")],
  getExports: [5005, () => getExports(none)],
  "memory.read": [5006, () => memory.read(instance.id, none, 1)],
  "memory.write": [5006, () => memory.write(instance.id, none, new Uint8Array(1))],
  "memory.size": [5005, () => memory.size(none)],
  "memory.grow": [5006, () => memory.grow(instance.id, 65536)],
  "instance.call": [5003, () => instance.call("none")],
  "instance.callBatch": [5003, () => instance.callBatch([["none"]])],
  "instance.callWith": [5003, () => instance.callWith({ timeoutMs: 60_000 }, "none")],
  "instance.exports": [5003, () => instance.exports.none()],
  "instance.globals.get": [5003, () => instance.globals.get("none")],
  "instance.globals.set": [5003, () => instance.globals.set("none", 1)],
  "instance.memory.read": [5006, () => instance.memory.read(none, 1)],
  "instance.table.get": [5003, () => instance.table("none").get(0)],
  "instance.table.set": [5003, () => instance.table("none").set(0, null)],
  "instance.table.grow": [5003, () => instance.table("none").grow(1)],
  "instance.table.size": [5003, () => instance.table("none").size()],
  "instantiate without an import": [5001, () => instantiate(host, { imports: {} })],
  "instantiate with imports of a module that is not there": [5004, () => instantiate(none, { imports: {} })],
  "instance.addFuel": [5007, () => instance.addFuel(1n)],
  "instance.run": [5003, () => instance.run()],
};

for (const [name, [code, operation]] of Object.entries(refused)) {
  test(`${name} formats no stack`, async () => {
    formatted = 0;
    const error = await rejects(operation, code);
    equal(formatted, 0);
    // The count does count.
    ok(error.stack !== undefined && formatted > 0, "reading the stack has formatted none");
  });
}

test("nor does a call of the waiting guest", async () => {
  let found;
  const imports = { env: {
    async deeper() {
      found = await rejects(this.call("missing"), 5003);
      return 1;
    },
    add: () => 0n, none() {}, pair: () => [0, 0], start: 0, state: 0n,
  } };
  const asking = await instantiate(await compileFile("./wasm/host.wasm"), { imports });
  formatted = 0;
  equal(await asking.call("deeper", 1), [1]);
  equal(formatted, 0);
  ok(found.stack !== undefined && formatted > 0, "reading the stack has formatted none");
  await asking.drop();
});

test("nor does what rejects because the instance is gone", async () => {
  const gone = await instantiate(basic);
  const running = gone.call("spin");
  await busy(gone);
  formatted = 0;
  await Promise.all([gone.drop(), rejects(running, 5002)]);
  for (const operation of ["drop", "stats", "getExports"]) await rejects(gone[operation](), 5005);
  equal(formatted, 0);
});
