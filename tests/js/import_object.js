// Imports are read as the WebAssembly JS API reads them, and globals of every type can be given.
import { compile, compileFile, dropModule, instantiate, types } from "runtime:wasm";
import { collected, equal, ok, rejects, test } from "./check.js";

const module = await compileFile("./wasm/import_kinds.wasm");
const vector = new Uint8Array(16).map((_, index) => 255 - index);
const env = { i32: -5, first: (n) => n + 1, f32: 0.5, f64: 0.1, v128: vector, extern: "a text", func: null };
const math = { i64: 2n ** 63n - 1n, second: () => 7 };

async function works(imports) {
  const instance = await instantiate(module, { imports });
  equal(await instance.call("call_first", 1), [2]);
  equal(await instance.call("call_again", 1), [2]);
  equal(await instance.call("call_second"), [7]);
  await instance.drop();
}

test("`Get(imports, module)`, then `Get(that, name)`, in the module's order, and nothing else", async () => {
  const seen = [];
  const watched = (target, name) => new Proxy(target, new Proxy({}, {
    get: (_, trap) => (...args) => {
      seen.push(trap + " " + name + String(args[1]));
      return Reflect[trap](...args);
    },
  }));
  const [watchedEnv, watchedMath] = [watched(env, "env."), watched(math, "math.")];
  const imports = watched({ env: watchedEnv, math: watchedMath }, "");
  const making = instantiate(module, { imports });
  const expected = [
    ["env", "i32"], ["env", "first"], ["math", "i64"], ["env", "f32"], ["env", "f64"], ["env", "v128"], ["math", "second"],
    ["env", "extern"], ["env", "func"], ["env", "first"],
  ];
  // Within the call, as WebAssembly.instantiate does.
  equal(seen, expected.flatMap(([module, name]) => ["get " + module, "get " + module + "." + name]));
  await (await making).drop();
});

test("classes, prototypes, getters, functions and arrays serve as well", async () => {
  class Math {
    i64 = 5n;
    second() {
      return 7;
    }
  }
  class Env {
    static #hidden = 1;
    static get i32() {
      return Env.#hidden;
    }
    static first(n) {
      return n + 1;
    }
  }
  Object.setPrototypeOf(Env, { __proto__: Function.prototype, ...env, i32: undefined });
  await works({ env: Env, math: new Math() });
  class Imports {
    get env() {
      return env;
    }
    get math() {
      return math;
    }
  }
  await works(new Imports());
  await works(Object.create({ env: Object.create(Object.freeze(env)), math }));
  await works(Object.assign(() => {}, { env: Object.assign([], env), math: Object.assign(function () {}, math) }));
  await works(Object.defineProperties({ __proto__: null }, { env: { value: { __proto__: null, ...env } }, math: { value: math } }));
});

test("what an array or a function is by its places can be imported too", async () => {
  const text = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 2, 7, 1, 1, 0x61, 1, 0x30, 0, 0];
  const instance = await instantiate(await compile(new Uint8Array(text)), { imports: { a: [() => {}] } });
  await instance.drop();
});

test("a handler's `this` stays what it is, whatever it was found on", async () => {
  let seen;
  const instance = await instantiate(module, { imports: { env, math: { ...math, second() { seen = this; return 1; } } } });
  await instance.call("call_second");
  ok(seen.instance === instance && typeof seen.call === "function" && typeof seen.table === "function");
  await instance.drop();
});

test("a module that is imported from twice is asked twice, and each import is met with what it got", async () => {
  let count = 0;
  const counting = { ...env, get first() { const mine = ++count; return () => mine; } };
  const instance = await instantiate(module, { imports: { env: counting, math } });
  equal(await instance.call("call_first", 0), [1]);
  equal(await instance.call("call_again", 0), [2]);
  await instance.drop();
});

const anything = [
  {}, [1, 2], "text", 0, -0, NaN, 5n, 2n ** 100n, true, null, Symbol("s"), () => 1, new Uint8Array(16), new Map(), undefined,
  { kind: "memory" }, new Proxy({}, {}),
];

test("globals of every type can be given", async () => {
  const instance = await instantiate(module, { imports: { env, math } });
  equal(await Promise.all(["i32", "i64", "f32", "f64", "v128", "extern", "func"].map((name) => instance.globals.get(name))),
    [-5, 2n ** 63n - 1n, 0.5, 0.1, vector, "a text", null]);
  await instance.drop();
  for (const value of anything) {
    const made = await instantiate(module, { imports: { env: { ...env, extern: value }, math: { ...math, i64: 5 } } });
    ok(Object.is(await made.globals.get("extern"), value), typeof value);
    equal(await made.call("is_null"), [value === null ? 1 : 0]);
    equal(await made.globals.get("i64"), 5n);
    await made.drop();
  }
});

