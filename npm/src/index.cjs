// runtime-wasm: WebAssembly that an application does not trust, each instance on a thread of its own.
"use strict";

const { appHost, createHost, shared } = require("./host.cjs");
const { ObjectFreeze, ReflectApply } = require("./primordials.cjs");

/** Of the host of the app's own manifest, which is read when one of these is first called. */
const ofApp = (name) => async (...args) => await ReflectApply(appHost()[name], undefined, args);
const memory = {};
for (const name of ["read", "write", "size", "grow"]) memory[name] = async (...args) => await ReflectApply(appHost().memory[name], undefined, args);
const typed = (type) => (value) => ObjectFreeze({ type, value });
const types = {};
for (const type of ["i32", "i64", "f32", "f64", "v128", "externref", "funcref"]) types[type] = typed(type);

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
exports.types = Object.freeze(types);
exports.WasmError = shared.WasmError;
exports.WasmErrorCode = shared.WasmErrorCode;
