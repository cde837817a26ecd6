// What createHost reads of its options, and what prototypes and globals have to do with it: nothing. Node, Bun and Deno run this.
import { createHost, WasmError } from "runtime-wasm";
import { equal, ok, rejects, test } from "./check.js";

const granting = (keys) => ({ capabilities: { wasm: { load: ["./wasm/*.wasm"], ...keys } } });
const denying = { capabilities: { wasm: { load: [] } } };
const { defineProperty, getOwnPropertyDescriptor } = Object;

/** What `work` gives while this property is as it should not be. */
async function spoilt(holder, key, descriptor, work) {
  const before = getOwnPropertyDescriptor(holder, key);
  defineProperty(holder, key, { __proto__: null, configurable: true, enumerable: true, ...descriptor });
  try {
    return await work();
  } finally {
    if (before === undefined) delete holder[key];
    else defineProperty(holder, key, before);
  }
}

/** The code that a host with these options refuses a module with; 0 where it is granted. */
async function ended(options) {
  try {
    const host = createHost(options);
    await host.compileFile("./wasm/basic.wasm");
    return 0;
  } catch (error) {
    return error?.code ?? error;
  }
}

function refused(options, ...parts) {
  return rejects(async () => createHost(options), 5007, ...parts);
}

test("what is put on Object.prototype breaks no host and is nobody's option", async () => {
  const file = "./manifest.app.toml";
  const values = {
    get: () => "got", set() {}, value: 7, enumerable: false, writable: true, manifest: granting(), baseDir: "/", cache: "./data", coreDumps: 7,
    interruption: "neither", app: "/", text: JSON.stringify(granting()), compileProgram: "/nowhere", extra: 1, capabilities: granting().capabilities,
    load: ["./wasm/*.wasm"], length: 1, 0: "./wasm/*.wasm", toJSON: granting, __esModule: true, default: 1, cause: 1, constructor: undefined,
  };
  for (const [key, value] of Object.entries(values)) {
    const found = await spoilt(Object.prototype, key, { value, writable: true }, async () => {
      const seen = { __proto__: null };
      seen.nothing = await ended();
      seen.empty = await ended({});
      seen.denied = await ended({ manifest: denying, cache: false });
      seen.granted = await ended({ manifest: { capabilities: { wasm: { load: ["./wasm/*.wasm"] } } }, cache: false });
      seen.file = await ended({ manifest: file, cache: false });
      return seen;
    });
    equal(Object.values(found), [5009, 5009, 5009, 0, 0], key);
  }
});

test("no function that an app has replaced widens a manifest", async () => {
  const wide = () => granting();
  const text = JSON.stringify(granting());
  const cases = [
    [Array.prototype, "toJSON", () => ["./wasm/*.wasm"]],
    [Object.prototype, "toJSON", wide],
    [String.prototype, "toJSON", wide],
    [JSON, "stringify", () => text],
    [Object, "keys", () => []],
    [Object, "hasOwn", () => true],
    [Object, "getPrototypeOf", () => null],
    [Array, "isArray", () => false],
    [Array.prototype, "push", () => 0],
    [Array.prototype, "includes", () => true],
    [Array.prototype, "every", () => true],
    [Array.prototype, Symbol.iterator, function* () {}],
    [String.prototype, "isWellFormed", () => true],
    [RegExp.prototype, "test", () => true],
    [RegExp.prototype, "exec", () => null],
    [URL, Symbol.hasInstance, () => true],
    [Object, "freeze", () => undefined],
  ];
  for (const [holder, key, value] of cases) {
    const found = await spoilt(holder, key, { value, writable: true, enumerable: false }, async () => {
      const seen = { __proto__: null };
      seen.denied = await ended({ manifest: denying, cache: false });
      seen.granted = await ended({ manifest: { capabilities: { wasm: { load: ["./wasm/*.wasm"] } } }, cache: false });
      return seen;
    });
    equal([found.denied, found.granted], [5009, 0], String(key));
  }
});

