// watch() of runtime:app.

(function () {
  const { core, primordials } = __bootstrap;
  const { op_wasm_host_watch, op_wasm_host_watch_next } = core.ops;
  const { ArrayIsArray, ArrayPrototypeMap, ArrayPrototypeShift, Symbol, SymbolAsyncIterator, SymbolFor, TypeError } = primordials;
  const { asPath } = core.loadExtScript("ext:runtime_wasm_host/arguments.js");

  // Changes, one after another, until it is closed. An iterator of itself.
  class Watcher {
    #watcher;
    #changes = [];
    // What next() gave last. Each call waits for the one before, as those of a generator do.
    #last;

    constructor(watcher) {
      this.#watcher = watcher;
    }

    next() {
      return this.#last = this.#after(this.#last);
    }

    async #after(last) {
      try {
        await last;
      } catch {
        // Whoever asked then was told.
      }
      while (this.#changes.length === 0) {
        const changes = await op_wasm_host_watch_next(this.#watcher);
        if (changes === null) {
          this.close();
          return { done: true, value: undefined };
        }
        for (let i = 0; i < changes.length; i++) this.#changes[this.#changes.length] = changes[i];
      }
      return { done: false, value: ArrayPrototypeShift(this.#changes) };
    }

    // Leaving a for-await loop ends the watching.
    async return(value) {
      this.close();
      return { done: true, value };
    }

    close() {
      this.#changes = [];
      core.tryClose(this.#watcher);
    }

    [Symbol.dispose ?? SymbolFor("Symbol.dispose")]() {
      this.close();
    }

    [SymbolAsyncIterator]() {
      return this;
    }
  }

  async function watch(paths) {
    const list = ArrayPrototypeMap(ArrayIsArray(paths) ? paths : [paths], (path) => asPath(path));
    if (list.length === 0) throw new TypeError("there is nothing to watch");
    return new Watcher(await op_wasm_host_watch(list));
  }

  return { watch };
})();
