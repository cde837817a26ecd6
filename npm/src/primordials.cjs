// The built-in functions that the JavaScript of runtime:wasm uses, taken when the package is loaded: what an app or a library does to globals
// and prototypes afterwards changes none of it. The names are those that Node and deno_core have for theirs.
"use strict";

const { bind, call } = Function.prototype;
/** A method as a function that takes its object first. */
const uncurryThis = bind.bind(call);

const primordials = { __proto__: null, globalThis, uncurryThis };

function add(name, value) {
  Object.defineProperty(primordials, name, { __proto__: null, value, configurable: true, enumerable: true });
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);
/** `forEach` as `ForEach`, `Symbol.iterator` as `SymbolIterator`. */
const nameOf = (key) => typeof key === "symbol" ? `Symbol${capital(key.description.slice("Symbol.".length))}` : capital(key);

/** `Math.min` as `MathMin`. */
function statics(holder, prefix) {
  for (const key of Reflect.ownKeys(holder)) {
    if (key === "prototype") continue;
    const { value } = Reflect.getOwnPropertyDescriptor(holder, key);
    if (typeof value === "function") add(prefix + nameOf(key), call.bind(bind)(value, holder));
    else if (typeof value === "symbol") add(prefix + nameOf(key), value);
  }
}

/** The method that `node --frozen-intrinsics` has put behind this getter. */
const frozen = (get) => get === undefined ? undefined : Reflect.getOwnPropertyDescriptor(get, "value")?.value;

/** `Map.prototype.forEach` as `MapPrototypeForEach`, and getters as `…Get…`. */
function methods(prototype, prefix) {
  for (const key of Reflect.ownKeys(prototype)) {
    const { get, value = frozen(get) } = Reflect.getOwnPropertyDescriptor(prototype, key);
    if (typeof get === "function" && value === undefined) add(`${prefix}Get${nameOf(key)}`, uncurryThis(get));
    else if (typeof value === "function" && key !== "constructor") add(prefix + nameOf(key), uncurryThis(value));
  }
}

for (const name of ["JSON", "Math", "Reflect"]) statics(globalThis[name], name);
for (const name of ["Array", "ArrayBuffer", "BigInt", "BigInt64Array", "BigUint64Array", "DataView", "Error", "Float32Array", "Float64Array", "Function", "Int16Array", "Int32Array", "Int8Array", "Map", "Number", "Object", "Promise",
  "RegExp", "Set", "String", "Symbol", "TypeError", "Uint16Array", "Uint32Array", "Uint8Array", "WeakMap", "WeakRef", "FinalizationRegistry"]) {
  const constructor = globalThis[name];
  add(name, constructor);
  statics(constructor, name);
  add(`${name}Prototype`, constructor.prototype);
  methods(constructor.prototype, `${name}Prototype`);
}
add("Proxy", Proxy);
methods(Reflect.getPrototypeOf(Uint8Array.prototype), "TypedArrayPrototype");
// The built-in one asks the promise for its `then`.
add("PromisePrototypeCatch", (promise, rejected) => primordials.PromisePrototypeThen(promise, undefined, rejected));
if (primordials.PromiseWithResolvers === undefined) add("PromiseWithResolvers", withResolvers);

/** `Promise.withResolvers`, which is younger than Node 20. */
function withResolvers() {
  const made = { __proto__: null };
  made.promise = new primordials.Promise((resolve, reject) => {
    made.resolve = resolve;
    made.reject = reject;
  });
  return made;
}

/** A class with methods of its own, so that nobody's change of the built-in prototype is seen. */
function safe(constructor) {
  const made = class extends constructor {
    // Without one, V8 spreads what it is given by the iterator of arrays.
    constructor(given) {
      super(given);
    }
  };
  for (const key of Reflect.ownKeys(constructor.prototype)) {
    if (key === "constructor") continue;
    Object.defineProperty(made.prototype, key, Reflect.getOwnPropertyDescriptor(constructor.prototype, key));
  }
  Object.setPrototypeOf(made.prototype, null);
  return Object.freeze(made);
}
for (const name of ["FinalizationRegistry", "Map", "Set", "WeakMap", "WeakRef", "WeakSet"]) add(`Safe${name}`, safe(globalThis[name]));

module.exports = Object.freeze(primordials);
