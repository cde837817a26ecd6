// The standard streams of runtime:app.

(function () {
  const { core, primordials } = __bootstrap;
  const { op_wasm_host_stdin, op_wasm_host_write } = core.ops;
  const { TypeError } = primordials;
  const { asBytes } = core.loadExtScript("ext:runtime_wasm_host/arguments.js");

  const streams = () => core.loadExtScript("ext:deno_web/06_streams.js");

  let input;
  function readable() {
    return input ??= streams().readableStreamForRid(op_wasm_host_stdin());
  }

  async function write(number, data) {
    const bytes = asBytes(data);
    if (bytes === undefined) throw new TypeError("what is written must be a string or bytes");
    await op_wasm_host_write(number === 2, bytes);
  }

  const outputs = { __proto__: null };
  function writable(number) {
    const { WritableStream } = streams();
    return outputs[number] ??= new WritableStream({ write: (piece) => write(number, piece) });
  }

  return { readable, writable, write };
})();
