// Resources of components on both sides, names that mean something to JavaScript, and options within options.

import { compileFile, instantiate } from "runtime:wasm";
import { collected, equal, ok, rejects, test, ticks } from "./check.js";

const module = await compileFile("./wasm/component_resources.wasm");
const dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");
const asyncDispose = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");
const said = [];

class Bare {}

class Store {
  constructor(name) {
    this.name = name;
  }
  ["constructor"]() {
    return 100;
  }
  static prototype_2() {
    return 1000;
  }
  [dispose]() {
    said.push(`${this.name} dropped`);
  }
}

class Shelf {
  static ["constructor"](code) {
    return code.length;
  }
}

class SlowStore extends Store {
  [dispose] = undefined;
  async [asyncDispose]() {
    await ticks(1);
    said.push(`${this.name} dropped slowly`);
  }
}

const host = { Bare, Shelf, Store };
const make = (given = host, options = {}) => instantiate(module, { imports: { "demo:things/host": given }, ...options });
const plain = await make();
const { Thing, make: makeThing } = plain.exports["demo:things/api"];

/** What the app hears, it hears soon. */
async function hears(...what) {
  for (let i = 0; i < 1000 && said.length < what.length; i++) await ticks(1);
  await ticks(5);
  equal(said.splice(0), what);
}

test("a destructor that traps rejects for who awaits it, and for nobody else", async () => {
  const awaited = await make();
  const thing = await awaited.exports["demo:things/api"].make(13);
  await rejects(thing[asyncDispose](), 5002, "unreachable");
  await rejects(awaited.call("drop-store"), 5002, "not entered any more");
  const unheard = await make();
  const other = await unheard.exports["demo:things/api"].make(13);
  equal(other[dispose](), undefined);
  await ticks(20);
  await rejects(unheard.call("drop-store"), 5002, "not entered any more");
  for (const instance of [awaited, unheard]) await instance.drop();
});

test("what an app holds of an instance that has trapped rejects for nobody", async () => {
  const instance = await make();
  const { Thing } = instance.exports["demo:things/api"];
  const [first, second, third] = [await makeOf(instance, 1), await makeOf(instance, 2), new Thing(3)];
  await makeOf(instance, 4);
  await third.toString();
  await rejects(instance.exports.trap(), 5002, "unreachable");
  first[dispose]();
  third[dispose]();
  await rejects(second[asyncDispose](), 5002);
  await second[asyncDispose]();
  // And where the instance ends meanwhile.
  const late = new Thing(5);
  late[dispose]();
  await ticks(20);
  await instance.drop();
  await third[asyncDispose]();
});

test("nor does it where the app has lost sight of it", async () => {
  const instance = await make();
  await makeOf(instance, 13);
  let told;
  const seen = async () => {
    told = await instance.exports["demo:things/api"].make(1).then(() => undefined, (error) => error);
    return told !== undefined;
  };
  await collected(seen);
  equal(told.code, 5002);
  await ticks(20);
  await instance.drop();
});

async function makeOf(instance, number) {
  return await instance.exports["demo:things/api"].make(number);
}

test("what is called unasked, or cannot be, has no place in a class", async () => {
  const thing = await makeThing(5);
  ok(thing instanceof Thing && !("then" in thing), "a resource passes for a promise");
  equal(await plain.call("demo:things/api#[method]thing.then", thing), [5]);
  equal([await thing.constructor(), await thing.toString()], [5, 5]);
  ok(typeof Thing.prototype === "object" && Thing.prototype === Object.getPrototypeOf(thing));
  equal([await Thing.prototype_2(), await Thing.name(), await Thing.length(), await Thing.call()], [7, 7, 7, 7]);
  equal(plain.exports["demo:things/api"].then, undefined);
  equal(await plain.call("demo:things/api#then"), [7]);
});

test("what is no object of the class is not given back", async () => {
  for (const self of [Thing.prototype, {}, new Store("x")]) {
    let thrown;
    try {
      Thing.prototype[dispose].call(self);
    } catch (error) {
      thrown = error;
    }
    ok(thrown instanceof TypeError && thrown.message.includes("must be a Thing of this instance"), String(thrown));
    const rejected = await Thing.prototype[asyncDispose].call(self).catch((error) => error);
    ok(rejected instanceof TypeError && rejected.message === thrown.message, String(rejected));
  }
  const instance = await make();
  const other = await makeOf(instance, 1);
  const thrown = await Thing.prototype[asyncDispose].call(other).catch((error) => error);
  ok(thrown instanceof TypeError, String(thrown));
  equal(await other.toString(), 1);
  await instance.drop();
});

