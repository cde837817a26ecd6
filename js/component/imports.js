// What an app gives a component to import: interfaces as objects, by their names with or without the version, functions by their names in JavaScript,
// resources as classes.

import { primordials } from "ext:runtime_wasm/port.js";
import { typeError } from "ext:runtime_wasm/error.js";
import { describe, quoted } from "ext:runtime_wasm/convert.js";
import { get, isObject } from "ext:runtime_wasm/import_object.js";
import { bareArray } from "ext:runtime_wasm/own.js";
import { camelCase, withoutVersion } from "ext:runtime_wasm/component/names.js";
import { encodedArgument, payloadOf } from "ext:runtime_wasm/component/calls.js";
import { placeOf } from "ext:runtime_wasm/component/objects.js";

const { Error, ObjectPrototypeIsPrototypeOf, ReflectApply, ReflectConstruct, Uint8Array } = primordials;

const isError = (value) => typeof value === "object" && value !== null && ObjectPrototypeIsPrototypeOf(Error.prototype, value);

// As in js/import_object.js.
const FUNCTION = 1;
const VALUE = 2;

/** What is read: for each function that the component imports its kind, and what to call for it. */
export class ComponentImports {
  kinds;
  values = bareArray();
  handlers = bareArray();

  /** For the imports of a component; without an object there are none. */
  constructor(guest, object) {
    if (object !== undefined && !isObject(object)) throw typeError("options.imports must be an object, not " + describe(object));
    const { imports, resources } = guest.interface;
    this.kinds = new Uint8Array(imports.length);
    this.handlers.guest = guest;
    if (object === undefined) return;
    for (let i = 0; i < resources.length; i++) {
      const { interface: within, className, isImported, index } = resources[i];
      if (!isImported) continue;
      const Class = from(within === null ? object : namespaceOf(object, within), className, within);
      if (typeof Class === "function") guest.host.classes[index] = Class;
    }
    for (let i = 0; i < imports.length; i++) this.#read(guest, object, imports[i], i);
  }

  /** All is read at once: a component has few imports, and what they are is known. */
  readOn() {
    return false;
  }

  #read(guest, object, func, index) {
    const handler = handlerOf(guest, object, func);
    if (typeof handler === "function") {
      this.kinds[index] = FUNCTION;
      this.handlers[index] = new Handler(guest, func, handler);
    } else if (handler !== undefined) {
      this.kinds[index] = VALUE;
      this.values[this.values.length] = null;
    }
  }
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

/** What to call for an import: a function of `(this, args)`, something else that stands in its place, or undefined. */
function handlerOf(guest, object, func) {
  const place = placeOf(func.name);
  const namespace = func.interface === null ? object : namespaceOf(object, func.interface);
  if (place.kind === "") {
    const found = from(namespace, camelCase(func.name), func.interface) ?? from(namespace, func.name, func.interface);
    return typeof found === "function" ? (call, args) => ReflectApply(found, call, args) : found;
  }
  const Class = classOf(guest, func, place.resource);
  if (Class === undefined) return undefined;
  const name = camelCase(place.name);
  if (place.kind === "constructor") return (_call, args) => ReflectConstruct(Class, args);
  if (place.kind === "static") return typeof Class[name] === "function" ? (_call, args) => ReflectApply(Class[name], Class, args) : undefined;
  if (typeof Class.prototype?.[name] !== "function") return undefined;
  return (_call, args) => {
    const self = args[0];
    const rest = bareArray();
    for (let i = 1; i < args.length; i++) rest[i - 1] = args[i];
    return ReflectApply(self[name], self, rest);
  };
}

function classOf(guest, func, name) {
  const { resources } = guest.interface;
  for (let i = 0; i < resources.length; i++) {
    const resource = resources[i];
    if (resource.isImported && resource.interface === func.interface && resource.name === name) return guest.host.classes[resource.index];
  }
  return undefined;
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
    try {
      return encodedArgument(this.#func.encodeResult(result, this.#guest));
    } catch (error) {
      wrong.add(error);
      throw error;
    }
  }
}
