// runtime-wasm: WebAssembly that an application does not trust, each instance on a thread of its own.
"use strict";

const { appHost, createHost, shared } = require("./host.cjs");
const { ReflectApply } = require("./primordials.cjs");

/** Of the host of the app's own manifest, which is read when one of these is first called. */
const ofApp = (name) => async (...args) => await ReflectApply(appHost()[name], undefined, args);
const memory = {};
for (const name of ["read", "write", "size", "grow"]) memory[name] = async (...args) => await ReflectApply(appHost().memory[name], undefined, args);

exports.call = ofApp("call");
exports.compile = ofApp("compile");
exports.compileFile = ofApp("compileFile");
exports.createHost = createHost;
exports.dropModule = ofApp("dropModule");
exports.getExports = ofApp("getExports");
exports.inspect = ofApp("inspect");
exports.instances = ofApp("instances");
exports.instantiate = ofApp("instantiate");
exports.memory = Object.freeze(memory);
exports.types = shared.types;
exports.WasmError = shared.WasmError;
exports.WasmErrorCode = shared.WasmErrorCode;
