// An addon's life in somebody else's process: Node, Bun and Deno run this.
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { compile, compileFile, createHost, instantiate, WasmError } from "runtime-wasm";
import { busy, collected, engine, equal, ok, rejects, test, ticks } from "./check.js";

const basic = await compileFile("./wasm/basic.wasm");
const host = await compileFile("./wasm/host.wasm");
const bytes = () => import("node:fs").then(({ readFileSync }) => readFileSync(new URL("./wasm/basic.wasm", import.meta.url)));

const imports = (given) => ({ env: { add: (a, b) => BigInt(a) + b, none() {}, pair: (value) => [7, value], deeper: (value) => value, start: 5, state: 6n, ...given } });

test("import and require give the same functions and errors", async () => {
  const required = createRequire(import.meta.url)("runtime-wasm");
  ok(required.WasmError === WasmError && required.instantiate === instantiate);
});

test("hosts with different grants live side by side, each with ids of its own", async () => {
  const allowed = createHost({ manifest: { capabilities: { wasm: { load: ["./wasm/basic.wasm"], max_instances: 1 } } }, cache: false });
  const denied = createHost({ manifest: { capabilities: { wasm: { load: [] } } }, cache: false });
  await rejects(denied.compileFile("./wasm/basic.wasm"), 5009);
  const module = await allowed.compileFile("./wasm/basic.wasm");
  const instance = await allowed.instantiate(module);
  equal(await instance.call("add", 1, 2), [3]);
  await rejects(allowed.instantiate(module), 5001);
  const error = await rejects(allowed.compileFile("./wasm/host.wasm"), 5009);
  ok(error instanceof WasmError);
  await instance.drop();
});

test("without a manifest nothing is granted, and it says so", async () => {
  await rejects(createHost().compileFile("./wasm/basic.wasm"), 5009, "no manifest is given");
});

test("what is no manifest is 5007 and says where", async () => {
  for (const options of [{ manifest: 7 }, { manifest: { capabilities: { wasm: { lode: [] } } } }, { manifest: "./nowhere.toml" }, { manifests: "x" }, null]) {
    let error;
    try {
      createHost(options);
    } catch (thrown) {
      error = thrown;
    }
    ok(error instanceof WasmError && error.code === 5007, `${JSON.stringify(options)}: ${error}`);
  }
});

test("what a manifest has no place for is named by the path of its key", async () => {
  const cyclic = { capabilities: {} };
  cyclic.capabilities.wasm = cyclic;
  const wasm = (keys) => ({ capabilities: { wasm: keys } });
  const at = "options.manifest.capabilities.wasm";
  const cases = [
    [null, "options.manifest must be a path, a URL or an object"],
    [[], "options.manifest must be a plain object, not an array"],
    [new Map(), "options.manifest must be a plain object, not one of the class \"Map\""],
    [new Date(), "\"Date\""],
    [wasm({ max_instances: NaN }), `${at}.max_instances must be a finite number, not NaN`],
    [wasm({ max_instances: -Infinity }), `${at}.max_instances must be a finite number, not -Infinity`],
    [wasm({ max_instances: 2 ** 60 }), `${at}.max_instances is too large a number to be exact`],
    [wasm({ max_instances: 10n }), `${at}.max_instances is a bigint`],
    [wasm({ max_instances: null }), `${at}.max_instances is null`],
    [wasm({ max_instances: 1.5 }), "max_instances"],
    [wasm({ load: [, "./a"] }), `${at}.load[0] is missing`],
    [wasm({ load: ["./a", undefined] }), `${at}.load[1] is undefined`],
    [wasm({ load: ["\ud800"] }), `${at}.load[0] is no text`],
    [wasm({ load: () => [] }), `${at}.load is a function`],
    [wasm({ "\ud800": 1 }), `${at}["\\ud800"] has a key that is no text`],
    [wasm({ get load() { throw new Error("on purpose"); } }), `${at}.load cannot be read`],
    [wasm({ load: new String("./a") }), `${at}.load must be a plain object, not one of the class "String"`],
    [cyclic, "is nested more than 32 levels deep"],
    [new URL("http://example.com/manifest.app.toml"), "options.manifest must be a file: URL"],
  ];
  for (const [manifest, text] of cases) {
    const { message } = await rejects(async () => createHost({ manifest, cache: false }), 5007, text);
    equal([message.split("[5007]").length, /line \d+ column \d+/.test(message)], [2, false], message);
  }
  // What is undefined is not given.
  createHost({ manifest: wasm({ load: undefined }), cache: false });
});

test("a Buffer is bytes, also one within a pool", async () => {
  const own = await compile(await bytes());
  const instance = await instantiate(own);
  await instance.memory.write(16, Buffer.from("hello"));
  equal(Buffer.from(await instance.memory.read(16, 5)).toString(), "hello");
  await instance.drop();
});

