// The types of "runtime:wasm" and "runtime:app", for editors and for `tsc`. What each function promises is in docs/semantics.md.
// `runtime-wasm types` prints them with those of the globals, js/globals, or without for a program that has globals of its own.

/// <reference lib="esnext.disposable" />

interface ImportMeta {
  /** Is it the script that `runtime-wasm run` was given? */
  main: boolean;
  /** The module's own URL. */
  url: string;
  /** Its path and its folder, of a module that is a file. */
  filename: string;
  dirname: string;
  /** The URL that `import` would take for this specifier. */
  resolve(specifier: string): string;
}

declare module "runtime:wasm" {
  /** Names a module. No other number does. */
  export type ModuleId = number & { readonly "runtime:wasm": "module" };

  /** Names an instance; never used twice. No other number does. */
  export type InstanceId = number & { readonly "runtime:wasm": "instance" };

  /** Bytes of the app's own, which nobody shares: `Uint8Array<ArrayBuffer>`, or `Uint8Array` before TypeScript 5.7. */
  export type Bytes = ReturnType<Uint8ArrayConstructor["of"]>;

  /** Compiles a module from bytes; resolves to its id. Rejects with 5000 for what is no valid module, or too large. A signal ends it, and its reason is the error. */
  export function compile(bytes: BufferSource, options?: { signal?: AbortSignal }): Promise<ModuleId>;

  /**
   * Compiles a module from a file that the manifest's `load` grants; resolves to its id. With `sha256`, 64 hexadecimal digits, a file
   * of other content is 5009. A signal ends it, and its reason is the error.
   */
  export function compileFile(path: string, options?: { sha256?: string; signal?: AbortSignal }): Promise<ModuleId>;

  /** Forgets a module. Instances of it live on. A second time is 5004. */
  export function dropModule(module: ModuleId): Promise<void>;

  /** What a module imports, exports and needs, known before it runs. */
  export function inspect(module: ModuleId): Promise<ModuleInfo>;

  /**
   * Makes an instance of a module, on a thread of its own, with what the options give it and nothing else. `Api` is what
   * `runtime-wasm types FILE.wasm` writes: an instance of such a type knows what it exports.
   */
  export function instantiate<Api extends WasmApi = never>(
    module: ModuleId,
    ...options: {} extends ImportsOption<Api> ? [options?: InstantiateOptionsOf<Api>] : [options: InstantiateOptionsOf<Api>]
  ): Promise<WasmInstance<Api>>;
  export function instantiate(module: ModuleId, options?: InstantiateOptions): Promise<WasmInstance>;

  /** How every instance is doing, by id. */
  export function instances(): Promise<InstanceStats[]>;

  /** Calls an export of an instance by its numeric id. */
  export function call<Results extends unknown[] = unknown[]>(
    instance: InstanceId,
    name: string,
    args?: readonly unknown[],
  ): Promise<Results>;

  /** Lists the exports of an instance by its numeric id. */
  export function getExports(instance: InstanceId): Promise<Export[]>;

  /** The memory of an instance by its numeric id: the same as `instance.memory`. */
  export const memory: {
    /** Copies `length` bytes from `offset` on. */
    read(instance: InstanceId, offset: number, length: number): Promise<Bytes>;
    /** Copies bytes to `offset`. */
    write(instance: InstanceId, offset: number, bytes: BufferSource): Promise<void>;
    /** The size in pages of 64 KiB. */
    size(instance: InstanceId): Promise<number>;
    /** Grows by `pages`; resolves to the size before. */
    grow(instance: InstanceId, pages: number): Promise<number>;
  };

  /** Values with a type of their own, which must be the one that the signature has in that place. */
  export const types: {
    i32(value: number): TypedValue<"i32", number>;
    i64(value: bigint | number): TypedValue<"i64", bigint | number>;
    f32(value: number): TypedValue<"f32", number>;
    f64(value: number): TypedValue<"f64", number>;
    v128(value: Uint8Array): TypedValue<"v128", Uint8Array>;
    externref<Value>(value: Value): TypedValue<"externref", Value>;
    funcref(value: GuestFunction | null): TypedValue<"funcref", GuestFunction | null>;
  };

