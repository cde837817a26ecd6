// Writes a JavaScript value as JSON can hold it, with no two that differ alike: -0, NaN, undefined, a bigint, each kind of list, an error.
export function encode(value) {
  switch (typeof value) {
    case "bigint":
      return { $: "bigint", is: String(value) };
    case "undefined":
      return { $: "undefined" };
    case "number":
      if (Number.isFinite(value) && !Object.is(value, -0)) return value;
      return { $: "number", is: Object.is(value, -0) ? "-0" : String(value) };
    case "symbol":
    case "function":
      return { $: typeof value };
    case "object":
      break;
    default:
      return value;
  }
  if (value === null) return null;
  if (Array.isArray(value)) return shortened([...value].map(encode));
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return { $: value.constructor.name, is: shortened([...value].map((item) => (typeof item === "bigint" ? String(item) : encode(item)))) };
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return { $: value.constructor?.name ?? "object" };
  const properties = Object.entries(Object.getOwnPropertyDescriptors(value)).filter(([, { enumerable }]) => enumerable);
  return Object.fromEntries(properties.map(([key, { get, value: item }]) => [key, get === undefined ? encode(item) : { $: "getter" }]));
}

// Many items that are all the same.
function shortened(items) {
  const first = JSON.stringify(items[0]);
  return items.length > 100 && items.every((item) => JSON.stringify(item) === first) ? { $: "repeated", times: items.length, is: items[0] } : items;
}

export function encodeError(error) {
  if (!(error instanceof Error)) return { thrown: encode(error) };
  return { name: error.constructor.name, message: error.message, ...("payload" in error ? { payload: encode(error.payload) } : {}) };
}