test("an externref that is not there is undefined, as in the JS API; other globals are missing", async () => {
  const { extern: _, ...others } = env;
  const instance = await instantiate(module, { imports: { env: others, math } });
  equal(await instance.globals.get("extern"), undefined);
  await instance.drop();
  for (const name of ["i32", "f32", "f64", "v128", "func"]) {
    await rejects(instantiate(module, { imports: { env: { ...env, [name]: undefined }, math } }), 5001, '"env" "' + name + '" is missing');
  }
});

test("typed values must be of the import's type", async () => {
  const typed = {
    i32: types.i32(-5), f32: types.f32(0.5), f64: { type: "f64", value: 0.1 }, v128: types.v128(vector), func: types.funcref(null),
    extern: types.externref({ type: "f32", value: 1 }),
  };
  const instance = await instantiate(module, { imports: { env: { ...env, ...typed }, math: { ...math, i64: types.i64(9) } } });
  equal(await instance.globals.get("extern"), { type: "f32", value: 1 });
  equal(await instance.globals.get("i64"), 9n);
  await instance.drop();
  for (const [name, value, declared, wanted] of [
    ["f32", types.f64(1), "f64", "f32"], ["i32", types.i64(1), "i64", "i32"], ["extern", types.f32(1), "f32", "externref"],
    ["func", types.externref(null), "externref", "funcref"],
  ]) {
    const given = { env: { ...env, [name]: value }, math };
    await rejects(instantiate(module, { imports: given }), 5001, '"env" "' + name + '" is declared as ' + declared, wanted);
  }
});

test("what is of another type is listed with what it is and what it should be", async () => {
  const other = await instantiate(await compileFile("./wasm/references.wasm"), {
    imports: { env: { extern: (x) => x, func: (x) => x, vector: (x) => x } },
  });
  const [foreign] = await other.call("get_add");
  const given = { env: { i32: () => 1, first: 5, f32: 1n, f64: "x", v128: new Uint8Array(15), extern: 1, func: foreign }, math: { i64: 1.5 } };
  await rejects(
    instantiate(module, { imports: given }), 5001,
    '"env" "i32" must be an integer number (i32), not a function: expected a constant global of type i32',
    '"env" "first" is a value: expected a function (i32) -> (i32)', '"math" "i64" must be a bigint or a safe integer (i64), not 1.5',
    '"env" "f32" must be a number (f32), not a bigint', '"env" "f64" must be a number (f64), not a string',
    '"env" "v128" must be a Uint8Array of 16 bytes (v128), not a Uint8Array of another length', '"math" "second" is missing',
    '"env" "func" is a function of another instance',
  );
  for (const [value, what] of [[null, "null"], [{}, "an object"], ["x", "a string"], [[1], "an object"], [Symbol("s"), "a symbol"]]) {
    await rejects(instantiate(module, { imports: { env: { ...env, first: value }, math } }), 5001, '"env" "first" is ' + what);
  }
  await rejects(instantiate(module, { imports: { env: { ...env, func: () => 1 }, math } }), 5001, '"env" "func" must be null');
  await other.drop();
});

test("a guest's function serves as a handler for another", async () => {
  const other = await instantiate(await compileFile("./wasm/references.wasm"), {
    imports: { env: { extern: (x) => x, func: (x) => x, vector: (x) => x } },
  });
  const [add] = await other.call("get_add");
  const both = await instantiate(module, { imports: { env: { ...env, first: (n) => add(n, 40) }, math: { ...math, second: other.exports.add } } });
  equal(await both.call("call_first", 2), [42]);
  await rejects(both.call("call_second"), 5002, "2 arguments");
  await both.drop();
  await other.drop();
});

test("each life begins with the globals that were given", async () => {
  const value = { some: "object" };
  const restart = { backoffMs: 0 };
  const instance = await instantiate(module, { imports: { env: { ...env, extern: value }, math: { ...math, i64: 3n } }, restart });
  await rejects(instance.call("die"), 5002);
  equal(await instance.globals.get("i64"), 3n);
  ok(await instance.globals.get("extern") === value);
  await instance.drop();
});

test("a value that was given is let go of once the guest's global holds another", async () => {
  const [instance, reference] = await (async () => {
    const value = { big: true };
    const made = await instantiate(module, { imports: { env: { ...env, extern: value }, math } });
    ok(await made.globals.get("extern") === value);
    return [made, new WeakRef(value)];
  })();
  await instance.globals.set("extern", null);
  await collected(() => reference.deref() === undefined);
  ok(reference.deref() === undefined, "still kept");
  await instance.drop();
});

