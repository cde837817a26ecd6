// onSignal() of runtime:app.

(function () {
  const { core, primordials } = __bootstrap;
  const { op_void_async_deferred, op_wasm_host_signal_done, op_wasm_host_signal_listen, op_wasm_host_signal_next } = core.ops;
  const { PromiseReject, SafeMap, SafeSet, SafeSetIterator, TypeError } = primordials;

  // By their names, the signals that somebody listens to.
  const listened = new SafeMap();

  function onSignal(name, listener) {
    if (typeof name !== "string") throw new TypeError("the name of a signal must be a string");
    if (typeof listener !== "function") throw new TypeError("the listener must be a function");
    let signal = listened.get(name);
    if (signal === undefined) {
      const id = op_wasm_host_signal_listen(name);
      if (id === null) {
        throw new TypeError(`"${name}" is no signal to listen to; there are SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT`);
      }
      signal = { __proto__: null, id, name, listeners: new SafeSet(), underWay: 0 };
      listened.set(name, signal);
      serve(signal);
    }
    // The same function may listen twice, and stop once.
    const own = { __proto__: null, listener };
    signal.listeners.add(own);
    return () => {
      signal.listeners.delete(own);
      close(signal);
    };
  }

  // Those that are at it are waited for, also if nobody listens any more.
  function close(signal) {
    if (signal.listeners.size > 0 || signal.underWay > 0 || listened.get(signal.name) !== signal) return;
    listened.delete(signal.name);
    core.tryClose(signal.id);
  }

  async function serve(signal) {
    while (true) {
      const next = op_wasm_host_signal_next(signal.id);
      // To listen is no reason for an app to go on.
      core.unrefOpPromise(next);
      if (!await next) return;
      tell(signal);
    }
  }

  async function tell(signal) {
    let goesOn = false;
    signal.underWay += 1;
    const event = {
      signal: signal.name,
      preventDefault() {
        goesOn = true;
      },
    };
    // Those that listen now: a listener may add others, and take some away.
    const listeners = [];
    for (const own of new SafeSetIterator(signal.listeners)) listeners[listeners.length] = own;
    const running = [];
    for (let i = 0; i < listeners.length; i++) {
      if (signal.listeners.has(listeners[i])) running[running.length] = run(listeners[i].listener, event);
    }
    let failed = false;
    for (let i = 0; i < running.length; i++) failed = await running[i] || failed;
    // An app that ends by an error says so, and not that a signal came.
    if (failed) await op_void_async_deferred();
    op_wasm_host_signal_done(signal.id, goesOn);
    signal.underWay -= 1;
    close(signal);
  }

  // What a listener throws is nobody's to catch, and keeps no other from being called.
  async function run(listener, event) {
    try {
      await listener(event);
      return false;
    } catch (error) {
      PromiseReject(error);
      return true;
    }
  }

  return { onSignal };
})();
