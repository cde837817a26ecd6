// Takes from the global object what the engine and deno_core have left there and no app should find. Runs once, when all scripts that
// run at the start have run, and before the app.
"use strict";

(function () {
  const {
    Error, ObjectDefineProperty, ObjectGetPrototypeOf, ReflectDeleteProperty, ReflectGetOwnPropertyDescriptor, SymbolFor,
  } = globalThis.__bootstrap.primordials;

  // The engine's own WebAssembly would run on the event loop, without limits and without a grant: runtime:wasm is there for that.
  // The others are for the engines' own tests, for scripts that have run by now, or never work here.
  const gone = [
    "Deno", "InternalError", "ShadowRealm", "WebAssembly", "__bootstrap", "__v8xAtomicsNumUnresolvedAsyncPromisesForTesting",
    "__v8xAtomicsNumWaitersForTesting", "__v8xPostForegroundTask", "__v8x_snapshot_intrinsics", "gc",
    SymbolFor("@@Temporal__CreateSlots"), SymbolFor("@@Temporal__GetSlots"),
  ];
  // QuickJS looks these up for Intl, Temporal, Atomics and import.source() whenever they are called, so they go on to the prototype.
  const lookedUp = [
    "__v8xAtomicsCancelWaiter", "__v8xAtomicsNotifyWaiters", "__v8xAtomicsRegisterWaiter", "__v8xTemporalTimeZone",
    "__v8x_import_source",
  ];

  const prototype = ObjectGetPrototypeOf(globalThis);
  for (let i = 0; i < lookedUp.length; i++) {
    const descriptor = ReflectGetOwnPropertyDescriptor(globalThis, lookedUp[i]);
    if (descriptor === undefined) continue;
    ObjectDefineProperty(prototype, lookedUp[i], { __proto__: null, value: descriptor.value });
    gone[gone.length] = lookedUp[i];
  }
  for (let i = 0; i < gone.length; i++) {
    if (!ReflectDeleteProperty(globalThis, gone[i])) throw new Error("a global stays that no app should find");
  }
  // QuickJS lists it.
  const intl = { __proto__: null, enumerable: false };
  if (ReflectGetOwnPropertyDescriptor(globalThis, "Intl") !== undefined) ObjectDefineProperty(globalThis, "Intl", intl);
})();
