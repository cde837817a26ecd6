/** What a host of its own is made of; see {@link createHost}. */
export interface HostOptions {
  /** A file, or what it would say, with the same keys: `{ capabilities: { wasm: { load: ["./plugins/*.wasm"] } } }`. Without one nothing is granted. */
  manifest?: string | URL | Manifest;
  /** What relative paths in a manifest that is an object start from; the folder of the app's package.json if it is not given. */
  baseDir?: string;
  /** Where compiled code is kept: a folder, or `false` for nowhere. Else what the command line would take: `RUNTIME_WASM_CACHE`, the manifest's `cache`, or the user's folder for caches. `cache = false` in the manifest turns it off in any case. */
  cache?: string | false;
  /** Each trap of a guest leaves a WebAssembly core dump in this folder. */
  coreDumps?: string;
  /** How guests that run on are stopped, whatever the manifest says. */
  interruption?: "epoch" | "protection";
}

/** The functions of this package, on top of one manifest. */
export interface Host {
  readonly call: typeof call;
  /**
   * Ends the host: its guests at once, and its threads and descriptors once what has been asked of it is answered. Its functions throw from then on. A host
   * that is not closed lives as long as the process, or the worker that made it.
   */
  close(): Promise<void>;
  readonly compile: typeof compile;
  readonly compileFile: typeof compileFile;
  readonly dropModule: typeof dropModule;
  readonly getExports: typeof getExports;
  readonly inspect: typeof inspect;
  readonly instances: typeof instances;
  readonly instantiate: typeof instantiate;
  readonly memory: typeof memory;
  readonly types: typeof types;
  readonly WasmError: typeof WasmError;
  readonly WasmErrorCode: typeof WasmErrorCode;
  /** As `close()`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A host with what a manifest grants, and with instances, modules and ids of its own. The functions of the package itself are those of a host for
 * `manifest.app.toml` beside the app's package.json, or above it. Throws 5007 for what is no manifest.
 */
export function createHost(options?: HostOptions): Host;