test("the options of an instance keep their limits, whatever toJSON says", async () => {
  const host = createHost({ manifest: granting(), cache: false });
  const module = await host.compileFile("./wasm/basic.wasm");
  for (const holder of [Object.prototype, Array.prototype]) {
    const code = await spoilt(holder, "toJSON", { value: () => ({}), writable: true, enumerable: false }, async () => {
      const instance = await host.instantiate(module, { limits: { timeoutMs: 20 }, env: { KEY: "value" } });
      // The guest would spin for ever.
      const slow = new Promise((resolve) => setTimeout(resolve, 5000, "no limit"));
      const code = await Promise.race([instance.call("spin").catch((error) => error.code), slow]);
      await instance.drop();
      return code;
    });
    equal(code, 5011);
  }
});

test("options are own properties, and none is inherited", async () => {
  const manifest = granting();
  class Options {
    get manifest() {
      return granting();
    }
  }
  for (const options of [Object.create({ manifest }), new Options(), Object.create(Object.create({ cache: false }))]) {
    await refused(options, "is inherited; it must be a property of the object itself");
  }
  // Own ones, whether or not they are listed, also where there is no prototype.
  equal(await ended(Object.defineProperty({ cache: false }, "manifest", { value: manifest })), 0);
  equal(await ended({ __proto__: null, manifest, cache: false }), 0);
  equal(await ended({ __proto__: { manifest: 1 }, manifest, cache: false }), 0);
  await refused(Object.create({}, { manifests: { value: 1, enumerable: true } }), 'unknown key "manifests"');
  for (const options of [[], null, 7, "manifest", () => {}]) await refused(options, "must be an object");
});

test("each option and each key of a manifest is read once", async () => {
  const reads = { __proto__: null };
  const counted = (name, values) => Object.defineProperties({}, Object.fromEntries(Object.entries(values).map(([key, value]) => [key, {
    enumerable: true,
    get() {
      reads[`${name}.${key}`] = (reads[`${name}.${key}`] ?? 0) + 1;
      return value;
    },
  }])));
  const wasm = counted("wasm", { load: ["./wasm/*.wasm"], max_instances: 3 });
  createHost(counted("options", { manifest: counted("manifest", { capabilities: { wasm } }), baseDir: ".", cache: false, coreDumps: undefined, interruption: "epoch" }));
  for (const [key, times] of Object.entries(reads)) equal(times, 1, key);
  equal(Object.keys(reads).length, 8);
});

test("what throws when it is read is 5007, with what it has thrown as the cause", async () => {
  const thrown = new Error("on purpose");
  const fails = () => {
    throw thrown;
  };
  const throwing = (trap, target = {}) => new Proxy(target, { [trap]: fails });
  const manifest = (load) => ({ manifest: { capabilities: { wasm: { load } } } });
  const cases = [
    [{ get manifest() { return fails(); } }, "the options of createHost cannot be read"],
    [throwing("ownKeys"), "the options of createHost cannot be read"],
    [throwing("getPrototypeOf"), "the options of createHost cannot be read"],
    [{ manifest: throwing("ownKeys") }, "options.manifest cannot be read"],
    [{ manifest: throwing("getPrototypeOf") }, "options.manifest cannot be read"],
    [manifest(throwing("get", ["./a"])), "options.manifest.capabilities.wasm.load cannot be read"],
    [manifest(Object.defineProperty(["./a"], "0", { get: fails })), "options.manifest.capabilities.wasm.load[0] cannot be read"],
  ];
  for (const [options, text] of cases) {
    const error = await refused(options, text);
    ok(error.cause === thrown, `${text}: ${error.cause}`);
  }
  const revoked = (target) => {
    const { proxy, revoke } = Proxy.revocable(target, {});
    revoke();
    return proxy;
  };
  for (const options of [revoked({}), revoked([]), { manifest: revoked({}) }, { manifest: revoked([]) }, manifest(revoked([]))]) {
    const error = await refused(options, "cannot be read");
    ok(error.cause instanceof TypeError && !(error.cause instanceof WasmError), String(error.cause));
  }
  // A prototype without end.
  const endless = new Proxy({}, { getPrototypeOf: () => endless });
  await refused(endless, "must not inherit from more than 100 objects");
});

test("a cache is a folder or false", async () => {
  for (const cache of [true, null, 7, {}, []]) await refused({ cache }, "options.cache must be a folder or false");
});

test("a URL is one by itself, not by what it inherits", async () => {
  const url = new URL("./manifest.app.toml", import.meta.url);
  equal(await ended({ manifest: url, cache: false }), 0);
  await refused({ manifest: Object.create(URL.prototype) }, "options.manifest must be a plain object");
});
