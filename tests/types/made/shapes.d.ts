// Made by `runtime-wasm types shapes.wasm`.

import type { WasmError } from "runtime:wasm";

/** The types of `wasi:clocks/wall-clock@0.2.0`, as it is imported. */
declare namespace WasiClocksWallClock {
  interface Datetime {
    seconds: bigint;
    nanoseconds: number;
  }
}

/** The types of `demo:plug/host@0.1.0`, as it is imported. */
declare namespace DemoPlugHost {
  type Level = DemoPlugTypes.Level;

  interface Bucket {
    get(key: string): Uint8Array | undefined | Promise<Uint8Array | undefined>;
    /** Called when the component has no more use for it. */
    [Symbol.dispose]?(): void;
    /** The same, where there is no `[Symbol.dispose]`. */
    [Symbol.asyncDispose]?(): PromiseLike<void>;
  }

  /** The class of `Bucket`, which the app gives. */
  interface BucketClass {
    new (name: string): DemoPlugHost.Bucket;
    shared(): DemoPlugHost.Bucket | Promise<DemoPlugHost.Bucket>;
  }

  interface Token {
  }

  /** The class of `Token`, which the app gives. */
  interface TokenClass {
    readonly prototype: Token;
  }
}

/** `demo:plug/host@0.1.0`, as it is imported. */
interface DemoPlugHost {
  log(l: DemoPlugHost.Level, msg: string): bigint | Promise<bigint>;
  /** What it throws is its error: `string`, or an `Error` with that as its `payload`. */
  fetch(url: string): Uint8Array | Promise<Uint8Array>;
  tick(): unknown;
  keep(b: DemoPlugHost.Bucket): DemoPlugHost.Token | Promise<DemoPlugHost.Token>;
  Bucket: DemoPlugHost.BucketClass;
  Token: DemoPlugHost.TokenClass;
}

/** The types of `demo:plug/types@0.1.0`, as it is imported. */
declare namespace DemoPlugTypes {
  type Level =
    | "low"
    | "very-high";

  interface Point {
    x: number;
    y: number;
    labelText?: string;
    maybe: { tag: "some"; val: number | undefined } | { tag: "none" };
    "constructor": boolean;
  }

  type Points = DemoPlugTypes.Point[];

  type Shape =
    | { tag: "circle"; val: number }
    | { tag: "rect"; val: [number, number] }
    | { tag: "unit" };

  interface Perms {
    canRead?: boolean;
    canWrite?: boolean;
  }

  type Outcome = { tag: "ok"; val: number } | { tag: "err"; val: DemoPlugTypes.Level };

  type Deep = { tag: "some"; val: string | undefined } | { tag: "none" } | undefined;

  interface Promise_2 {
    async: number;
  }
}

/** The types of `tools`, as it is exported. */
declare namespace Tools {
  type Datetime = WasiClocksWallClock.Datetime;

  /** A tool. */
  interface Tool {
    /**
     * @ts-expect-error
     */
    name: string;
    weight?: number;
  }

  /** A kind. */
  type Kind =
    /** One. */
    | { tag: "one"; val: Tools.Tool }
    /**
     * The rest,
     * all of it.
     */
    | { tag: "rest" };
}

/** `tools`, as it is exported. */
interface Tools {
  /**
   * How it is done.
   *
   * Or not: `*\/`.
   *
   * Rejects with a {@link WasmError} whose `payload` is `string`.
   */
  use(t: Tools.Tool, when: Tools.Datetime): Promise<Tools.Kind>;
}

/** The types of `demo:plug/api@0.1.0`, as it is exported. */
declare namespace DemoPlugApi {
  type Point = DemoPlugTypes.Point;

  type Points = DemoPlugTypes.Points;

  type Shape = DemoPlugTypes.Shape;

  type Level = DemoPlugTypes.Level;

  type Perms = DemoPlugTypes.Perms;

  type Outcome = DemoPlugTypes.Outcome;

  type Deep = DemoPlugTypes.Deep;

  type Promise_2 = DemoPlugTypes.Promise_2;

  class Blob {
    #private;
    constructor(init: Uint8Array);
    /** Rejects with a {@link WasmError} whose `payload` is `string`. */
    read(offset: bigint): Promise<Uint8Array>;
    ["constructor"](): Promise<number>;
    static merge(a: DemoPlugApi.Blob, b: DemoPlugApi.Blob): Promise<DemoPlugApi.Blob>;
    [Symbol.dispose](): void;
    [Symbol.asyncDispose](): Promise<void>;
  }

  class Cursor {
    #private;
    private constructor();
    next(): Promise<DemoPlugApi.Point | undefined>;
    [Symbol.dispose](): void;
    [Symbol.asyncDispose](): Promise<void>;
  }
}