test("a host function may return a promise, and what it throws is the call's error and nobody else's", async () => {
  let uncaught = 0;
  const count = () => uncaught++;
  process.on("uncaughtException", count);
  const thrown = new Error("on purpose");
  const instance = await instantiate(host, { imports: imports({
    deeper: (value) => new Promise((resolve) => setTimeout(() => resolve(value + 1), 5)),
    none() {
      throw thrown;
    },
  }) });
  equal(await instance.call("deeper", 3), [4]);
  const error = await rejects(instance.call("none"), 5002);
  ok(error.cause === thrown);
  await ticks(3);
  equal(uncaught, 0);
  process.off("uncaughtException", count);
  await instance.drop();
});

test("the runtime's own traps and stack overflows go on beside the guests'", async () => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 3, 2, 0, 0, 5, 3, 1, 0, 1, 7, 14, 2, 3, 111, 111, 98, 0, 0, 4, 100, 101, 101, 112, 0, 1,
    10, 15, 2, 8, 0, 65, 127, 40, 2, 0, 26, 11, 4, 0, 16, 1, 11,
  ])));
  const own = () => {
    let caught = 0;
    for (const call of [exports.oob, exports.deep, function deep() { return deep() + 1; }]) {
      try {
        call();
      } catch {
        caught++;
      }
    }
    equal(caught, 3);
  };
  own();
  for (let round = 0; round < 10; round++) {
    const instance = await instantiate(basic);
    for (const call of [["unreachable"], ["divide", 1, 0], ["out_of_bounds"], ["deep"]]) {
      const error = await rejects(instance.call(...call), 5002);
      ok(error.trap !== undefined, String(error));
    }
    own();
    await instance.drop();
  }
});

test("environments of their own, each ended at any moment", async () => {
  const script = new URL("./life_worker.js", import.meta.url);
  for (let round = 0; round < 4; round++) {
    await Promise.all([0, 1, 2].map((number) => new Promise((resolve, reject) => {
      const worker = new Worker(script, { workerData: number });
      worker.on("error", reject);
      worker.once("message", () => setTimeout(() => worker.terminate().then(resolve, reject), number * round));
    })));
  }
  const instance = await instantiate(basic);
  equal(await instance.call("add", 1, 2), [3]);
  await instance.drop();
});

test("an instance that nobody refers to is dropped", async () => {
  const { instances } = await import("runtime-wasm");
  await (async () => {
    for (let index = 0; index < 20; index++) await instantiate(basic, { name: "left" });
  })();
  const left = async () => (await instances()).filter(({ name }) => name.startsWith("left")).length;
  await collected(async () => await left() <= 2, 1);
  // JavaScriptCore takes what it finds on a stack for a reference.
  ok(await left() <= (engine === "bun" ? 2 : 0), `${await left()} are left`);
});

test("a host that nobody refers to ends, with its guests", async () => {
  const { readdirSync } = await import("node:fs");
  const threads = () => readdirSync("/proc/self/task").length;
  const before = threads();
  await (async () => {
    for (let index = 0; index < 8; index++) {
      const left = createHost({ manifest: { capabilities: { wasm: { load: ["./wasm/*.wasm"] } } }, cache: false });
      const instance = await left.instantiate(await left.compileFile("./wasm/basic.wasm"));
      await instance.call("add", 1, 2);
    }
  })();
  ok(threads() > before + 8, `${threads()} threads`);
  await collected(() => threads() <= before + 12, 1);
  ok(threads() <= before + (engine === "bun" ? 40 : 12), `${before} threads, then ${threads()}`);
});

if (engine === "node") {
  test("intrinsics may be frozen", async () => {
    const { execFileSync } = await import("node:child_process");
    const options = { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
    for (const script of ["idle.js", "pending.js"]) ok(execFileSync(process.execPath, ["--frozen-intrinsics", script], options).includes("0 failed"), script);
  });
}

test("a signal of many calls warns nobody", async () => {
  const warnings = [];
  const warned = (warning) => warnings.push(warning.message);
  process.on("warning", warned);
  const controller = new AbortController();
  const { signal } = controller;
  const hosts = [0, 1, 2].map(() => createHost({ manifest: { capabilities: { wasm: { load: ["./wasm/*.wasm"] } } }, cache: false }));
  for (const own of hosts) {
    const instance = await own.instantiate(await own.compileFile("./wasm/basic.wasm"));
    await Promise.all(Array.from({ length: 30 }, () => instance.callWith({ signal }, "add", 1, 2)));
    await instance.drop();
  }
  const many = await Promise.all(Array.from({ length: 12 }, () => instantiate(basic, { signal })));
  const calls = many.map((instance) => instance.callWith({ signal }, "spin").catch((error) => error));
  await busy(...many.slice(6));
  await Promise.all(many.slice(0, 6).map((instance) => instance.terminate()));
  controller.abort("enough");
  // It tells all that it is still for.
  equal((await Promise.all(calls)).slice(6), Array(6).fill("enough"));
  await ticks(3);
  process.off("warning", warned);
  equal(warnings, []);
});

test("a process that spins in guests answers its timers", async () => {
  const spinning = await Promise.all([0, 1, 2, 3].map(() => instantiate(basic)));
  const calls = spinning.map((instance) => instance.call("spin").catch((error) => error.code));
  await busy(...spinning);
  await ticks(20);
  await Promise.all(spinning.map((instance) => instance.terminate()));
  equal(await Promise.all(calls), [5002, 5002, 5002, 5002]);
});
