// The files of runtime:app. The grants are judged where they are opened.

(function () {
  const { core, primordials } = __bootstrap;
  const {
    op_wasm_host_mkdir, op_wasm_host_open_to_read, op_wasm_host_open_to_write, op_wasm_host_read_dir, op_wasm_host_read_file,
    op_wasm_host_read_text_file, op_wasm_host_remove, op_wasm_host_rename, op_wasm_host_stat, op_wasm_host_write_file,
  } = core.ops;
  const { NumberIsNaN, RangeError, String, SymbolAsyncIterator, SymbolIterator, TypeError } = primordials;
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
    const pieces = data?.[SymbolAsyncIterator]?.() ?? data?.[SymbolIterator]?.();
    if (pieces === undefined) {
      throw new TypeError("the data must be a string, bytes, or a stream or an iterable of these");
    }
    const file = await op_wasm_host_open_to_write(name, how);
    try {
      await writePieces(file, pieces);
    } finally {
      core.tryClose(file);
    }
  }

  // As a for-await loop does, by what the app has given.
  async function writePieces(file, pieces) {
    let over = false;
    try {
      while (true) {
        const { done, value } = await pieces.next();
        if (done) {
          over = true;
          return;
        }
        const bytes = asBytes(value);
        if (bytes === undefined) throw new TypeError("a piece of the data must be a string or bytes");
        await core.writeAll(file, bytes);
      }
    } finally {
      if (!over) await pieces.return?.();
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

  async function readDir(path) {
    return await op_wasm_host_read_dir(asPath(path));
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