  /** See `types`. */
  export interface TypedValue<Type extends ValueType = ValueType, Value = unknown> {
    readonly type: Type;
    readonly value: Value;
  }

  /** A type of WebAssembly's. An argument of type i64 is a bigint or a safe integer, a result always a bigint. */
  export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128" | "externref" | "funcref" | "ref";

  /** A function that a guest has let out as a funcref: a bare result, an array of several, undefined for none. */
  export type GuestFunction = (...args: any[]) => Promise<any>;

  /** The options of `instantiate`. */
  export interface InstantiateOptions {
    /** Shown in errors, statistics, thread names and the log. */
    name?: string;
    /** The guest's whole argv; without it one element, the instance's name. */
    args?: readonly string[];
    /** The guest's environment; it sees no other variables. */
    env?: Readonly<Record<string, string>>;
    /** Guest paths to host folders that the manifest grants. */
    preopens?: Readonly<Record<string, string | { path: string; access?: "read" | "readwrite" }>>;
    /** The same as `stdin: "inherit"`. */
    inheritStdin?: boolean;
    /** The same as `stdout: "inherit"`. */
    inheritStdout?: boolean;
    /** The same as `stderr: "inherit"`. */
    inheritStderr?: boolean;
    /** What the guest reads: "null" (the default), "inherit", "piped", any other string as text, bytes, or a stream. */
    stdin?: Stdin;
    /** Where its output goes; "null" when left out. */
    stdout?: Stdout;
    /** Where its errors go; "null" when left out. */
    stderr?: Stdout;
    /**
     * What the guest imports, by module and name. Read as the WebAssembly JS API reads it, so an object of a class, or one that
     * inherits, does as well; what the module does not want is not looked at.
     */
    imports?: Imports | object;
    /** Never wider than the manifest's. */
    limits?: Limits;
    /** Gives an instance that has died a fresh store under the same id. */
    restart?: RestartPolicy;
    /** Aborting it ends the instance. */
    signal?: AbortSignal;
  }

  /** The types of one module or component, which `runtime-wasm types FILE.wasm` writes. */
  export interface WasmApi {
    /** What `instance.exports` has. */
    exports: object;
    /** What `instantiate` has to be given. Nothing, if there is none. */
    imports?: object;
    /** What `instance.call` calls: functions by their exact names, which resolve to arrays of results. */
    calls?: object;
  }

  /** What is known of a module without such types: nothing. */
  export interface AnyApi extends WasmApi {
    exports: Readonly<Record<string, (...args: any[]) => Promise<any>>>;
  }

  /** The options of `instantiate`, with the imports that `Api` wants. */
  export type InstantiateOptionsOf<Api extends WasmApi> = Omit<InstantiateOptions, "imports"> & ImportsOption<Api>;

  /** The option `imports`, which may be left out if all that is in it may. */
  export type ImportsOption<Api extends WasmApi> = Api extends { imports: infer Wanted }
    ? {} extends Wanted
      ? { imports?: Wanted }
      : { imports: Wanted }
    : Pick<InstantiateOptions, "imports">;

  /** The functions that `call` knows by name; none if `Api` does not tell. */
  export type CallsOf<Api extends WasmApi> = Api extends { calls: infer Calls extends object } ? Calls : {};

  /** The names that `call` takes beside them: any, or none if `Api` tells all. */
  export type UntypedName<Api extends WasmApi> = Api extends { calls: object } ? never : string;

  /** What `call` takes and gives for a function of this name. */
  export type CallArguments<Call> = Call extends (...args: infer Args) => unknown ? Args : never;
  export type CallResults<Call> = Call extends (...args: never[]) => Promise<infer Results> ? Results : never;

