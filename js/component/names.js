// Names of WIT as those of JavaScript.

import { primordials } from "ext:runtime_wasm/port.js";

const {
  ObjectKeys, StringPrototypeIndexOf, StringPrototypeLastIndexOf, StringPrototypeSlice, StringPrototypeToLowerCase, StringPrototypeToUpperCase,
} = primordials;

/** `label-text` as `labelText`. */
export function camelCase(name) {
  let made = "";
  let from = 0;
  for (let at = 0; at >= 0;) {
    at = StringPrototypeIndexOf(name, "-", from);
    const word = StringPrototypeToLowerCase(at < 0 ? StringPrototypeSlice(name, from) : StringPrototypeSlice(name, from, at));
    made += from === 0 ? word : StringPrototypeToUpperCase(StringPrototypeSlice(word, 0, 1)) + StringPrototypeSlice(word, 1);
    from = at + 1;
  }
  return made;
}

/** The same, as an object has it for a key: QuickJS finds such a string at once, and looks up by its letters what has been put together. */
export function keyOf(name) {
  return ObjectKeys({ __proto__: null, [camelCase(name)]: undefined })[0];
}

/** The same of a static function. Each class has a `prototype` already, and nobody can give it another one: `runtime-wasm types` spells it so, too. */
export function staticName(name) {
  const camel = camelCase(name);
  return camel === "prototype" ? "prototype_2" : camel;
}

/** Would JavaScript itself call a function of this name? A `then` would make the object that has it pass for a promise. */
export function isCalledUnasked(name) {
  return name === "then" || name === "toJSON";
}

/** `blob-store` as `BlobStore`: the name of a class. */
export function className(name) {
  const camel = camelCase(name);
  return StringPrototypeToUpperCase(StringPrototypeSlice(camel, 0, 1)) + StringPrototypeSlice(camel, 1);
}

/** An interface's name without its version. */
export function withoutVersion(name) {
  const at = StringPrototypeLastIndexOf(name, "@");
  return at < 0 ? name : StringPrototypeSlice(name, 0, at);
}
