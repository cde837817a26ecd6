// Stands in for ext:deno_telemetry/util.ts; see js/host/telemetry.js.

(function () {
  const { internals } = __bootstrap;
  const nothing = () => {};
  internals.__telemetryUtil = {
    __proto__: null,
    updateSpanFromClientResponse: nothing,
    updateSpanFromError: nothing,
    updateSpanFromRequest: nothing,
  };
  return internals.__telemetryUtil;
})();
