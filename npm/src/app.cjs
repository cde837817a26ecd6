// Which app this is: that of the main script. Where that cannot be told there is none, since the manifest of another app may grant more.
"use strict";

const { lstatSync, realpathSync, statSync } = require("node:fs");
const { _findPath } = require("node:module");
const { basename, dirname, isAbsolute, join } = require("node:path");
const { fileURLToPath } = require("node:url");
const { isMainThread } = require("node:worker_threads");
const { WasmError } = require("./common.cjs");

const MANIFEST = "manifest.app.toml";
const WITHOUT_THROWING = { __proto__: null, throwIfNoEntry: false };

const cwd = process.cwd.bind(process);
const geteuid = process.geteuid?.bind(process);

/** The file of the main script; null where there is none, undefined where it cannot be told. As it is at the start: an app may change its arguments. */
const script = mainScript();

function mainScript() {
  const { bun, deno } = process.versions;
  // In a worker this is the worker's own script; that of `bun -e` is in the working directory.
  if (bun !== undefined) return isAbsolute(Bun.main) ? Bun.main : undefined;
  // A worker has no main module, but a location.
  if (deno !== undefined) return scriptOfDeno(Deno.mainModule ?? globalThis.location?.href);
  return require.main?.filename ?? scriptOfNode(process.argv[1]);
}

/** Deno runs what a link leads to, but calls it by the link's name. That of `deno eval` and its like is in the working directory. */
function scriptOfDeno(url) {
  try {
    const file = fileURLToPath(url);
    return basename(file).startsWith("$deno$") ? file : realpathSync(file);
  } catch {
    return undefined;
  }
}

/** The main script when it is no CommonJS module. Node has made an absolute path of the argument that it takes for one. */
function scriptOfNode(argument) {
  const isEvaluated = isMainThread && process._eval !== undefined;
  if (isEvaluated || argument === undefined || argument === "-") return null;
  // Node's own search, for `node FOLDER`, `node NAME_WITHOUT_EXTENSION` and links, which it may have been told to keep.
  return isAbsolute(argument) ? _findPath?.(argument, null, true) || undefined : undefined;
}

/** A link that leads nowhere is there, too: what is above it is not meant. What may not be looked at is not. */
function isThere(file) {
  try {
    return lstatSync(file, WITHOUT_THROWING) !== undefined;
  } catch {
    return false;
  }
}

/** The folder that a file is in, this one or one above. */
function above(folder, name) {
  for (let at = folder; ; at = dirname(at)) {
    if (isThere(join(at, name))) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** The folder of the app: that of the package.json which its main script belongs to. Undefined where it is not known which script that is. */
function appFolder() {
  if (script === undefined) return undefined;
  const start = script === null ? cwd() : dirname(script);
  return above(start, "package.json") ?? start;
}

/** The app's manifest, if there is one. The folders above an app may be everybody's, as /tmp is: one of somebody else's grants nothing. */
function appManifest(app) {
  const folder = above(app, MANIFEST);
  if (folder === undefined) return undefined;
  const file = join(folder, MANIFEST);
  const isTrusted = trusting(app);
  if (!isTrusted(lstatSync(file, WITHOUT_THROWING)) || !isTrusted(statSync(file, WITHOUT_THROWING))) {
    throw new WasmError(5009, `${file} belongs to another user than the app, so it grants nothing; give it to createHost({ manifest }) if it is meant`);
  }
  return file;
}

/** Is a file one of the app's owner, of who runs it, or of root? One that is not there is nobody's. */
function trusting(app) {
  if (geteuid === undefined) return () => true;
  const owner = statSync(app).uid;
  const user = geteuid();
  return (file) => file === undefined || file.uid === owner || file.uid === user || file.uid === 0;
}

module.exports = { appFolder, appManifest, MANIFEST };
