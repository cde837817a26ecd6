// The resources of one component, on both sides: its own, which an app holds as objects of classes, and those of the app's, which it holds by numbers.

import { ops, primordials } from "ext:runtime_wasm/port.js";
import { settled } from "ext:runtime_wasm/error.js";
import { describe } from "ext:runtime_wasm/convert.js";
import { inLine } from "ext:runtime_wasm/lines.js";
import { bareArray, hidden } from "ext:runtime_wasm/own.js";
import { camelCase, isCalledUnasked, staticName } from "ext:runtime_wasm/component/names.js";

const {
  MapPrototypeForEach, ObjectDefineProperty, ObjectPrototypeIsPrototypeOf, PromisePrototypeThen, ReflectApply, SafeFinalizationRegistry, SafeMap, SafeWeakMap,
  StringPrototypeIndexOf, StringPrototypeSlice, Symbol, SymbolFor, TypeError,
} = primordials;
const { op_wasm_drop_resource } = ops;

const dispose = Symbol.dispose ?? SymbolFor("Symbol.dispose");
const asyncDispose = Symbol.asyncDispose ?? SymbolFor("Symbol.asyncDispose");

/** For each object of a guest's resource, what it stands for. */
const held = new SafeWeakMap();
/** Lets go of the resources whose objects the app has lost sight of. */
const forgotten = new SafeFinalizationRegistry((state) => unheard(letGo(state)));
const ignore = () => {};
const making = Symbol("an object for a resource");

/** Tells the guest that its resource is not held any more, once. */
async function letGo(state) {
  const { number } = state;
  state.number = undefined;
  if (number === undefined || state.guest.id === undefined) return;
  try {
    await inLine(state.guest.id, op_wasm_drop_resource(state.guest.id, number));
  } catch (error) {
    // With the instance all its resources have gone.
    if (error.code !== 5005) throw error;
  }
}

/** Gives back what an app's object stands for. */
async function giveBack(state) {
  // Who has called before that, and waits for it to be made, still gets it; who calls from now on does not.
  state.isDisposed = true;
  // One that could not be made is not there to let go of.
  if (state.ready !== undefined) await PromisePrototypeThen(state.ready, ignore, ignore);
  await letGo(state);
}

/** Nobody awaits this promise, so nobody could catch what goes wrong. A trap in the destructor counts all the same: the next call tells. */
function unheard(promise) {
  PromisePrototypeThen(promise, ignore, ignore);
}

/** What an object stands for, which must be of this resource. */
function stateOf(object, guest, resource) {
  const state = held.get(object);
  if (state === undefined || state.guest !== guest || state.resource !== resource) {
    const found = state === undefined ? describe(object) : "one of another kind or instance";
    throw new TypeError("this must be a " + resource.className + " of this instance, not " + found);
  }
  return state;
}

/** What is known of one instance of a component; the context in which its values are written and read. */
export class Guest {
  /** Undefined until it is made, or has called. */
  id;
  interface;
  host;
  /** Calls a function of the component's: `(func, args)` gives a bare result, `(name, args)` an array. Set by js/instance.js. */
  invoke;
  call;
  #classes = new SafeMap();
  #giving = bareArray();
  #isHeld = false;

  constructor(of, host) {
    this.interface = of;
    this.host = host;
  }

