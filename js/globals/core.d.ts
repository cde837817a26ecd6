// The globals that an app has under `runtime-wasm run`, in place of TypeScript's "dom". They are written by hand after the standards, with what
// is there and nothing else: names and members are compared with those of a running app (tests/types.rs).

// Globals: the global object itself, timers, and what has no other place.

declare var self: typeof globalThis;

/** A class whose objects only the runtime makes: `instanceof` takes it, `new` does not. */
type NotConstructible<Instance> = (abstract new () => Instance) & { readonly prototype: Instance };

/** Calls a function after `delay` milliseconds. Gives the number by which `clearTimeout` knows it. */
declare function setTimeout<Args extends any[]>(callback: (...args: Args) => unknown, delay?: number, ...args: Args): number;
/** Calls a function every `delay` milliseconds. Gives the number by which `clearInterval` knows it. */
declare function setInterval<Args extends any[]>(callback: (...args: Args) => unknown, delay?: number, ...args: Args): number;
declare function clearTimeout(id?: number): void;
declare function clearInterval(id?: number): void;
/** Calls a function once the code that runs now has returned, before any timer. */
declare function queueMicrotask(callback: () => unknown): void;

interface StructuredSerializeOptions {
  /** What is moved, and not copied. */
  transfer?: Transferable[];
}
type Transferable = ArrayBuffer | MessagePort | ReadableStream | WritableStream | TransformStream;
/** A deep copy. Throws a `DataCloneError` for what has none, such as a function. */
declare function structuredClone<Value = any>(value: Value, options?: StructuredSerializeOptions): Value;

/** As if it had been thrown and nobody had caught it: the event "error", and then the end of the app. */
declare function reportError(error: any): void;

/** From base64 to a string of which each character is a byte. */
declare function atob(data: string): string;
/** To base64, from a string of which each character is a byte. */
declare function btoa(data: string): string;

interface Navigator {
  /** How many processors the app may use. */
  readonly hardwareConcurrency: number;
  readonly userAgent: string;
}
declare var Navigator: NotConstructible<Navigator>;
declare var navigator: Navigator;

/** Bytes that nobody shares. */
type BufferSource = ArrayBuffer | ArrayBufferView<ArrayBuffer>;
/** Bytes that somebody may share. */
type AllowSharedBufferSource = ArrayBufferLike | ArrayBufferView;

interface DOMException extends Error {
  readonly name: string;
  readonly message: string;
  /** The old number of the name; 0 for most. */
  readonly code: number;
  readonly INDEX_SIZE_ERR: 1;
  readonly DOMSTRING_SIZE_ERR: 2;
  readonly HIERARCHY_REQUEST_ERR: 3;
  readonly WRONG_DOCUMENT_ERR: 4;
  readonly INVALID_CHARACTER_ERR: 5;
  readonly NO_DATA_ALLOWED_ERR: 6;
  readonly NO_MODIFICATION_ALLOWED_ERR: 7;
  readonly NOT_FOUND_ERR: 8;
  readonly NOT_SUPPORTED_ERR: 9;
  readonly INUSE_ATTRIBUTE_ERR: 10;
  readonly INVALID_STATE_ERR: 11;
  readonly SYNTAX_ERR: 12;
  readonly INVALID_MODIFICATION_ERR: 13;
  readonly NAMESPACE_ERR: 14;
  readonly INVALID_ACCESS_ERR: 15;
  readonly VALIDATION_ERR: 16;
  readonly TYPE_MISMATCH_ERR: 17;
  readonly SECURITY_ERR: 18;
  readonly NETWORK_ERR: 19;
  readonly ABORT_ERR: 20;
  readonly URL_MISMATCH_ERR: 21;
  readonly QUOTA_EXCEEDED_ERR: 22;
  readonly TIMEOUT_ERR: 23;
  readonly INVALID_NODE_TYPE_ERR: 24;
  readonly DATA_CLONE_ERR: 25;
}
declare var DOMException: {
  prototype: DOMException;
  new (message?: string, name?: string): DOMException;
} & Pick<DOMException, Extract<keyof DOMException, `${string}_ERR`>>;
