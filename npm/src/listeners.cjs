// Who is told when a signal fires. A signal has one listener of ours, for all calls and instances of all hosts that it is given to: Node warns of a leak
// where it has more than ten.
"use strict";

const { SafeSet, SafeWeakMap } = require("./primordials.cjs");

/** For each signal what is to be called, and the listener that calls it. */
const fans = new SafeWeakMap();

function newFan() {
  const listeners = new SafeSet();
  return { __proto__: null, listeners, fire: () => callAll(listeners) };
}

/** Calls each, also after one that throws: they are of different hosts. */
function callAll(listeners) {
  let failure;
  listeners.forEach((listener) => {
    try {
      listener();
    } catch (error) {
      failure ??= { __proto__: null, error };
    }
  });
  if (failure !== undefined) throw failure.error;
}

/** The functions of js/signals.js, on top of its own. */
function listening(listen, unlisten) {
  return {
    __proto__: null,
    onAbort(signal, listener) {
      if (signal === undefined) return;
      let fan = fans.get(signal);
      if (fan === undefined) {
        fan = newFan();
        fans.set(signal, fan);
        listen(signal, fan.fire);
      }
      fan.listeners.add(listener);
    },
    offAbort(signal, listener) {
      const fan = signal === undefined ? undefined : fans.get(signal);
      if (fan === undefined || !fan.listeners.delete(listener) || fan.listeners.size > 0) return;
      // A signal may outlive all that it was given to, and is not kept by us.
      fans.delete(signal);
      unlisten(signal, fan.fire);
    },
  };
}

module.exports = { listening };
