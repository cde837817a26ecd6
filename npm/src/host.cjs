// Hosts: what a manifest grants, and the functions of runtime:wasm on top of that.
"use strict";

const { existsSync, lstatSync, statSync } = require("node:fs");
const { homedir } = require("node:os");
const { dirname, join, resolve } = require("node:path");
const { fileURLToPath } = require("node:url");
const { manifestText } = require("./manifest.cjs");
const native = require("./native.cjs");
const { port } = require("./port.cjs");
const primordials = require("./primordials.cjs");
const layer = require("./layer.cjs");
const makeShared = require("./shared.cjs");

const shared = makeShared({ __proto__: null, primordials });
const { typeError } = shared;
const MANIFEST = "manifest.app.toml";
const KEYS = ["manifest", "baseDir", "cache", "coreDumps", "interruption"];

const bare = () => ({ __proto__: null });

/** The folder of a file above this one, this one included. */
function above(folder, name) {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, name))) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** The folder of the app: that of the package.json which its main script belongs to. */
function appFolder() {
  const script = process.argv[1];
  const start = script !== undefined && existsSync(script) ? dirname(resolve(script)) : process.cwd();
  return above(start, "package.json") ?? start;
}

/** The app's manifest, if there is one. The folders above an app may be everybody's, as /tmp is: one of somebody else's grants nothing. */
function appManifest(app) {
  const folder = above(app, MANIFEST);
  if (folder === undefined) return undefined;
  const file = join(folder, MANIFEST);
  const trusted = [statSync(app).uid, process.geteuid?.(), 0];
  if (![lstatSync(file).uid, statSync(file).uid].every((owner) => process.geteuid === undefined || trusted.includes(owner))) {
    throw new shared.WasmError(5009, `${file} belongs to another user than the app, so it grants nothing; give it to createHost({ manifest }) if it is meant`);
  }
  return file;
}

function checked(options) {
  if (typeof options !== "object" || options === null) throw typeError("the options of createHost must be an object");
  for (const key of Object.keys(options)) {
    if (!KEYS.includes(key)) throw typeError(`unknown key ${JSON.stringify(key)} in the options of createHost; there are ${KEYS.join(", ")}`);
  }
  for (const key of ["baseDir", "coreDumps", "interruption"]) {
    if (options[key] !== undefined && typeof options[key] !== "string") throw typeError(`options.${key} must be a string`);
  }
  const { cache } = options;
  if (cache !== undefined && typeof cache !== "boolean" && typeof cache !== "string") throw typeError("options.cache must be a folder or false");
  return options;
}

function pathOf(url) {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw typeError(`options.manifest must be a file: URL: ${error.message}`, error);
  }
}

/** How the native half is told of a manifest: a file, or a text and the file that it would be. */
function source({ manifest, baseDir }) {
  if (manifest === undefined) return {};
  if (typeof manifest === "string") return { manifest: resolve(manifest) };
  if (manifest instanceof URL) return { manifest: pathOf(manifest) };
  if (typeof manifest !== "object" || manifest === null) throw typeError("options.manifest must be a path, a URL or an object");
  return { manifest: join(resolve(baseDir ?? appFolder()), MANIFEST), text: manifestText(manifest, typeError) };
}

/** A host with what a manifest grants: a path, a URL, or an object with the same keys. */
function createHost(options = {}) {
  const given = source(checked(options));
  return open(given, options);
}

function open(given, { cache, coreDumps, interruption }) {
  let functions;
  try {
    const places = { cache: typeof cache === "string" ? resolve(cache) : cache, compileProgram: native.compileProgram, coreDumps };
    functions = native.open({ ...given, ...places, interruption }, bare);
  } catch (error) {
    throw typeError(error.message, error);
  }
  const { call, compile, compileFile, dropModule, getExports, inspect, instances, instantiate, memory, types } = layer(port(functions), shared);
  return Object.freeze({
    call, compile, compileFile, dropModule, getExports, inspect, instances, instantiate, memory, types,
    WasmError: shared.WasmError, WasmErrorCode: shared.WasmErrorCode,
  });
}

let ofApp;
/** The host of the app's own manifest, made when it is first used. */
function appHost() {
  if (ofApp !== undefined) return ofApp;
  const app = appFolder();
  const manifest = appManifest(app);
  return ofApp = open(manifest === undefined ? { app } : { manifest }, {});
}

module.exports = { appHost, createHost, shared };