  /** What a guest imports. */
  export interface Imports {
    readonly [module: string]: { readonly [name: string]: ImportValue };
  }

  /**
   * A function for a function; for a global a value of its type (a number, a bigint, 16 bytes for v128, null for funcref, anything for
   * externref), which `types` may name; for a memory or a table the wish for one.
   */
  export type ImportValue = HostFunction | TypedValue | FreshMemory | FreshTable | {} | null | undefined;

  /** A memory of the instance's own, as the import declares it. Memories are not shared. */
  export interface FreshMemory {
    readonly kind: "memory";
  }

  /** A table of the instance's own, as the import declares it. Tables are not shared. */
  export interface FreshTable {
    readonly kind: "table";
  }

  export type Stdin = "null" | "inherit" | "piped" | string | BufferSource | ReadableStream<Uint8Array | string>;
  export type Stdout = "null" | "inherit" | "piped";

  /** Bounds on one instance. */
  export interface Limits {
    /** About one unit an instruction, for the instance's whole life. */
    fuel?: number | bigint;
    /** Wall time that one request may take. */
    timeoutMs?: number;
    /** Processor time that one request may use: what waits or has to share the processor uses none. */
    cpuMs?: number;
    /** All memories of the instance together. */
    memoryBytes?: number;
    /** All tables of the instance together. */
    tableElements?: number;
    /** How many requests may wait. */
    mailbox?: number;
  }

  /** When to restart an instance that has died. */
  export interface RestartPolicy {
    /** After which deaths; all three when left out. A limit of processor time is a timeout, too. */
    on?: readonly ("trap" | "timeout" | "fuel")[];
    /** How many restarts there may be, 1 to 1000; 5 when left out... */
    max?: number;
    /** ...within this time; 60,000 when left out. One more ends the instance for good. */
    withinMs?: number;
    /** The pause before each; 100 when left out. */
    backoffMs?: number;
  }

  /**
   * A function for a guest to import. It may be async: the guest waits on its own thread. One result is the bare value, several
   * are an array; what it throws is the `cause` of the call's error.
   */
  export type HostFunction = (this: HostCall, ...args: any[]) => unknown;

  /** What a host function finds as `this`. */
  export interface HostCall {
    /** The memory of the guest that waits. */
    readonly memory: Memory;
    /** The instance; undefined while its start function runs, and once the app has lost sight of it. */
    readonly instance: WasmInstance | undefined;
    /** Aborts when the guest is stopped while it waits. */
    readonly signal: AbortSignal;
    /** A table of the guest that waits. */
    table(name: string): Table;
    /** Calls an export of the guest that waits. (`instance.call` waits its turn: a handler that awaits it gets 5002.) */
    call<Results extends unknown[] = unknown[]>(name: string, ...args: unknown[]): Promise<Results>;
  }

  /** A guest's memory. Reads and writes copy: a buffer of more than 256 KiB while the promise is pending. */
  export interface Memory {
    /** Copies `length` bytes from `offset` on. */
    read(offset: number, length: number): Promise<Bytes>;
    /** Copies bytes to `offset`. */
    write(offset: number, bytes: BufferSource): Promise<void>;
    /** The size in pages of 64 KiB. */
    size(): Promise<number>;
    /** Grows by `pages`; resolves to the size before. */
    grow(pages: number): Promise<number>;
  }

  /** A guest's table. A function in it is a `GuestFunction`, or null; what an externref holds is the very value. */
  export interface Table {
    /** The element there. Out of bounds is 5006. */
    get(index: number): Promise<any>;
    /** Puts an element there: without a value undefined, or null in a table of functions. */
    set(index: number, value?: unknown): Promise<void>;
    /** Grows by `delta` elements, each of them `init`; resolves to the size before. */
    grow(delta: number, init?: unknown): Promise<number>;
    /** How many elements there are. */
    size(): Promise<number>;
  }