test("a module that is not there is 5004, with imports as without", async () => {
  const other = await compileFile("./wasm/import_kinds.wasm");
  await dropModule(other);
  for (const options of [{}, { imports: { env, math } }]) {
    await rejects(instantiate(other, options), 5004);
    await rejects(instantiate(1e9, options), 5004);
  }
});

test("of a module with thousands of imports each is met with its own", async () => {
  const count = 9000;
  const leb = (n) => n < 128 ? [n] : [(n & 127) | 128, ...leb(n >> 7)];
  const section = (id, bytes) => [id, ...leb(bytes.length), ...bytes];
  const name = (text) => [text.length, ...Array.from(text, (c) => c.charCodeAt(0))];
  const imports = Array.from({ length: count }, (_, n) => [...name("e"), ...name("f" + n), 0, 0]).flat();
  const last = section(7, [1, ...name("last"), 0, ...leb(count - 1)]);
  const bytes = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7f];
  const large = await compile(new Uint8Array([...bytes, ...section(2, [...leb(count), ...imports]), ...last]));
  const given = new Proxy({}, { get: (_, name) => () => Number(name.slice(1)) });
  const instance = await instantiate(large, { imports: { e: given } });
  equal(await instance.call("last"), [count - 1]);
  await instance.drop();
});

/** A module that imports functions of these names, none of which takes or gives anything. */
function importing(...names) {
  const text = (name) => [name.length, ...Array.from(name, (c) => c.charCodeAt(0))];
  const imports = names.flatMap(([module, name]) => [...text(module), ...text(name), 0, 0]);
  const section = (id, bytes) => [id, (bytes.length & 127) | 128, bytes.length >> 7, ...bytes];
  return compile(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, ...section(2, [names.length, ...imports])]));
}

test("no name that a guest can choose gives it what everything inherits", async () => {
  class Given {
    static secret() {}
    method() {}
  }
  const sources = {
    plain: {}, func() {}, arrow: () => {}, array: [], Class: Given, made: new Given(), map: new Map(), math: Math, promise: Promise.resolve(),
    proxy: new Proxy({}, {}), inherited: Object.create({}), bare: { __proto__: null }, error: new Error("e"), date: new Date(0),
  };
  const names = [
    "constructor", "__proto__", "toString", "valueOf", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString",
    "__defineGetter__", "__defineSetter__", "__lookupGetter__", "call", "apply", "bind",
  ];
  const spared = { map: [], date: ["toString", "valueOf", "toLocaleString"], error: ["toString"], promise: [] };
  for (const [source, object] of Object.entries(sources)) {
    for (const name of names) {
      if (spared[source]?.includes(name)) continue;
      const module = await importing([source, name]);
      await rejects(instantiate(module, { imports: sources }), 5001, '"' + source + '" "' + name + '" is missing');
      // The same as the imports themselves.
      const members = ["constructor", "assign", "secret", "prototype"];
      const parts = members.map((member) => '"' + name + '" "' + member + '" is missing');
      await rejects(instantiate(await importing(...members.map((member) => [name, member])), { imports: object }), 5001, ...parts);
    }
  }
  for (const name of ["push", "map", "at", "concat"]) {
    await rejects(instantiate(await importing(["array", name]), { imports: sources }), 5001, "is missing");
  }
  // Nor what somebody has put there.
  Object.prototype.planted = () => {};
  Object.defineProperty(Function.prototype, "gotten", { configurable: true, get: () => () => {} });
  try {
    for (const [source, name] of [["plain", "planted"], ["made", "planted"], ["planted", "call"], ["func", "gotten"], ["Class", "gotten"]]) {
      await rejects(instantiate(await importing([source, name]), { imports: sources }), 5001, '"' + source + '" "' + name + '" is missing');
    }
  } finally {
    delete Object.prototype.planted;
    delete Function.prototype.gotten;
  }
});

test("what is the object's own counts, whatever it is called", async () => {
  const own = { constructor() {}, toString() {}, call: Function.prototype.call, hasOwnProperty: Object.prototype.hasOwnProperty };
  Object.defineProperty(own, "__proto__", { value() {}, enumerable: true });
  const names = [["env", "constructor"], ["env", "toString"], ["env", "call"], ["env", "hasOwnProperty"], ["env", "__proto__"]];
  await (await instantiate(await importing(...names), { imports: { env: own } })).drop();
  class Env {
    call() {}
    toString() {}
    push() {}
  }
  const inherited = [["env", "call"], ["env", "toString"], ["env", "push"], ["constructor", "f"]];
  await (await instantiate(await importing(...inherited), { imports: { env: new Env(), constructor: { f() {} } } })).drop();
});
