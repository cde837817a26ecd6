// What runtime:wasm needs of the program that it runs in: here of deno_core. The package for Node-API has a port of its own; every other file
// of this folder runs on both as it is.

import { core, primordials } from "ext:core/mod.js";

const { AsyncVariable, loadExtScript, setAsyncContext } = core;

/** The built-in functions, as they were before the app ran. */
export { primordials };

/**
 * The functions of the native half, by name: `ops` to call, the UTF-8 bytes of a string, and what tells buffers that are shared from those
 * that are not.
 */
export const { encode, isArrayBuffer, isSharedArrayBuffer, ops } = core;

/** Closes a handle that an op has given. */
export const closeHandle = ops.op_wasm_close;

/** Gives the event loop a turn; a promise. */
export const eventLoopTurn = ops.op_wasm_large_turn;

/** Has the waiting for the promise of an op keep the app alive, as it does at first; or not. */
export const { refOpPromise: refOp, unrefOpPromise: unrefOp } = core;

/** A value that code finds wherever it has been called from within `run`, also after its awaits. */
export class Context {
  #variable = new AsyncVariable();

  get() {
    return this.#variable.get();
  }

  run(value, work) {
    const before = this.#variable.enter(value);
    try {
      return work();
    } finally {
      setAsyncContext(before);
    }
  }
}

/** The names of a signal's methods that add and remove what is to be done, where the program has such; may throw where it has not. */
export function abortAlgorithms() {
  return loadExtScript("ext:deno_web/03_abort_signal.js");
}