  /** An instance: a thread of its own, reached by messages. It lives until it is dropped, or the app has lost sight of it. */
  export interface WasmInstance<Api extends WasmApi = AnyApi> extends AsyncDisposable {
    /** Names it in the low-level functions; never used twice. */
    readonly id: InstanceId;
    readonly moduleId: ModuleId;
    readonly name: string;
    /** The exported memory `memory`, or else the first that is exported, or else the first that is imported. */
    readonly memory: Memory;
    /** The exported globals. */
    readonly globals: {
      get(name: string): Promise<unknown>;
      set(name: string, value: unknown): Promise<void>;
    };
    /** The exported table of this name, or else the one of the instance's own that is imported under it. */
    table(name: string): Table;
    /** The exported functions: a bare result, an array of several, undefined for none. `then` and `toJSON` are always undefined. */
    readonly exports: Api["exports"];
    /** What the guest reads, where stdin is "piped". Takes strings too. */
    readonly stdin: WritableStream<Uint8Array | string> | null;
    /** What the guest writes, where stdout is "piped". */
    readonly stdout: ReadableStream<Bytes> | null;
    /** The same for stderr. */
    readonly stderr: ReadableStream<Bytes> | null;
    /** Resolves once the instance has ended and its thread is gone. Never rejects, and keeps no app alive by itself. */
    readonly closed: Promise<Closed>;

    /** Calls an export; resolves to an array of results. */
    call<Name extends keyof CallsOf<Api>>(
      name: Name,
      ...args: CallArguments<CallsOf<Api>[Name]>
    ): Promise<CallResults<CallsOf<Api>[Name]>>;
    call<Results extends unknown[] = unknown[]>(name: UntypedName<Api>, ...args: unknown[]): Promise<Results>;
    /** Calls an export within bounds of its own: reaching that of time ends the instance, that of fuel the call. */
    callWith<Name extends keyof CallsOf<Api>>(
      options: CallOptions,
      name: Name,
      ...args: CallArguments<CallsOf<Api>[Name]>
    ): Promise<CallResults<CallsOf<Api>[Name]>>;
    callWith<Results extends unknown[] = unknown[]>(
      options: CallOptions,
      name: UntypedName<Api>,
      ...args: unknown[]
    ): Promise<Results>;
    /** Calls exports in turn, as one request, up to the first that fails: its error has `index`, and the `results` before it. */
    callBatch(calls: readonly (readonly [name: string, ...args: unknown[]])[]): Promise<unknown[][]>;
    /**
     * Calls an export with bytes; resolves to the bytes that it gives. The guest exports `alloc` and `release` besides, as docs/plugins.md
     * says. One request, and one limit for all of it; at most 64 MiB each way. What is wrong with the result's place is 5006.
     */
    callBytes(name: string, bytes: BufferSource, options?: CallOptions): Promise<Bytes>;
    /** The same with text in UTF-8; what is no UTF-8 is 5007. */
    callText(name: string, text: string, options?: CallOptions): Promise<string>;
    /** Runs a WASI command: calls `_start`, and resolves to its exit code whatever it is. */
    run(): Promise<{ exitCode: number }>;
    /** Lists the exports, functions with their signatures. */
    getExports(): Promise<Export[]>;
    /** How it is doing; answered at once, whatever the guest is doing. */
    stats(): Promise<InstanceStats>;
    /** Adds fuel to an instance that has a limit; resolves to what it has then. */
    addFuel(amount: number | bigint): Promise<bigint>;
    /** Ends the instance at once, whatever its guest is doing; resolves when its thread is gone, also where it has ended before. */
    terminate(reason?: string): Promise<void>;
    /**
     * Gives back the handle, ending what the instance is doing; resolves when its thread is gone, also where it has ended before. Once: a
     * second time is 5005.
     */
    drop(): Promise<void>;
    /** The same for `await using`; resolves also after `drop()`. */
    [Symbol.asyncDispose](): Promise<void>;
  }

