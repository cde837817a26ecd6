// What there is on the global object under `run`, in the words of declared.mjs.

// Each API loads when it is first touched, and one may bring members of another.
for (const name of Reflect.ownKeys(globalThis)) globalThis[name];

// Their objects have properties of their own, beside those of the class.
const made = { MessageEvent: new MessageEvent("message"), ProgressEvent: new ProgressEvent("progress") };
const ofFunctions = ["arguments", "caller", "length", "name", "prototype"];

/** What can be asked of an object by a name or a well-known symbol, up to what every object or every error has. */
function members(object) {
  const found = new Set();
  for (; object !== null && object !== Object.prototype && object !== Error.prototype; object = Object.getPrototypeOf(object)) {
    for (const key of Reflect.ownKeys(object)) {
      const name = typeof key === "string" ? key : `[${key.description}]`;
      const isKnown = typeof key === "string" || Object.values(Object.getOwnPropertyDescriptors(Symbol)).some(({ value }) => value === key);
      if (isKnown && key !== "constructor" && key !== Symbol.toStringTag) found.add(name);
    }
  }
  return found;
}

for (const name of Reflect.ownKeys(globalThis).filter((name) => typeof name === "string")) {
  console.log(name);
  const value = globalThis[name];
  if (value === globalThis) continue;
  if (typeof value === "object" && value !== null) for (const member of members(value)) console.log(`${name}.${member}`);
  if (typeof value !== "function") continue;
  for (const member of Reflect.ownKeys(value)) {
    if (typeof member === "string" && !ofFunctions.includes(member)) console.log(`${name}.${member}`);
  }
  for (const member of members(made[name] ?? value.prototype ?? null)) console.log(`${name}#${member}`);
}