test("an option of an option that can be undefined has tags, and no other", async () => {
  const { echoFour, echoOption, echoOptions, two } = plain.exports;
  const some = (val) => ({ tag: "some", val });
  const none = { tag: "none" };
  for (const value of [undefined, none, some(undefined), some(7)]) {
    equal(await echoOption(value), value);
    equal(await echoOptions([value, some(1), value]), [value, some(1), value]);
  }
  equal([await echoOption(), await echoOption(null)], [undefined, undefined]);
  await rejects(echoOption(some(some(7))), 5007, 'arg 0, case "some"', "u8");
  await rejects(echoOption(7), 5007, "arg 0", "{ tag, val }");
  const four = [none, some(undefined), some(none), some(some(undefined)), some(some(7))];
  equal(await echoFour(four), four);
  equal([await two(none), await two(some(undefined)), await two(some(5))], [0, 10, 11]);
  // It is never undefined, so that it cannot be left out.
  await rejects(two(), 5007, "1 arguments (v), 0 were given");
  await rejects(two(undefined), 5007, "arg 0", "{ tag, val }");
});

test("a length that is none is a wrong value", async () => {
  const { echoStrings, echoWords } = plain.exports;
  for (const length of ["x", "1", -1, 1.5, NaN, 1n, null, undefined, Symbol("s"), { valueOf: () => 1 }]) {
    const liar = () => new Proxy(["a"], { get: (array, key) => key === "length" ? length : array[key] });
    await rejects(echoStrings(liar()), 5007, "arg 0", "length");
    await rejects(echoWords(liar()), 5007, "arg 0", "length");
  }
  equal(await echoStrings(new Proxy(["a", "b"], {})), ["a", "b"]);
});

test("an app hears that its object is owned no more: when it is dropped, and when the instance ends", async () => {
  const instance = await make();
  await instance.exports.keep(new Store("kept"));
  await instance.exports.dropStore();
  await hears("kept dropped");
  await instance.exports.keep(new SlowStore("slow"));
  await instance.exports.dropStore();
  await hears("slow dropped slowly");
  await instance.exports.makeStore("made");
  await instance.exports.keep(new SlowStore("other"));
  await rejects(instance.exports.keep({}), 5007, "must be a Store");
  await instance.drop();
  await hears("made dropped", "other dropped slowly");
});

test("so it does after a trap, a restart and a stop", async () => {
  const restarted = await make(host, { restart: { max: 1, backoffMs: 0 } });
  await restarted.exports.keep(new Store("before"));
  await rejects(restarted.exports.trap(), 5002, "unreachable");
  await restarted.exports.keep(new Store("after"));
  await restarted.terminate();
  await hears("before dropped", "after dropped");
});

test("what a handler gives when its guest has gone is owned by nobody", async () => {
  let begun, goOn;
  const begins = new Promise((resolve) => begun = resolve);
  const goes = new Promise((resolve) => goOn = resolve);
  // A constructor may give a promise, as all else may.
  function Slow(name) {
    begun();
    return goes.then(() => new Store(name));
  }
  Slow.prototype = Store.prototype;
  Slow.prototype_2 = Store.prototype_2;
  const instance = await make({ ...host, Store: Slow });
  const call = rejects(instance.exports.makeStore("late"), 5002, "terminated");
  await begins;
  await instance.terminate();
  await call;
  goOn();
  await hears("late dropped");
});

test("functions of a class are its own, whatever all functions have", async () => {
  await plain.exports.keep(new Store("x"));
  equal(await plain.exports.askHost(), 1108);
  class Poor {}
  await rejects(
    make({ ...host, Shelf: Poor, Store: Poor }),
    5001,
    '"[method]store.constructor" is missing',
    '"[static]shelf.constructor" is missing',
    '"[static]store.prototype" is missing',
  );
  const odd = Object.assign(class extends Store {}, { prototype_2: 7 });
  await rejects(make({ ...host, Store: odd }), 5001, '"[static]store.prototype" is no function');
  await rejects(make({ ...host, Store: 7 }), 5001, '"[constructor]store" is no function', '"[static]store.prototype" is no function');
});

test("a class is missing also where nothing is called of it", async () => {
  await rejects(make({ Shelf, Store }), 5001, '"demo:things/host@0.1.0" "bare" is missing', "class");
  for (const given of [5, {}, "text", null]) await rejects(make({ ...host, Bare: given }), 5001, '"bare" is no class');
  await rejects(make({ Bare, Shelf }), 5001, '"[constructor]store"');
  await rejects(instantiate(module), 5001, '"[constructor]store"');
});
