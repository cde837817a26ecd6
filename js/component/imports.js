// What an app gives a component to import: interfaces as objects, by their names with or without the version, functions by their names in JavaScript,
// resources as classes.

import { primordials } from "ext:runtime_wasm/port.js";
import { typeError, WasmError, WasmErrorCode } from "ext:runtime_wasm/error.js";
import { describe, quoted } from "ext:runtime_wasm/convert.js";
import { get, isObject } from "ext:runtime_wasm/import_object.js";
import { bareArray } from "ext:runtime_wasm/own.js";
import { camelCase, staticName, withoutVersion } from "ext:runtime_wasm/component/names.js";
import { encodedArgument, payloadOf } from "ext:runtime_wasm/component/calls.js";
import { placeOf } from "ext:runtime_wasm/component/objects.js";

const {
  ArrayPrototypeJoin, Error, ObjectPrototypeIsPrototypeOf, ReflectApply, ReflectConstruct, SafeSet, StringPrototypeIndexOf, StringPrototypeSlice, Uint8Array,
} = primordials;

const isError = (value) => typeof value === "object" && value !== null && ObjectPrototypeIsPrototypeOf(Error.prototype, value);

// As in js/import_object.js.
const FUNCTION = 1;
const VALUE = 2;

/** The packages whose resources are there by themselves: src/engine/interface.rs has the same. */
const wasi = new SafeSet();
wasi.add("wasi:cli");
wasi.add("wasi:clocks");
wasi.add("wasi:filesystem");
wasi.add("wasi:http");
wasi.add("wasi:io");
wasi.add("wasi:random");
wasi.add("wasi:sockets");

/** What is read: for each function that the component imports its kind, and what to call for it. */
export class ComponentImports {
  kinds;
  values = bareArray();
  handlers = bareArray();
  /** By the places of resources, what the app has given for them. */
  #classes = bareArray();

  /** For the imports of a component; without an object there are none. */
  constructor(guest, object) {
    if (object !== undefined && !isObject(object)) throw typeError("options.imports must be an object, not " + describe(object));
    const { imports, resources } = guest.interface;
    this.kinds = new Uint8Array(imports.length);
    this.handlers.guest = guest;
    for (let i = 0; i < resources.length; i++) if (isOfApp(resources[i])) this.#readClass(guest, object, resources[i]);
    for (let i = 0; i < imports.length; i++) this.#read(guest, object, imports[i], i);
    this.#checkClasses(resources);
  }

  /** All is read at once: a component has few imports, and what they are is known. */
  readOn() {
    return false;
  }

  #readClass(guest, object, { interface: within, className, index }) {
    const Class = from(within === null ? object : namespaceOf(object, within), className, within);
    this.#classes[index] = Class;
    if (typeof Class === "function") guest.host.classes[index] = Class;
  }

  /**
   * Of a resource without functions only the class can be missing, and nobody else looks for that. Where functions are missing,
   * src/actor/guest/component/missing.rs lists these, with their types.
   */
  #checkClasses(resources) {
    for (let i = 0; i < this.kinds.length; i++) if (this.kinds[i] !== FUNCTION) return;
    const problems = bareArray();
    for (let i = 0; i < resources.length; i++) {
      const Class = this.#classes[i];
      if (!isOfApp(resources[i]) || typeof Class === "function") continue;
      const { interface: within, name } = resources[i];
      const place = within === null ? quoted(name) : quoted(within) + " " + quoted(name);
      problems[problems.length] = place + (Class === undefined ? " is missing" : " is no class") + ": expected a class (resource " + name + ")";
    }
    if (problems.length === 0) return;
    const more = problems.length - PROBLEMS_MAX;
    if (more > 0) {
      problems.length = PROBLEMS_MAX;
      problems[PROBLEMS_MAX] = "and " + more + " more";
    }
    throw new WasmError(WasmErrorCode.InstantiateError, "the component cannot be instantiated, imports: " + ArrayPrototypeJoin(problems, "; "));
  }

  #read(guest, object, func, index) {
    const handler = this.#handlerOf(guest, object, func);
    if (typeof handler === "function") {
      this.kinds[index] = FUNCTION;
      this.handlers[index] = new Handler(guest, func, handler);
    } else if (handler !== undefined) {
      this.kinds[index] = VALUE;
      this.values[this.values.length] = null;
    }
  }

  /** What to call for an import: a function of `(this, args)`, something else that stands in its place, or undefined. */
  #handlerOf(guest, object, func) {
    const place = placeOf(func.name);
    if (place.kind !== "") return handlerOfClass(this.#classOf(guest, func, place.resource), place, func.interface);
    const namespace = func.interface === null ? object : namespaceOf(object, func.interface);
    const found = from(namespace, camelCase(func.name), func.interface) ?? from(namespace, func.name, func.interface);
    return typeof found === "function" ? (call, args) => ReflectApply(found, call, args) : found;
  }

  #classOf(guest, func, name) {
    const { resources } = guest.interface;
    for (let i = 0; i < resources.length; i++) {
      const resource = resources[i];
      if (resource.isImported && resource.interface === func.interface && resource.name === name) return this.#classes[i];
    }
    return undefined;
  }
}

