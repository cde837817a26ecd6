// The files of runtime:app. The grants are judged where they are opened.

(function () {
  const { core, primordials } = __bootstrap;
  const {
    op_void_async_deferred, op_wasm_host_mkdir, op_wasm_host_open_to_read, op_wasm_host_open_to_write, op_wasm_host_read_dir,
    op_wasm_host_read_dir_next, op_wasm_host_read_file, op_wasm_host_read_text_file, op_wasm_host_remove, op_wasm_host_rename,
    op_wasm_host_stat, op_wasm_host_write_file,
  } = core.ops;
  const {
    NumberIsNaN, RangeError, ReflectApply, String, StringPrototypeIndexOf, StringPrototypeSlice, SymbolAsyncIterator, SymbolIterator,
    TypeError,
  } = primordials;
  const { asBytes, asOptions, asPath, checkMode } = core.loadExtScript("ext:runtime_wasm_host/arguments.js");

  const streams = () => core.loadExtScript("ext:deno_web/06_streams.js");

  function maxBytes(options) {
    const { maxBytes } = asOptions(options, { __proto__: null, maxBytes: Infinity });
    if (NumberIsNaN(maxBytes) || maxBytes < 0) throw new RangeError(`options.maxBytes must be a number of bytes, not ${String(maxBytes)}`);
    return maxBytes;
  }

  async function readFile(path, options) {
    return await op_wasm_host_read_file(asPath(path), maxBytes(options));
  }

  async function readTextFile(path, options) {
    return await op_wasm_host_read_text_file(asPath(path), maxBytes(options));
  }

  async function readFileStream(path) {
    const file = await op_wasm_host_open_to_read(asPath(path));
    return streams().readableStreamForRid(file);
  }

  function writing(options) {
    const known = { __proto__: null, append: false, create: true, createNew: false, mode: 0o666 };
    const read = asOptions(options, known);
    checkMode(read.mode);
    return read;
  }

  async function writeFile(path, data, options) {
    const name = asPath(path);
    const how = writing(options);
    const bytes = asBytes(data);
    if (bytes !== undefined) {
      await op_wasm_host_write_file(name, bytes, how);
      return;
    }
    const pieces = iteratorOf(data);
    const file = await op_wasm_host_open_to_write(name, how);
    try {
      await writePieces(file, pieces);
    } finally {
      core.tryClose(file);
    }
  }

  const isObject = (value) => typeof value === "object" ? value !== null : typeof value === "function";

  function iteratorOf(data) {
    const iterate = data?.[SymbolAsyncIterator] ?? data?.[SymbolIterator];
    if (typeof iterate !== "function") throw new TypeError("the data must be a string, bytes, or a stream or an iterable of these");
    const iterator = ReflectApply(iterate, data, []);
    if (!isObject(iterator)) throw new TypeError("the iterator of the data must be an object");
    return iterator;
  }

  // As a for-await loop does, by what the app has given.
  async function writePieces(file, pieces) {
    while (true) {
      const next = await pieces.next();
      if (!isObject(next)) throw new TypeError("what next() of the data's iterator gives must be an object");
      if (next.done) return;
      try {
        const bytes = asBytes(next.value);
        if (bytes === undefined) throw new TypeError("a piece of the data must be a string or bytes");
        await core.writeAll(file, bytes);
      } catch (error) {
        try {
          await pieces.return?.();
        } catch {
          // What went wrong first is what counts.
        }
        throw error;
      }
    }
  }

  async function writeFileStream(path, options) {
    const file = await op_wasm_host_open_to_write(asPath(path), writing(options));
    const { WritableStream } = streams();
    const close = () => core.tryClose(file);
    return new WritableStream({
      async write(piece) {
        const bytes = asBytes(piece);
        if (bytes === undefined) {
          close();
          throw new TypeError("a piece of a file must be a string or bytes");
        }
        try {
          await core.writeAll(file, bytes);
        } catch (error) {
          close();
          throw error;
        }
      },
      close,
      abort: close,
    });
  }

  // The names come in pieces, one in each turn of the event loop.
  async function readDir(path) {
    const listing = await op_wasm_host_read_dir(asPath(path));
    const found = [];
    try {
      let piece = op_wasm_host_read_dir_next(listing);
      while (piece !== "") {
        addNames(found, piece);
        piece = op_wasm_host_read_dir_next(listing);
        if (piece !== "") await op_void_async_deferred();
      }
    } finally {
      core.tryClose(listing);
    }
    return found;
  }

  // Each is a letter for what it is, the name itself, and a slash.
  function addNames(found, piece) {
    let at = 0;
    while (at < piece.length) {
      const end = StringPrototypeIndexOf(piece, "/", at);
      const kind = piece[at];
      const name = StringPrototypeSlice(piece, at + 1, end);
      found[found.length] = { name, isFile: kind === "f", isDirectory: kind === "d", isSymlink: kind === "l" };
      at = end + 1;
    }
  }

  async function stat(path, ofSymlink) {
    return await op_wasm_host_stat(asPath(path), ofSymlink);
  }

  async function mkdir(path, options) {
    const { recursive, mode } = asOptions(options, { __proto__: null, recursive: false, mode: 0o777 });
    checkMode(mode);
    await op_wasm_host_mkdir(asPath(path), recursive, mode);
  }

  async function remove(path, options) {
    const { recursive } = asOptions(options, { __proto__: null, recursive: false });
    await op_wasm_host_remove(asPath(path), recursive);
  }

  async function rename(from, to) {
    await op_wasm_host_rename(asPath(from, "the old path"), asPath(to, "the new path"));
  }

  return {
    mkdir, readDir, readFile, readFileStream, readTextFile, remove, rename, stat, writeFile, writeFileStream,
  };
})();
