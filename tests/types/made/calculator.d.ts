// Made by `runtime-wasm types calculator.wasm`.

import type { FreshMemory, FreshTable, GuestFunction, HostCall, TypedValue } from "runtime:wasm";

declare namespace Calculator {
  /** What `instance.exports` has. */
  type Exports = {
    add(a: number, b: number): Promise<number>;
    wide(a: bigint | number): Promise<bigint>;
    mix(a: number, b: number, c: Uint8Array, d: unknown, e: GuestFunction | null): Promise<[number, bigint]>;
    get(): Promise<GuestFunction | null>;
    "constructor"(): Promise<void>;
    __proto__(): Promise<void>;
    "new"(): Promise<void>;
    "a\nb\u2028*/ \"c\""(a: unknown): Promise<any>;
  };

  /** What `instantiate` has to be given. WASI is there by itself. */
  interface Imports {
    env: {
      log(this: HostCall, a: number, b: bigint): unknown;
      pick(this: HostCall, a: any): bigint | number | Promise<bigint | number>;
      pair(this: HostCall): readonly [number, number] | Promise<readonly [number, number]>;
      limit: number | TypedValue<"i32", number>;
      memory: FreshMemory;
      table: FreshTable;
    };
    "an odd \"module\"": {
      "*/ not: `a name`"(this: HostCall, a: Uint8Array): unknown;
    };
  }

  /** What `instance.call` calls: each resolves to the array of its results. */
  interface Calls {
    add(a: number, b: number): Promise<[number]>;
    wide(a: bigint | number): Promise<[bigint]>;
    mix(a: number, b: number, c: Uint8Array, d: unknown, e: GuestFunction | null): Promise<[number, bigint]>;
    get(): Promise<[GuestFunction | null]>;
    "constructor"(): Promise<[]>;
    __proto__(): Promise<[]>;
    then(): Promise<[]>;
    "new"(): Promise<[]>;
    "a\nb\u2028*/ \"c\""(a: unknown): Promise<[any]>;
  }
}

/** For `instantiate<Calculator>(module, options)`. */
interface Calculator {
  exports: Calculator.Exports;
  imports: Calculator.Imports;
  calls: Calculator.Calls;
}

export type { Calculator };
