// "runtime:app": what an app is told by, and tells, the command line.

(function () {
  const { core, primordials } = __bootstrap;
  const { op_wasm_host_exit, op_wasm_host_info } = core.ops;
  const { NumberIsInteger, ObjectFreeze, RangeError, String, TypeError } = primordials;

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

  return { args, exit };
})();
