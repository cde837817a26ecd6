// Made by `runtime-wasm types plugin.wasm`.

declare namespace Plugin {
  /** What `instance.exports` has. */
  interface Exports {
    shout(text: string): Promise<string>;
    spin(): Promise<void>;
  }

  /** What `instance.call` calls: each resolves to the array of its results. */
  interface Calls {
    "shout"(text: string): Promise<[string]>;
    "spin"(): Promise<[]>;
  }
}

/** For `instantiate<Plugin>(module, options)`. */
interface Plugin {
  exports: Plugin.Exports;
  calls: Plugin.Calls;
}

export type { Plugin };
