// The native half, which is in a package of its own for each platform.
"use strict";

const { accessSync, constants } = require("node:fs");
const { dirname, join } = require("node:path");

const { arch, platform, report } = process;

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The package for this platform, by the names that npm has for processors and systems. */
function platformPackage() {
  if (platform !== "linux") return `runtime-wasm-${platform}-${arch}`;
  return `runtime-wasm-linux-${arch}-${isGnu() ? "gnu" : "musl"}`;
}

/** Is the C library that of GNU? Bun and Deno may not say; there are programs of theirs for both. */
function isGnu() {
  const header = report?.getReport?.()?.header;
  return header === undefined || header.glibcVersionRuntime !== undefined || header.sharedObjects === undefined;
}

function load() {
  const name = platformPackage();
  try {
    const { open } = require(name);
    // Beside it, the program that compiles modules. Where it cannot be run they are compiled on threads.
    const program = join(dirname(require.resolve(name)), "runtime-wasm-compile");
    return { __proto__: null, open, compileProgram: isProgram(program) ? program : undefined };
  } catch (error) {
    const text = `runtime-wasm has no native half here: the package ${name} could not be loaded (${error.message}). It comes with runtime-wasm as an ` +
      "optional dependency where there is one for the platform, so look for an install without optional packages, node_modules from another " +
      "platform, or a host that loads no addons, as many serverless ones do";
    throw new Error(text, { cause: error });
  }
}

module.exports = load();
