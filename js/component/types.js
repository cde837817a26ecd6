// The interface of a component: its functions, and the types of their values, as src/interface.rs tells them.

import { ops, primordials } from "ext:runtime_wasm/port.js";
import { settled } from "ext:runtime_wasm/error.js";
import { wholeList } from "ext:runtime_wasm/large.js";
import { bareArray } from "ext:runtime_wasm/own.js";
import { encodeAll, encoderOf, isNullable } from "ext:runtime_wasm/component/encode.js";
import { integers } from "ext:runtime_wasm/component/scalars.js";
import { decodeAll, decoderOf } from "ext:runtime_wasm/component/decode.js";
import { className, withoutVersion } from "ext:runtime_wasm/component/names.js";

const { SafeMap } = primordials;
const { op_wasm_module_interface } = ops;

/** The interfaces of components, by the ids of their modules; null for a core module. */
const known = new SafeMap();

/** Learns what a module is. Done when it has been compiled. */
export async function learnInterface(module) {
  const items = await settled(wholeList(op_wasm_module_interface(module)));
  const made = items.length === 0 ? null : new Interface(items);
  known.set(module, made);
  return made;
}

/** What is known of that; undefined where nothing is. */
export function knownInterface(module) {
  return known.get(module);
}

export function forgetInterface(module) {
  known.delete(module);
}

/** What a component imports and exports. */
class Interface {
  types = bareArray();
  resources = bareArray();
  imports = bareArray();
  exports = bareArray();
  /** Exported functions by their full names, and by those without the version where one fits. */
  byName = new SafeMap();
  encoders = bareArray();
  decoders = bareArray();

  constructor(items) {
    for (let i = 0; i < items.length; i++) this.#add(items[i]);
    for (let i = 0; i < this.exports.length; i++) {
      const made = this.exports[i];
      this.byName.set(made.fullName, made);
    }
    for (let i = 0; i < this.exports.length; i++) {
      const made = this.exports[i];
      if (made.interface === null) continue;
      const short = withoutVersion(made.interface) + "#" + made.name;
      if (short !== made.fullName) this.byName.set(short, this.byName.has(short) ? null : made);
    }
  }

  #add(item) {
    const kind = item[0];
    if (kind === "type") this.types[this.types.length] = item;
    else if (kind === "resource") this.resources[this.resources.length] = new Resource(item, this.resources.length);
    else if (kind === "import") this.imports[this.imports.length] = new WitFunction(this, item);
    else this.exports[this.exports.length] = new WitFunction(this, item);
  }
}

/** A resource type. */
class Resource {
  interface;
  name;
  className;
  isImported;
  index;

  constructor({ 1: within, 2: name, 3: isImported }, index) {
    this.interface = within;
    this.name = name;
    this.className = className(name);
    this.isImported = isImported;
    this.index = index;
  }
}

function isNumber(type) {
  return integers.has(type) || type === "f32" || type === "f64";
}

/** A function, with what turns its values into bytes and back. */
class WitFunction {
  interface;
  /** As WIT has it: `read`, `[method]blob.read`. */
  name;
  fullName;
  params;
  result;
  /** The result is a `result`, whose error rejects. */
  fails;
  /** Has a `result` a value where it is no error? */
  hasOk;
  /** Are all parameters numbers, of 32 bits or floats, and is the result, or are there none? Then they go as such. */
  takesNumbers;
  givesNumber;
  /** For each parameter that is an integer of those, the least and what is beyond. */
  least = bareArray();
  beyond = bareArray();
  /** Is the result, or none, what the app gets? Of a number of 32 bits the sign is not known. */
  givesAsIs;
  /** Is it the function by which a program runs, from beginning to end? */
  isCommand;
  /** How many arguments there must be at least. */
  needed;
  #of;
  #paramEncoders;
  #paramDecoders;
  #resultEncoders;
  #resultDecoders;

  constructor(of, { 1: within, 2: name, 3: params, 4: result }) {
    this.#of = of;
    this.interface = within;
    this.name = name;
    this.fullName = within === null ? name : within + "#" + name;
    this.params = params;
    this.result = result;
    this.fails = typeof result === "number" && of.types[result][1] === "result";
    this.takesNumbers = true;
    for (let i = 0; i < params.length; i++) {
      const bounds = integers.get(params[i][1]);
      this.takesNumbers &&= isNumber(params[i][1]);
      this.least[i] = bounds?.least;
      this.beyond[i] = bounds?.beyond;
    }
    this.givesNumber = result === null || isNumber(result);
    this.givesAsIs = this.givesNumber && result !== "u32";
    this.isCommand = name === "run" && within !== null && withoutVersion(within) === "wasi:cli/run";
    this.needed = params.length;
    while (this.needed > 0 && isNullable(of, params[this.needed - 1][1])) this.needed--;
    this.hasOk = this.fails && of.types[result][2] !== null;
  }

  /** Arguments as they are encoded. The bytes are good until others are. */
  encodeParams(values, context) {
    this.#paramEncoders ??= this.#each(encoderOf);
    return encodeAll(this.fullName, "", this.#paramEncoders, values, context);
  }

  decodeParams(encoded, context) {
    return decodeAll(this.#paramDecoders ??= this.#each(decoderOf), encoded, context);
  }

  /** The result, likewise. */
  encodeResult(value, context) {
    this.#resultEncoders ??= this.#one(encoderOf);
    return encodeAll(this.fullName, "the result", this.#resultEncoders, [value], context);
  }

  /** An array of the result, or of nothing. */
  decodeResult(encoded, context) {
    return decodeAll(this.#resultDecoders ??= this.#one(decoderOf), encoded, context);
  }

  #each(coderOf) {
    const coders = bareArray();
    for (let i = 0; i < this.params.length; i++) coders[i] = coderOf(this.#of, this.params[i][1]);
    return coders;
  }

  #one(coderOf) {
    const coders = bareArray();
    if (this.result !== null) coders[0] = coderOf(this.#of, this.result);
    return coders;
  }
}
