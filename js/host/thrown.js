// What is thrown and nobody catches, as the host tells of it: a copy that is made of data alone. deno_core and the engine walk whatever they are
// given, and a proxy has them walk without end, or panic.

(function () {
  const { core, primordials } = __bootstrap;
  const { op_wasm_host_place } = core.ops;
  const {
    AggregateErrorPrototype, ArrayIsArray, ErrorPrototype, ObjectFreeze, ObjectGetPrototypeOf, ObjectPrototypeIsPrototypeOf,
    ObjectSetPrototypeOf, SafeSet, StringPrototypeIncludes, SymbolFor,
  } = primordials;
  const { inspectArgs } = core.loadExtScript("ext:deno_web/01_console.js");

  // Bounds of deno_core's, which says so where there is more.
  const DEPTH_MAX = 32;
  const COUNT_MAX = 256;
  const UNREADABLE = "[Error details unavailable]";
  // Names the properties that deno_core is to hand on.
  const LISTED = SymbolFor("errorAdditionalPropertyKeys");
  // Has deno_core read `errors` of the copy, and ask no prototype of it what it is.
  const AGGREGATE = ObjectFreeze({ __proto__: null, name: "AggregateError" });

  const copyOfThrown = (thrown) => copyOf(thrown, { __proto__: null, left: COUNT_MAX, path: new SafeSet() });

  function copyOf(thrown, within) {
    if (within.left === 0 || within.path.size === DEPTH_MAX) return "";
    within.left -= 1;
    const isObject = typeof thrown === "object" ? thrown !== null : typeof thrown === "function";
    if (!isObject) return typeof thrown === "symbol" ? shown(thrown) : thrown;
    const value = behind(thrown);
    if (value === null) return "[a proxy that was revoked]";
    if (isBelowProxy(value)) return "[an object below a proxy]";
    return ObjectPrototypeIsPrototypeOf(ErrorPrototype, value) ? copyOfError(value, within) : shown(value);
  }

  // What a proxy stands for, as the console shows it.
  function behind(value) {
    while (core.isProxy(value)) value = core.getProxyDetails(value)[0];
    return value;
  }

  // Is a proxy among the prototypes? Without one they come to an end.
  function isBelowProxy(object) {
    let prototype = ObjectGetPrototypeOf(object);
    while (prototype !== null && !core.isProxy(prototype)) prototype = ObjectGetPrototypeOf(prototype);
    return prototype !== null;
  }

  function shown(value) {
    try {
      return inspectArgs([value], { __proto__: null, colors: false });
    } catch {
      return "[an object that cannot be shown]";
    }
  }

  function copyOfError(error, within) {
    const isAggregate = ObjectPrototypeIsPrototypeOf(AggregateErrorPrototype, error);
    const guestTrace = textOf(error, "guestTrace");
    const copy = {
      __proto__: ErrorPrototype,
      constructor: AGGREGATE,
      name: textOf(error, "name"),
      message: textOf(error, "message"),
      stack: stackOf(error),
      cause: undefined,
      errors: list(),
      guestTrace,
      [LISTED]: guestTrace === undefined ? list() : ["guestTrace"],
    };
    // An error that is a cause of itself is told of once more without it.
    if (within.path.has(error)) return copy;
    within.path.add(error);
    const cause = read(error, "cause");
    if (cause !== undefined) copy.cause = copyOf(cause, within);
    if (isAggregate) copyErrors(read(error, "errors"), copy.errors, within);
    within.path.delete(error);
    return copy;
  }

  function copyErrors(errors, copies, within) {
    if (core.isProxy(errors) || !ArrayIsArray(errors)) return;
    for (let i = 0; i < errors.length; i++) {
      const isLast = within.left === 0;
      copies[i] = copyOf(read(errors, i, UNREADABLE), within);
      if (isLast) return;
    }
  }

  // An array to which nothing is added by what an app has done to those of its own.
  const list = () => ObjectSetPrototypeOf([], null);

  function read(object, key, otherwise) {
    try {
      return object[key];
    } catch {
      return otherwise;
    }
  }

  function textOf(error, key) {
    const text = read(error, key);
    return typeof text === "string" ? text : undefined;
  }

  // With the place of a syntax error, where the engine keeps that to itself.
  function stackOf(error) {
    const stack = textOf(error, "stack");
    if (!core.isNativeError(error) || (stack !== undefined && StringPrototypeIncludes(stack, "\n    at "))) return stack;
    const place = op_wasm_host_place(error);
    return place === null ? stack : (stack ?? "") + "\n    at " + place;
  }

  return { copyOfThrown };
})();
