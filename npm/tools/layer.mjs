// Makes two scripts of js/: `shared.cjs` with what is one for all hosts of a process, errors and typed values, and `layer.cjs` with all else, as a function
// of a port that is called for each host.
import { build } from "esbuild";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const scripts = fileURLToPath(new URL("../../js/", import.meta.url));
const SHARED = ["error.js", "own.js", "types.js"];

const exported = (name) => {
  const text = readFileSync(join(scripts, name), "utf8");
  const names = [...text.matchAll(/^export (?:async )?(?:function|class|const) (\w+)/gm)].map((match) => match[1]);
  for (const [, list] of text.matchAll(/^export (?:const )?\{([^}]*)\}/gm)) {
    names.push(...list.split(",").map((item) => item.trim().split(":").at(-1).trim()).filter((item) => item !== ""));
  }
  return names;
};

/** js/signals.js with the port's way of listening. */
const SIGNALS = `
  import { offAbort as unlisten, onAbort as listen } from "ext:runtime_wasm/signals.js";
  export * from "ext:runtime_wasm/signals.js";
  export const { offAbort, onAbort } = port.listening(listen, unlisten);
`;

/** `ext:runtime_wasm/X` is js/X, but for what is given to the function, and for what the package has around it. */
const resolved = (given) => ({
  name: "runtime-wasm",
  setup(build) {
    build.onResolve({ filter: /^ext:runtime_wasm\// }, ({ path, namespace }) => {
      const name = path.slice("ext:runtime_wasm/".length);
      if (name === "signals.js" && namespace !== "around") return { path: name, namespace: "around" };
      return given[name] === undefined ? { path: join(scripts, name) } : { path: name, namespace: "given" };
    });
    build.onLoad({ filter: /.*/, namespace: "around" }, () => ({ contents: SIGNALS }));
    build.onLoad({ filter: /.*/, namespace: "given" }, ({ path }) => ({ contents: `export const { ${exported(path).join(", ")} } = ${given[path]};` }));
  },
});

/**
 * The bundle as the body of a function: what it would export is what the function returns. What esbuild has for that, and its other helpers, ask
 * globals and prototypes each time, which an app may have changed by then.
 */
function body(bundle) {
  const [list, names] = /^export \{([^}]*)\};\n/m.exec(bundle);
  const returned = names.replace(/(\w+) as (\w+)/g, "$2: $1");
  const text = bundle.replace(list, `return { __proto__: null,${returned}};\n`);
  const [helper] = /^var __\w+/m.exec(text) ?? [];
  if (helper !== undefined) throw new Error(`the bundle has a helper of esbuild's: ${helper}`);
  return text;
}

async function script(file, entry, parameters, given) {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: scripts },
    bundle: true,
    write: false,
    format: "esm",
    target: "node20",
    plugins: [resolved(given)],
  });
  writeFileSync(file, `// Made of js/ by npm/tools/layer.mjs.\n"use strict";\n\nmodule.exports = (${parameters}) => {\n${body(outputFiles[0].text)}};\n`);
}

/** Writes both into a folder. */
export async function writeLayer(folder) {
  const all = SHARED.map((name) => `export * from "ext:runtime_wasm/${name}";`).join("\n");
  await script(join(folder, "shared.cjs"), all, "port", { "port.js": "port" });
  await script(join(folder, "layer.cjs"), 'export * from "ext:runtime_wasm/wasm.js";', "port, shared", {
    "port.js": "port",
    ...Object.fromEntries(SHARED.map((name) => [name, "shared"])),
  });
}