  /** The options of `callWith`. */
  export interface CallOptions {
    /** Aborting it ends the instance; the call rejects with the signal's reason. */
    signal?: AbortSignal;
    timeoutMs?: number;
    cpuMs?: number;
    fuel?: number | bigint;
  }

  /** Why an instance has ended; "timeout" by a limit of time or of processor time. "trap", "fuel" and "start" only after too many restarts; "failed": the host could not keep its limits. */
  export interface Closed {
    readonly reason: "dropped" | "terminated" | "timeout" | "aborted" | "panicked" | "failed" | "trap" | "fuel" | "start";
    readonly message?: string;
  }

  /** An export of an instance. */
  export type Export =
    | { name: string; kind: "function"; params: ValueType[]; results: ValueType[] }
    | { name: string; kind: "memory" | "table" | "global" | "tag" };

  /** How an instance is doing. */
  export interface InstanceStats {
    id: InstanceId;
    name: string;
    /** The id of its module. */
    module: ModuleId;
    state: "starting" | "idle" | "running" | "waiting" | "restarting" | "stopping";
    /** Requests that wait to be read. */
    mailboxDepth: number;
    /** Exports and funcrefs called so far. */
    calls: number;
    /** Calls that the guest made of its imports. */
    hostCalls: number;
    /** Requests of any kind that failed, also those that a stop ended, or a limit. */
    failed: number;
    /** The last of these; its message without the code. */
    lastError: { code: number; name: string; message: string; atMs: number } | null;
    /** Processor time of its thread. */
    cpuMs: number;
    /** As of its last call of an import, or else of its last request that has ended; null without metering. */
    fuelUsed: bigint | null;
    memoryBytes: number;
    /** How often it was restarted. */
    restartCount: number;
    /** The latest restarts, oldest first: 16 at most. */
    restarts: { reason: "trap" | "timeout" | "fuel" | "start"; message: string; atMs: number }[];
  }

  /** What a module declares. */
  export interface ModuleInfo {
    id: ModuleId;
    name?: string;
    bytes: number;
    sha256: string;
    imports: ({ module: string; name: string } & ItemType)[];
    exports: ({ name: string } & ItemType)[];
    /** How many functions it defines itself. */
    functions: number;
    /** Imported ones first, as in the next two. */
    memories: MemoryType[];
    tables: TableType[];
    globals: GlobalType[];
    /** Does a start function run when it is instantiated? */
    start: boolean;
    customSections: { name: string; bytes: number }[];
    /** By `language`, `processed-by` and `sdk`. */
    producers: Record<string, { name: string; version: string }[]>;
    needs: {
      wasi: { versions: string[]; functions: string[] } | null;
      /** All other imports. */
      host: ({ module: string; name: string } & ItemType)[];
    };
  }

  /** The type of an import or an export of a module. */
  export type ItemType =
    | { kind: "function"; params: ValueType[]; results: ValueType[] }
    | ({ kind: "memory" } & MemoryType)
    | ({ kind: "table" } & TableType)
    | ({ kind: "global" } & GlobalType)
    | { kind: "tag"; params: ValueType[]; results: ValueType[] };

  /** In pages of `pageSize` bytes. */
  export interface MemoryType {
    minimum: number;
    maximum?: number;
    pageSize: number;
    memory64: boolean;
    shared: boolean;
  }

  export interface TableType {
    element: ValueType;
    minimum: number;
    maximum?: number;
  }

  export interface GlobalType {
    type: ValueType;
    mutable: boolean;
  }