/** A message stays one. */
const PROBLEMS_MAX = 20;

/** Is it the app's to give? WASI's are there, and what has no name cannot be given. */
function isOfApp({ interface: within, name, isImported }) {
  if (!isImported || name === "") return false;
  const end = within === null ? -1 : StringPrototypeIndexOf(within, "/");
  return end < 0 || !wasi.has(StringPrototypeSlice(within, 0, end));
}

function namespaceOf(object, within) {
  const place = "options.imports[" + quoted(within) + "]";
  const namespace = from(object, within, undefined) ?? from(object, withoutVersion(within), undefined);
  if (namespace !== undefined && !isObject(namespace)) throw typeError(place + " must be an object, not " + describe(namespace));
  return namespace;
}

function from(object, key, within) {
  if (object === undefined || object === null) return undefined;
  return get(object, key, [within ?? key, key], within === undefined ? 1 : 2);
}

/** The same for a function of a class. What all functions and objects have is none of a class's: the names are the guest's choice. */
function handlerOfClass(Class, { kind, name }, within) {
  if (typeof Class !== "function") return Class;
  if (kind === "constructor") return (_call, args) => ReflectConstruct(Class, args);
  if (kind === "static") {
    const found = from(Class, staticName(name), within);
    return typeof found === "function" ? (_call, args) => ReflectApply(found, Class, args) : found;
  }
  const method = camelCase(name);
  const found = from(from(Class, "prototype", within), method, within);
  // Each prototype has its class by that name.
  if (found === Class) return undefined;
  if (typeof found !== "function") return found;
  return (_call, args) => {
    const self = args[0];
    const rest = bareArray();
    for (let i = 1; i < args.length; i++) rest[i - 1] = args[i];
    return ReflectApply(self[method], self, rest);
  };
}

/** What runs for one import. */
class Handler {
  #guest;
  #func;
  #run;

  constructor(guest, func, run) {
    this.#guest = guest;
    this.#func = func;
    this.#run = run;
  }

  /** Runs it with what the guest passes, and gives what the op returns to the guest. */
  async run(call, id, encoded, wrong) {
    const guest = this.#guest;
    const func = this.#func;
    guest.id ??= id;
    const args = func.decodeParams(encoded, guest);
    if (!func.fails) return this.#returned(await this.#run(call, args), wrong);
    let result;
    try {
      result = { tag: "ok", val: await this.#run(call, args) };
    } catch (error) {
      const payload = payloadOf(error, isError);
      if (payload === undefined) throw error;
      result = { tag: "err", val: payload.val };
    }
    return this.#returned(result, wrong);
  }

  #returned(result, wrong) {
    const { host } = this.#guest;
    try {
      const encoded = this.#func.encodeResult(result, this.#guest);
      // The guest that was to own what is in it has gone meanwhile.
      if (host.hasEnded) host.ended();
      return encodedArgument(encoded);
    } catch (error) {
      wrong.add(error);
      throw error;
    }
  }
}
