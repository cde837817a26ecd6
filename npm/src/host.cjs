// Hosts: what a manifest grants, and the functions of runtime:wasm on top of that.
"use strict";

const { join, resolve } = require("node:path");
const { fileURLToPath } = require("node:url");
const { appFolder, appManifest, MANIFEST } = require("./app.cjs");
const shared = require("./common.cjs");
const layer = require("./layer.cjs");
const { manifestText } = require("./manifest.cjs");
const native = require("./native.cjs");
const { readOptions } = require("./options.cjs");
const { port } = require("./port.cjs");
const { ObjectFreeze, Promise, uncurryThis } = require("./primordials.cjs");

const { typeError, WasmError, WasmErrorCode } = shared;
const KEYS = ["manifest", "baseDir", "cache", "coreDumps", "interruption"];
const TEXTS = ["baseDir", "coreDumps", "interruption"];
const getHref = uncurryThis(Object.getOwnPropertyDescriptor(URL.prototype, "href").get);

const asyncDispose = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");
const later = setTimeout;

const bare = () => ({ __proto__: null });
const pause = () => new Promise((resolve) => later(resolve, 1));

function checked(options) {
  const read = readOptions(options, KEYS, "the options of createHost");
  for (let i = 0; i < TEXTS.length; i++) {
    const value = read[TEXTS[i]];
    if (value !== undefined && typeof value !== "string") throw typeError(`options.${TEXTS[i]} must be a string`);
  }
  const { cache } = read;
  if (cache !== undefined && cache !== false && typeof cache !== "string") throw typeError("options.cache must be a folder or false");
  return read;
}

/** The text of a URL, by its class itself: what `instanceof` says an app can define. */
function hrefOf(value) {
  try {
    return getHref(value);
  } catch {
    return undefined;
  }
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
  if (manifest === undefined) return bare();
  if (typeof manifest === "string") return { __proto__: null, manifest: resolve(manifest) };
  if (typeof manifest !== "object" || manifest === null) throw typeError("options.manifest must be a path, a URL or an object");
  const href = hrefOf(manifest);
  if (typeof href === "string") return { __proto__: null, manifest: pathOf(href) };
  return { __proto__: null, manifest: join(baseFolder(baseDir), MANIFEST), text: manifestText(manifest) };
}

function baseFolder(baseDir) {
  const folder = baseDir ?? appFolder();
  if (folder === undefined) throw typeError("options.baseDir must be given: the app's main script cannot be told here, so neither can its folder");
  return resolve(folder);
}

/** A host with what a manifest grants: a path, a URL, or an object with the same keys. */
function createHost(options = {}) {
  const read = checked(options);
  return open(source(read), read);
}

function open(given, { cache, coreDumps, interruption }) {
  let functions;
  try {
    const places = { __proto__: null, cache: typeof cache === "string" ? resolve(cache) : cache, compileProgram: native.compileProgram, coreDumps };
    functions = native.open({ __proto__: null, ...given, ...places, interruption }, bare);
  } catch (error) {
    throw typeError(error.message, error);
  }
  const { call, compile, compileFile, dropModule, getExports, inspect, instances, instantiate, memory, types } = layer(port(functions), shared);
  const close = closing(functions);
  return ObjectFreeze({
    call, close, compile, compileFile, dropModule, getExports, inspect, instances, instantiate, memory, types, WasmError, WasmErrorCode,
    [asyncDispose]: close,
  });
}

/** What ends a host: its guests at once, and what it has of the machine when nobody waits for an answer any more. */
function closing({ close, stop }) {
  let closed;
  const over = async () => {
    // Meanwhile an instance may be made, and a module be compiled.
    while (stop() > 0 || !close()) await pause();
  };
  return () => closed ??= over();
}

let ofApp;
/** The host of the app's own manifest, made when it is first used. */
function appHost() {
  if (ofApp !== undefined) return ofApp;
  const app = appFolder();
  if (app === undefined) throw new WasmError(5009, "the app's main script cannot be told here, so its manifest cannot be found; give one to createHost({ manifest })");
  const manifest = appManifest(app);
  return ofApp = open(manifest === undefined ? { __proto__: null, app } : { __proto__: null, manifest }, bare());
}

module.exports = { appHost, createHost, shared };
