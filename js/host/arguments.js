// Arguments of runtime:app, checked and spelled out for the ops.

(function () {
  const { core, primordials } = __bootstrap;
  const { op_wasm_host_path_of_url } = core.ops;
  const {
    ArrayBufferIsView, ArrayPrototypeIncludes, ArrayPrototypeJoin, DataViewPrototypeGetBuffer, DataViewPrototypeGetByteLength,
    DataViewPrototypeGetByteOffset, NumberIsInteger, ObjectKeys, ObjectPrototypeIsPrototypeOf, RangeError, String, StringPrototypeStartsWith,
    TypedArrayPrototypeGetBuffer, TypedArrayPrototypeGetByteLength, TypedArrayPrototypeGetByteOffset,
    TypedArrayPrototypeGetSymbolToStringTag, TypedArrayPrototypeSlice, TypeError, Uint8Array,
  } = primordials;

  // A path is a string, or the URL of a file, which may be a string, too: so are import.meta.url and what import.meta.resolve gives.
  function asPath(path, what = "the path") {
    if (typeof path === "string") return StringPrototypeStartsWith(path, "file:") ? pathOf(path, what) : path;
    if (typeof path === "object" && path !== null) {
      const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
      if (ObjectPrototypeIsPrototypeOf(URL.prototype, path)) {
        return pathOf(path.href, what);
      }
    }
    throw new TypeError(`${what} must be a string or a URL, not ${path === null ? "null" : typeof path}`);
  }

  function pathOf(href, what) {
    const found = op_wasm_host_path_of_url(href);
    if (found === null) throw new TypeError(`${what} must be a file: URL, not ${href}`);
    return found;
  }

  // The options that are known, with what they are by default. The type of that is the type of the option.
  function asOptions(options, known) {
    if (options === undefined) return known;
    if (typeof options !== "object" || options === null) throw new TypeError("the options must be an object");
    const given = ObjectKeys(options);
    const names = ObjectKeys(known);
    for (let i = 0; i < given.length; i++) {
      if (ArrayPrototypeIncludes(names, given[i])) continue;
      throw new TypeError(`unknown option "${given[i]}"; there are ${ArrayPrototypeJoin(names, ", ")}`);
    }
    const read = { __proto__: null };
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      const value = options[name];
      if (value === undefined) {
        read[name] = known[name];
      } else if (typeof value !== typeof known[name]) {
        throw new TypeError(`options.${name} must be a ${typeof known[name]}, not ${value === null ? "null" : typeof value}`);
      } else {
        read[name] = value;
      }
    }
    return read;
  }

  function checkMode(mode) {
    if (!NumberIsInteger(mode) || mode < 0 || mode > 0o7777) {
      throw new RangeError(`options.mode must be an integer from 0 to 0o7777, not ${String(mode)}`);
    }
  }

  // Bytes or a text, as bytes; undefined for anything else.
  function asBytes(data) {
    if (typeof data === "string") return core.encode(data);
    if (core.isArrayBuffer(data)) return new Uint8Array(data);
    if (core.isSharedArrayBuffer(data)) return TypedArrayPrototypeSlice(new Uint8Array(data));
    if (!ArrayBufferIsView(data)) return undefined;
    const bytes = TypedArrayPrototypeGetSymbolToStringTag(data) === undefined
      ? new Uint8Array(DataViewPrototypeGetBuffer(data), DataViewPrototypeGetByteOffset(data), DataViewPrototypeGetByteLength(data))
      : new Uint8Array(
        TypedArrayPrototypeGetBuffer(data),
        TypedArrayPrototypeGetByteOffset(data),
        TypedArrayPrototypeGetByteLength(data),
      );
    return core.isSharedArrayBuffer(TypedArrayPrototypeGetBuffer(bytes)) ? TypedArrayPrototypeSlice(bytes) : bytes;
  }

  return { asBytes, asOptions, asPath, checkMode };
})();