/** `demo:plug/api@0.1.0`, as it is exported. */
interface DemoPlugApi {
  add(a: number, b: number): Promise<number>;
  /** Rejects with a {@link WasmError} whose `payload` is `string`. */
  area(s: DemoPlugApi.Shape): Promise<number>;
  /** Rejects with a {@link WasmError} where it fails. */
  check(default_: DemoPlugApi.Level): Promise<void>;
  keep(a: DemoPlugApi.Points, b: DemoPlugApi.Deep, c: DemoPlugApi.Promise_2): Promise<DemoPlugApi.Points[]>;
  mirror(p: DemoPlugApi.Point[], l: DemoPlugApi.Level, f: DemoPlugApi.Perms): Promise<[DemoPlugApi.Point[], DemoPlugApi.Level, DemoPlugApi.Perms]>;
  numbers(a: Uint8Array, b: Int8Array, c: Uint16Array, d: Int16Array, e: Uint32Array, f: Int32Array, g: BigUint64Array, h: BigInt64Array, i: Float32Array, j: Float64Array): Promise<Uint8Array>;
  /** Rejects with a {@link WasmError} whose `payload` is `DemoPlugTypes.Level`. */
  others(a: boolean, b: string, c: string, d: bigint, e: bigint, f: boolean[], g: (string | undefined)[], h: ({ tag: "ok"; val?: undefined } | { tag: "err"; val: number })[], i?: DemoPlugApi.Outcome | undefined): Promise<number>;
  spin(): Promise<void>;
  open(b: DemoPlugApi.Blob): Promise<DemoPlugApi.Cursor>;
  Blob: typeof DemoPlugApi.Blob;
  Cursor: typeof DemoPlugApi.Cursor;
}

declare namespace Shapes {
  /** What `instantiate` has to be given. WASI is there by itself. */
  interface Imports {
    "demo:plug/host@0.1.0": DemoPlugHost;
    now(): bigint | Promise<bigint>;
  }

  /** The same, by names without versions. */
  interface ImportsWithoutVersions {
    "demo:plug/host": DemoPlugHost;
    now(): bigint | Promise<bigint>;
  }

  /** What `instance.exports` has. */
  interface Exports {
    "demo:plug/api@0.1.0": DemoPlugApi;
    tools: Tools;
    "demo:plug/api": DemoPlugApi;
    /** Says hello. *\/ export {}; /* */
    helloWorld(name: string, at: BigUint64Array): Promise<string>;
    started(): Promise<bigint | undefined>;
  }

  /** What `instance.call` calls: each resolves to the array of its results. */
  interface Calls {
    "demo:plug/api@0.1.0#add"(a: number, b: number): Promise<[number]>;
    "demo:plug/api@0.1.0#area"(s: DemoPlugApi.Shape): Promise<[number]>;
    "demo:plug/api@0.1.0#check"(default_: DemoPlugApi.Level): Promise<[undefined?]>;
    "demo:plug/api@0.1.0#keep"(a: DemoPlugApi.Points, b: DemoPlugApi.Deep, c: DemoPlugApi.Promise_2): Promise<[DemoPlugApi.Points[]]>;
    "demo:plug/api@0.1.0#mirror"(p: DemoPlugApi.Point[], l: DemoPlugApi.Level, f: DemoPlugApi.Perms): Promise<[[DemoPlugApi.Point[], DemoPlugApi.Level, DemoPlugApi.Perms]]>;
    "demo:plug/api@0.1.0#numbers"(a: Uint8Array, b: Int8Array, c: Uint16Array, d: Int16Array, e: Uint32Array, f: Int32Array, g: BigUint64Array, h: BigInt64Array, i: Float32Array, j: Float64Array): Promise<[Uint8Array]>;
    "demo:plug/api@0.1.0#others"(a: boolean, b: string, c: string, d: bigint, e: bigint, f: boolean[], g: (string | undefined)[], h: ({ tag: "ok"; val?: undefined } | { tag: "err"; val: number })[], i?: DemoPlugApi.Outcome | undefined): Promise<[number]>;
    "demo:plug/api@0.1.0#spin"(): Promise<[]>;
    "demo:plug/api@0.1.0#open"(b: DemoPlugApi.Blob): Promise<[DemoPlugApi.Cursor]>;
    "demo:plug/api#add"(a: number, b: number): Promise<[number]>;
    "demo:plug/api#area"(s: DemoPlugApi.Shape): Promise<[number]>;
    "demo:plug/api#check"(default_: DemoPlugApi.Level): Promise<[undefined?]>;
    "demo:plug/api#keep"(a: DemoPlugApi.Points, b: DemoPlugApi.Deep, c: DemoPlugApi.Promise_2): Promise<[DemoPlugApi.Points[]]>;
    "demo:plug/api#mirror"(p: DemoPlugApi.Point[], l: DemoPlugApi.Level, f: DemoPlugApi.Perms): Promise<[[DemoPlugApi.Point[], DemoPlugApi.Level, DemoPlugApi.Perms]]>;
    "demo:plug/api#numbers"(a: Uint8Array, b: Int8Array, c: Uint16Array, d: Int16Array, e: Uint32Array, f: Int32Array, g: BigUint64Array, h: BigInt64Array, i: Float32Array, j: Float64Array): Promise<[Uint8Array]>;
    "demo:plug/api#others"(a: boolean, b: string, c: string, d: bigint, e: bigint, f: boolean[], g: (string | undefined)[], h: ({ tag: "ok"; val?: undefined } | { tag: "err"; val: number })[], i?: DemoPlugApi.Outcome | undefined): Promise<[number]>;
    "demo:plug/api#spin"(): Promise<[]>;
    "demo:plug/api#open"(b: DemoPlugApi.Blob): Promise<[DemoPlugApi.Cursor]>;
    "tools#use"(t: Tools.Tool, when: Tools.Datetime): Promise<[Tools.Kind]>;
    "hello-world"(name: string, at: BigUint64Array): Promise<[string]>;
    "started"(): Promise<[bigint | undefined]>;
  }
}

/** For `instantiate<Shapes>(module, options)`. */
interface Shapes {
  exports: Shapes.Exports;
  imports: Shapes.Imports | Shapes.ImportsWithoutVersions;
  calls: Shapes.Calls;
}

export type { WasiClocksWallClock, DemoPlugHost, DemoPlugTypes, Tools, DemoPlugApi, Shapes };