  /** What every function of this module rejects with; an aborted signal's own reason aside. */
  export class WasmError extends Error {
    constructor(code: number, message: string, options?: ErrorOptions);
    /** One of `WasmErrorCode`. */
    readonly code: number;
    /** Which limit was reached, where the code is 5011. */
    readonly limit?: "time" | "cpu" | "fuel";
    /** What kind of trap ended the call, as in "unreachable". */
    readonly trap?: string;
    /**
     * The guest's functions, innermost first, with file and line where the module tells: where it trapped or, where that can be had, where
     * it was when its time was over.
     */
    readonly guestStack?: string[];
    /** The error that a component's function has returned. */
    readonly payload?: unknown;
    /** The code with which the guest exited: all 32 bits of it, with a sign. It is 0 only where a start function exits. */
    readonly exitCode?: number;
    /** The export that was called, with its first 16 arguments. */
    readonly call?: { name: string; args: unknown[] };
    /** The imported function that failed. */
    readonly import?: { module: string; name: string };
    /** Which instance has ended: for 5005, and for the call during which it was ended, be that 5002 or 5011... */
    readonly instance?: { id: InstanceId; name: string };
    /** ...and how: as `closed` says it, with the time as in `Date.now()`. Of those that ended long ago neither is known. */
    readonly ended?: Closed & { readonly atMs: number };
    /** Which call of a batch failed... */
    readonly index?: number;
    /** ...and what those before it gave. */
    readonly results?: unknown[][];
  }

  /** The codes of errors, by name. */
  export const WasmErrorCode: {
    readonly CompileError: 5000;
    readonly InstantiateError: 5001;
    readonly CallError: 5002;
    readonly ExportNotFound: 5003;
    readonly InvalidModuleHandle: 5004;
    readonly InvalidInstanceHandle: 5005;
    readonly MemoryError: 5006;
    readonly TypeError: 5007;
    readonly IoError: 5008;
    readonly PermissionDenied: 5009;
    readonly WasiError: 5010;
    readonly FuelExhausted: 5011;
  };
}

declare module "runtime:app" {
  /** The strings after the script on the command line. */
  export const args: readonly string[];
  /** Ends the app with this code, 0 to 255; the guests are stopped first. */
  export function exit(code?: number): never;
  /** The working directory. Paths below do not start from it, but from the manifest's folder. */
  export function cwd(): string;

  /** The environment, as far as `[capabilities.env] allow` grants it. */
  export const env: {
    /** Undefined where there is no such variable. Throws `PermissionDenied` (5009) where it is not granted. */
    get(name: string): string | undefined;
    /** All that are granted and there. */
    toObject(): Record<string, string>;
  };

  /**
   * A path from the manifest's folder, `~/` from the home folder, an absolute one, or a `file:` URL. What `[capabilities.fs]` does not grant
   * rejects with an error of the name `PermissionDenied` and the `code` 5009, what fails with `IoError` and 5008; `reason` then is the
   * system's name of the error, such as "ENOENT".
   */
  export type Path = string | URL;
  /** A text is written as UTF-8. */
  export type Data = string | ArrayBufferLike | ArrayBufferView;

  /** A regular file, whole. Needs `read`. One that is larger than `maxBytes`, or than 2 GiB, is refused with the reason "EFBIG". */
  export function readFile(path: Path, options?: { maxBytes?: number }): Promise<Uint8Array<ArrayBuffer>>;
  /** The same as a text, of up to 512 MiB. What is no UTF-8 becomes U+FFFD. */
  export function readTextFile(path: Path, options?: { maxBytes?: number }): Promise<string>;
  /** The same piece by piece, of any size. The file is open when the promise resolves. */
  export function readFileStream(path: Path): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;

  export interface WriteOptions {
    /** After what is there, instead of in its place. */
    append?: boolean;
    /** Make the file where there is none: true unless it says false. */
    create?: boolean;
    /** Make the file, and fail with "EEXIST" where there is something. */
    createNew?: boolean;
    /** The permissions of a file that is made, 0o666 less the umask without this. */
    mode?: number;
  }
  /** Writes a regular file: data at once, or a stream or an iterable of pieces one after another. Needs `write`. */
  export function writeFile(
    path: Path,
    data: Data | ReadableStream<Data> | AsyncIterable<Data> | Iterable<Data>,
    options?: WriteOptions,
  ): Promise<void>;
  /** A stream into a file, which is open when the promise resolves. */
  export function writeFileStream(path: Path, options?: WriteOptions): Promise<WritableStream<Data>>;

