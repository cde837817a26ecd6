// What an app finds on globalThis. Runs once, before the app; each API's own script loads when the app first touches it.
"use strict";

(function () {
  const { core, primordials } = globalThis.__bootstrap;
  const { op_wasm_host_copy_thrown_by, op_wasm_host_info, op_wasm_host_print } = core.ops;
  const { Error, ObjectCreate, ObjectDefineProperty, ObjectPrototype, ObjectSetPrototypeOf, Proxy, SafeSet } = primordials;
  const info = op_wasm_host_info();

  // Console levels: 0 debug, 1 log and info, 2 warn, 3 error, 4 trace.
  const { Console, setNoColorFns } = core.loadExtScript("ext:deno_web/01_console.js");
  setNoColorFns(() => !info.colorStdout, () => !info.colorStderr);
  const console = new Console((message, level) => op_wasm_host_print(message, level > 1));

  // What is thrown and nobody catches is copied before anything else looks at it.
  op_wasm_host_copy_thrown_by((thrown) => core.loadExtScript("ext:runtime_wasm_host/thrown.js").copyOfThrown(thrown));

  if (!info.proxiesAreRevoked) {
    const { revocable } = {
      revocable(target, handler) {
        return core.loadExtScript("ext:runtime_wasm_host/proxy.js").revocable(target, handler);
      },
    };
    ObjectDefineProperty(Proxy, "revocable", { __proto__: null, value: revocable, writable: true, enumerable: false, configurable: true });
  }

  // Relative URLs of fetch() and Request resolve beside the main module.
  function located(loader) {
    return () => {
      const location = core.loadExtScript("ext:deno_web/12_location.js");
      if (location.getLocationHref() === undefined) {
        location.setLocationHref(info.main);
      }
      return loader();
    };
  }

  // As in a browser there is an object between globalThis and EventTarget.prototype.
  const prototype = ObjectCreate(ObjectPrototype);
  ObjectSetPrototypeOf(globalThis, prototype);

  // globalThis is an EventTarget once the app asks for one of its methods, and from then on hears "error" and
  // "unhandledrejection". Before that nobody can listen, so an error goes straight to the host.
  let events = null;
  function globalEvents() {
    if (events === null) {
      events = core.loadExtScript("ext:deno_web/02_event.js");
      const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
      ObjectSetPrototypeOf(prototype, events.EventTarget.prototype);
      globalThis[webidl.brand] = webidl.brand;
      events.setEventTargetData(globalThis);
      events.saveGlobalThisReference(globalThis);
      core.setReportExceptionCallback(events.reportException);
    }
    return events.EventTarget.prototype;
  }

  core.setUnhandledPromiseRejectionHandler((promise, reason) => {
    if (events === null) {
      return false;
    }
    const event = new events.PromiseRejectionEvent("unhandledrejection", { cancelable: true, promise, reason });
    globalThis.dispatchEvent(event);
    return event.defaultPrevented;
  });

  // What a refused or failed read of the host looks like: the names and codes are those of WasmError.
  function registerCoded(className, name, code) {
    core.registerErrorBuilder(className, (message) => {
      const error = new Error(message);
      ObjectDefineProperty(error, "name", { __proto__: null, value: name, writable: true, configurable: true });
      error.code = code;
      return error;
    });
  }
  registerCoded("WasmHostIoError", "IoError", 5008);
  registerCoded("WasmHostPermissionDenied", "PermissionDenied", 5009);

  // `performance.timeOrigin` is not known before somebody sets it.
  const PERFORMANCE = "ext:deno_web/15_performance.js";
  let timed = false;
  function performance() {
    const exports = core.loadExtScript(PERFORMANCE);
    if (!timed) {
      exports.setTimeOrigin();
      timed = true;
    }
    return exports;
  }

  const script = (specifier) => specifier === PERFORMANCE ? performance : () => core.loadExtScript(specifier);
  const lazy = {
    __proto__: null,
    "ext:deno_web/00_url.js": ["URL", "URLSearchParams"],
    "ext:deno_web/01_dom_exception.js": ["DOMException"],
    "ext:deno_web/01_urlpattern.js": ["URLPattern"],
    "ext:deno_web/02_event.js": [
      "CloseEvent", "CustomEvent", "ErrorEvent", "Event", "EventTarget", "MessageEvent", "ProgressEvent",
      "PromiseRejectionEvent",
    ],
    "ext:deno_web/02_timers.js": ["clearInterval", "clearTimeout", "setInterval", "setTimeout"],
    "ext:deno_web/03_abort_signal.js": ["AbortController", "AbortSignal"],
    "ext:deno_web/05_base64.js": ["atob", "btoa"],
    "ext:deno_web/06_streams.js": [
      "ByteLengthQueuingStrategy", "CountQueuingStrategy", "ReadableByteStreamController", "ReadableStream",
      "ReadableStreamBYOBReader", "ReadableStreamBYOBRequest", "ReadableStreamDefaultController",
      "ReadableStreamDefaultReader", "TransformStream", "TransformStreamDefaultController", "WritableStream",
      "WritableStreamDefaultController", "WritableStreamDefaultWriter",
    ],
    "ext:deno_web/08_text_encoding.js": ["TextDecoder", "TextDecoderStream", "TextEncoder", "TextEncoderStream"],
    "ext:deno_web/09_file.js": ["Blob", "File"],
    "ext:deno_web/10_filereader.js": ["FileReader"],
    "ext:deno_web/13_message_port.js": ["MessageChannel", "MessagePort", "structuredClone"],
    "ext:deno_web/14_compression.js": ["CompressionStream", "DecompressionStream"],
    [PERFORMANCE]: [
      "Performance", "PerformanceEntry", "PerformanceMark", "PerformanceMeasure", "PerformanceObserver",
      "PerformanceObserverEntryList", "performance",
    ],
    "ext:deno_fetch/20_headers.js": ["Headers"],
    "ext:deno_fetch/21_formdata.js": ["FormData"],
    "ext:deno_fetch/23_request.js": ["Request"],
    "ext:deno_fetch/23_response.js": ["Response"],
    "ext:deno_fetch/26_fetch.js": ["fetch"],
    "ext:deno_fetch/27_eventsource.js": ["EventSource"],
    "ext:runtime_wasm_host/crypto.js": ["Crypto", "CryptoKey", "SubtleCrypto", "crypto"],
    "ext:runtime_wasm_host/navigator.js": ["Navigator", "navigator"],
  };
  const usesLocation = new SafeSet(["Request", "fetch", "EventSource"]);

  const globals = { __proto__: null, console: core.propNonEnumerable(console) };
  for (const specifier in lazy) {
    const names = lazy[specifier];
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      const load = usesLocation.has(name) ? located(script(specifier)) : script(specifier);
      globals[name] = core.propNonEnumerableLazyLoaded((exports) => exports[name], load);
    }
  }
  for (const name of ["addEventListener", "dispatchEvent", "removeEventListener"]) {
    globals[name] = core.propNonEnumerableLazyLoaded((prototype) => prototype[name], globalEvents);
  }
  globals.reportError = core.propNonEnumerableLazyLoaded((exports) => exports.reportError, () => {
    globalEvents();
    return events;
  });
  globals.self = core.propNonEnumerable(globalThis);
  core.defineGlobalProperties(globalThis, globals);
})();
