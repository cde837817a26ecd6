// The global navigator, of which there is little to tell.

(function () {
  const { core, primordials } = __bootstrap;
  const { op_wasm_host_info, op_wasm_host_processors } = core.ops;
  const { TypeError } = primordials;

  const key = { __proto__: null };

  class Navigator {
    #made = true;

    constructor(by) {
      if (by !== key) throw new TypeError("Illegal constructor");
    }

    get hardwareConcurrency() {
      return this.#made && op_wasm_host_processors();
    }

    get userAgent() {
      return this.#made && op_wasm_host_info().userAgent;
    }
  }

  return { Navigator, navigator: new Navigator(key) };
})();