  export interface DirEntry {
    name: string;
    isFile: boolean;
    isDirectory: boolean;
    isSymlink: boolean;
  }
  /** The names in a folder, sorted; up to 1,048,576 of them, and 64 MiB. Needs `read`. */
  export function readDir(path: Path): Promise<DirEntry[]>;

  /** Times in milliseconds since 1970; null where the file system knows none. */
  export interface Stat {
    isFile: boolean;
    isDirectory: boolean;
    isSymlink: boolean;
    /** In bytes. */
    size: number;
    /** The permissions and the type, as the system has them. */
    mode: number;
    modifiedMs: number | null;
    accessedMs: number | null;
    createdMs: number | null;
  }
  /** What is known of a file, a folder or anything else. Needs `read`. */
  export function stat(path: Path): Promise<Stat>;
  /** The same of a symlink itself. */
  export function lstat(path: Path): Promise<Stat>;

  /** Makes a folder; `recursive` also those above it, and is content if it is there. Needs `write`. */
  export function mkdir(path: Path, options?: { recursive?: boolean; mode?: number }): Promise<void>;
  /** Removes a file, a symlink or an empty folder; `recursive` also a folder with all that is in it. Needs `write`. */
  export function remove(path: Path, options?: { recursive?: boolean }): Promise<void>;
  /** Renames a file, a symlink or a folder, in place of a file that has the new name. Needs `write` for both. */
  export function rename(from: Path, to: Path): Promise<void>;

  export interface Change {
    /**
     * Something has come, by whichever way; its content or what is known of it has changed; somebody who had it open to write has closed it; it
     * is gone; or so much has changed that the system has lost count: look at the whole `path` again.
     */
    kind: "create" | "modify" | "close" | "remove" | "overflow";
    /** What was given to `watch`, and the name in that folder. */
    path: string;
  }
  /** Changes, until it is closed or nothing is there any more that is watched. Leaving a `for await` loop closes it. */
  export interface Watcher extends AsyncIterableIterator<Change> {
    close(): void;
    [Symbol.dispose](): void;
  }
  /**
   * Watches files, which need not exist yet, and the names in folders, not those in folders below. Whatever changes once the promise has
   * resolved is told. Needs `read`.
   */
  export function watch(paths: Path | Path[]): Promise<Watcher>;

  /** The standard input. A guest that inherits it takes from the same. */
  export const stdin: {
    readonly isTerminal: boolean;
    /** One stream for all who ask. Nothing is read before somebody reads it. */
    readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  };
  export interface Output {
    readonly isTerminal: boolean;
    /** Writes, after what earlier calls write. Resolves once it is written, and rejects with the reason "EPIPE" once nobody reads it. */
    write(data: Data): Promise<void>;
    /** The same as a stream: one for all who ask. */
    readonly writable: WritableStream<Data>;
  }
  export const stdout: Output;
  export const stderr: Output;
  /** In characters, of the terminal that one of the three streams is; null where none is. */
  export function terminalSize(): { columns: number; rows: number } | null;

  export interface SignalEvent {
    readonly signal: string;
    /** The app goes on. */
    preventDefault(): void;
  }
  /**
   * Calls the listener when the signal comes. SIGINT and SIGTERM end the app, and its guests, once all listeners have returned, or what they
   * return has settled; after 5 seconds in any case, and at once when another of the two comes. Listening does not keep an app alive. Gives
   * the function that stops it.
   */
  export function onSignal(
    signal: "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGUSR1" | "SIGUSR2" | "SIGWINCH" | "SIGCONT",
    listener: (event: SignalEvent) => unknown,
  ): () => void;
}