  /** The number by which a value goes to the guest, or what is wrong with it. */
  numberOf(resource, value, isOwned) {
    if (resource.isImported) return this.host.numberOf(resource, value, isOwned);
    const state = typeof value === "object" && value !== null ? held.get(value) : undefined;
    if (state === undefined || state.guest !== this || state.resource !== resource) {
      return "must be a " + resource.className + " of this instance, not " + (state === undefined ? describe(value) : "one of another kind or instance");
    }
    if (state.failure !== undefined) throw state.failure;
    const gone = "is a " + resource.className + " that has been given away, or disposed of";
    if (state.ready !== undefined && state.isDisposed) return gone;
    if (state.ready !== undefined) throw { __proto__: null, waitsFor: state.ready };
    if (state.number === undefined) return gone;
    for (let i = 0; i < this.#giving.length; i++) if (this.#giving[i] === state) return "is a " + resource.className + " that the same call gives away";
    if (isOwned) this.#giving[this.#giving.length] = state;
    return state.number;
  }

  /** Several calls are written, which go together or not at all. Ended by `release`. */
  hold() {
    this.#isHeld = true;
  }

  release(goes) {
    this.#isHeld = false;
    if (goes) this.given();
    else this.notGiven();
  }

  /** What has been written goes: what the guest owns from now on is nobody's here. */
  given() {
    if (this.#isHeld) return;
    const giving = this.#giving;
    if (giving.length > 0) this.#giving = bareArray();
    for (let i = 0; i < giving.length; i++) giving[i].number = undefined;
    this.host.given();
  }

  /** It does not. */
  notGiven() {
    if (this.#isHeld) return;
    if (this.#giving.length > 0) this.#giving = bareArray();
    this.host.notGiven();
  }

  /** The value that a number of the guest's stands for. */
  resourceOf(resource, number, isOwned) {
    if (resource.isImported) return this.host.valueOf(number, isOwned);
    const Class = this.classOf(resource);
    return new Class(making, number);
  }

  /** The class of a resource that the component exports. */
  classOf(resource) {
    let known = this.#classes.get(resource);
    if (known === undefined) this.#classes.set(resource, known = this.#made(resource));
    return known;
  }

  #made(resource) {
    const guest = this;
    const ofResource = functionsOf(this.interface.exports, resource);
    const Class = class {
      constructor(first, second, ...rest) {
        const state = { __proto__: null, guest, resource, number: undefined, ready: undefined, failure: undefined, isDisposed: false };
        held.set(this, state);
        forgotten.register(this, state);
        if (first === making) state.number = second;
        else construct(guest, ofResource.constructor, state, allArguments(arguments.length, first, second, rest));
      }

      async [asyncDispose]() {
        await giveBack(stateOf(this, guest, resource));
      }
    };
    ObjectDefineProperty(Class, "name", { __proto__: null, value: resource.className, configurable: true });
    ObjectDefineProperty(Class.prototype, dispose, hidden(function () {
      unheard(giveBack(stateOf(this, guest, resource)));
    }));
    for (let i = 0; i < ofResource.methods.length; i++) {
      const func = ofResource.methods[i];
      define(Class.prototype, camelCase(placeOf(func.name).name), function (...args) {
        return guest.invoke(func, withFirst(this, args));
      });
    }
    for (let i = 0; i < ofResource.statics.length; i++) {
      const func = ofResource.statics[i];
      define(Class, staticName(placeOf(func.name).name), (...args) => guest.invoke(func, args));
    }
    return Class;
  }
}

function define(place, name, func) {
  if (!isCalledUnasked(name)) ObjectDefineProperty(place, name, hidden(func));
}

function withFirst(first, args) {
  const all = bareArray();
  all[0] = first;
  for (let i = 0; i < args.length; i++) all[i + 1] = args[i];
  return all;
}

function allArguments(count, first, second, rest) {
  const all = bareArray();
  if (count > 0) all[0] = first;
  if (count > 1) all[1] = second;
  for (let i = 0; i < rest.length; i++) all[i + 2] = rest[i];
  return all;
}

/** Has the guest make what the object stands for. Until it has, whoever uses the object waits. */
function construct(guest, func, state, args) {
  if (func === undefined) throw new TypeError("a " + state.resource.className + " is not made by `new`: the component exports no constructor for it");
  const made = async () => {
    try {
      const object = await guest.invoke(func, args);
      const other = held.get(object);
      state.number = other.number;
      other.number = undefined;
    } catch (error) {
      state.failure = error;
      throw error;
    } finally {
      state.ready = undefined;
    }
  };
  const ready = made();
  state.ready = ready;
  // Whoever uses the object hears of it.
  PromisePrototypeThen(ready, ignore, ignore);
}

/** The functions of a resource among all: `{ constructor, methods, statics }`. */
export function functionsOf(functions, resource) {
  const found = { __proto__: null, constructor: undefined, methods: bareArray(), statics: bareArray() };
  for (let i = 0; i < functions.length; i++) {
    const func = functions[i];
    if (func.interface !== resource.interface) continue;
    const place = placeOf(func.name);
    if (place.resource !== resource.name) continue;
    if (place.kind === "constructor") found.constructor = func;
    else if (place.kind === "method") found.methods[found.methods.length] = func;
    else found.statics[found.statics.length] = func;
  }
  return found;
}

/** `[method]blob.read` as `{ kind: "method", resource: "blob", name: "read" }`; a plain function has the kind "". */
export function placeOf(name) {
  const end = StringPrototypeIndexOf(name, "]");
  if (end < 0) return { __proto__: null, kind: "", resource: undefined, name };
  const kind = StringPrototypeSlice(name, 1, end);
  const rest = StringPrototypeSlice(name, end + 1);
  const dot = StringPrototypeIndexOf(rest, ".");
  if (dot < 0) return { __proto__: null, kind, resource: rest, name: "" };
  return { __proto__: null, kind, resource: StringPrototypeSlice(rest, 0, dot), name: StringPrototypeSlice(rest, dot + 1) };
}

/** The app's objects that a guest holds, by number. */
export class HostResources {
  /** Those that it owns, and those that are lent to it for a call. */
  #owned = new SafeMap();
  #borrowed = new SafeMap();
  #next = 1;
  /** Is there no guest any more? */
  hasEnded = false;
  /** By the places of resources, the classes that the app has given for them. */
  classes = bareArray();
  #giving = bareArray();
  #lent = bareArray();

  numberOf(resource, value, isOwned) {
    const Class = this.classes[resource.index];
    const fits = typeof value === "object" && value !== null && (Class === undefined || ObjectPrototypeIsPrototypeOf(Class.prototype, value));
    if (!fits) return "must be a " + resource.className + ", not " + describe(value);
    const number = this.#next++;
    (isOwned ? this.#owned : this.#borrowed).set(number, value);
    const list = isOwned ? this.#giving : this.#lent;
    list[list.length] = number;
    return number;
  }

  given() {
    if (this.#giving.length > 0) this.#giving = bareArray();
  }

  notGiven() {
    for (let i = 0; i < this.#giving.length; i++) this.#owned.delete(this.#giving[i]);
    this.#giving = bareArray();
  }

  /** The numbers of what the guest holds only during the call that is being made. */
  takeLent() {
    const lent = this.#lent;
    if (lent.length > 0) this.#lent = bareArray();
    return lent;
  }

  /** The call is over. */
  forgetLent(lent) {
    for (let i = 0; i < lent.length; i++) this.#borrowed.delete(lent[i]);
  }

  /** What a number stands for; the guest does not hold it any more where it has owned it, and gives it back. */
  valueOf(number, isOwned) {
    const value = this.#owned.get(number) ?? this.#borrowed.get(number);
    if (isOwned) this.#owned.delete(number);
    return value;
  }

  /** The guest has let go of one that it owned. */
  dropped(number) {
    const value = this.valueOf(number, true);
    if (value !== undefined) disposeOf(value);
  }

  /** There is no guest any more, so nobody owns what it owned. */
  ended() {
    this.hasEnded = true;
    const owned = this.#owned;
    this.#owned = new SafeMap();
    MapPrototypeForEach(owned, (value) => {
      disposeOf(value);
    });
  }
}

/** Tells an object of the app's that it is not owned any more. What that throws or rejects with is an error of the app's own, which it has not caught. */
async function disposeOf(value) {
  let end = value[dispose];
  if (typeof end !== "function") end = value[asyncDispose];
  if (typeof end === "function") await ReflectApply(end, value, []);
}
