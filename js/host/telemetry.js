// Stands in for ext:deno_telemetry/telemetry.ts, which deno_fetch loads: telemetry that is always off.

(function () {
  const { internals } = __bootstrap;
  internals.__telemetry = {
    __proto__: null,
    TRACING_ENABLED: false,
    PROPAGATORS: [],
    DID_NOT_ENTER: null,
    ContextManager: null,
    builtinTracer: () => null,
    enterSpan: () => null,
    exitSpan: () => {},
  };
  return internals.__telemetry;
})();
