// "runtime:app": what an app is told by, and tells, the command line and the system. What it does not use is not loaded.

(function () {
  const { core, primordials } = __bootstrap;
  const {
    op_wasm_host_cwd, op_wasm_host_env, op_wasm_host_env_all, op_wasm_host_exit, op_wasm_host_info, op_wasm_host_is_terminal,
    op_wasm_host_terminal_size,
  } = core.ops;
  const { NumberIsInteger, ObjectFreeze, RangeError, String, TypeError } = primordials;

  const files = () => core.loadExtScript("ext:runtime_wasm_host/files.js");
  const stdio = () => core.loadExtScript("ext:runtime_wasm_host/stdio.js");

  // The strings after the script on the command line.
  const args = ObjectFreeze(op_wasm_host_info().args);

  // Ends the app, at once and from wherever it is called; the guests are stopped first. Never returns.
  function exit(code = 0) {
    if (typeof code !== "number") {
      throw new TypeError(`exit code must be a number, not ${typeof code}`);
    }
    if (!NumberIsInteger(code) || code < 0 || code > 255) {
      throw new RangeError(`exit code must be an integer from 0 to 255, not ${String(code)}`);
    }
    op_wasm_host_exit(code);
    // The op has asked the engine to stop; it does so at the next turn of a loop.
    while (true);
  }

  function cwd() {
    return op_wasm_host_cwd();
  }

  // The variables that [capabilities.env] grants.
  const env = ObjectFreeze({
    get(name) {
      if (typeof name !== "string") throw new TypeError("the name of a variable must be a string");
      return op_wasm_host_env(name) ?? undefined;
    },
    toObject() {
      return op_wasm_host_env_all();
    },
  });

  async function readFile(path, options) {
    return await files().readFile(path, options);
  }

  async function readTextFile(path, options) {
    return await files().readTextFile(path, options);
  }

  async function readFileStream(path) {
    return await files().readFileStream(path);
  }

  async function writeFile(path, data, options) {
    await files().writeFile(path, data, options);
  }

  async function writeFileStream(path, options) {
    return await files().writeFileStream(path, options);
  }

  async function readDir(path) {
    return await files().readDir(path);
  }

  async function stat(path) {
    return await files().stat(path, false);
  }

  async function lstat(path) {
    return await files().stat(path, true);
  }

  async function mkdir(path, options) {
    await files().mkdir(path, options);
  }

  async function remove(path, options) {
    await files().remove(path, options);
  }

  async function rename(from, to) {
    await files().rename(from, to);
  }

  async function watch(paths) {
    return await core.loadExtScript("ext:runtime_wasm_host/watch.js").watch(paths);
  }

  const stdin = ObjectFreeze({
    get isTerminal() {
      return op_wasm_host_is_terminal(0);
    },
    get readable() {
      return stdio().readable();
    },
  });

  function output(number) {
    return ObjectFreeze({
      get isTerminal() {
        return op_wasm_host_is_terminal(number);
      },
      async write(data) {
        await stdio().write(number, data);
      },
      get writable() {
        return stdio().writable(number);
      },
    });
  }

  const stdout = output(1);
  const stderr = output(2);

  // Of the terminal that one of the streams is; null where none is.
  function terminalSize() {
    return op_wasm_host_terminal_size();
  }

  function onSignal(name, listener) {
    return core.loadExtScript("ext:runtime_wasm_host/signals.js").onSignal(name, listener);
  }

  return {
    args, cwd, env, exit, lstat, mkdir, onSignal, readDir, readFile, readFileStream, readTextFile, remove, rename, stat, stderr,
    stdin, stdout, terminalSize, watch, writeFile, writeFileStream,
  };
})();
