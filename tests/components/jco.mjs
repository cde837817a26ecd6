// Runs the vectors and the scenarios on components that jco turns into JavaScript: what it does is what this runtime is compared with.
//   node tests/components/jco.mjs FOLDER FILE   the components FOLDER/every-type.LANGUAGE.wasm, the results into FILE
import { readFile, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { transpile } from "./tools/node_modules/@bytecodealliance/jco/dist/api.js";
import { encode, encodeError } from "./encode.mjs";
import { host } from "./host.mjs";
import { scenarios } from "./scenarios.mjs";
import { vectors } from "./vectors.mjs";

const version = JSON.parse(await readFile(new URL("./tools/node_modules/@bytecodealliance/jco/package.json", import.meta.url))).version;
const [folder, file] = process.argv.slice(2);
const camel = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());

// What componentize-py links needs it, and before V8 11.4 it was an experiment.
if (parseFloat(process.versions.v8) < 11.4) setFlagsFromString("--experimental-wasm-extended-const");
Symbol.dispose ??= Symbol.for("dispose");
console.error = () => {};

async function load(path, place) {
  const { files } = await transpile(await readFile(path), { name: "component", instantiation: { tag: "async" }, wasiShim: true });
  for (const [name, contents] of Object.entries(files)) {
    await mkdir(join(place, name, ".."), { recursive: true });
    await writeFile(join(place, name), contents);
  }
  const { instantiate } = await import(pathToFileURL(join(place, "component.js")));
  const compiled = new Map();
  const compile = async (name) => {
    if (!compiled.has(name)) compiled.set(name, await WebAssembly.compile(await readFile(join(place, name))));
    return compiled.get(name);
  };
  const { WASIShim } = await import("./tools/node_modules/@bytecodealliance/preview2-shim/dist/common/instantiation.js");
  return (log) => {
    const { roll, ...functions } = host(log);
    const ours = { "demo:all/host": functions, roll: { default: roll } };
    return instantiate(compile, { ...new WASIShim().getImportObject(), ...ours }).then((exports) => [exports, functions.Store]);
  };
}

const results = {};
for (const name of (await readdir(folder)).sort()) {
  const language = /^every-type\.([a-z]+)\.wasm$/.exec(name)?.[1];
  if (language === undefined) continue;
  const place = join(resolve(folder), `.jco-${language}`);
  const start = await load(join(folder, name), place);
  const said = { vectors: [], scenarios: {} };
  const began = Date.now();
  let exports;
  for (const { call, args } of vectors) {
    exports ??= (await start([]))[0];
    try {
      said.vectors.push({ call, returned: encode(exports.api[camel(call)](...args)) });
    } catch (error) {
      said.vectors.push({ call, threw: encodeError(error) });
      try {
        exports.api.nothing();
      } catch {
        said.vectors.at(-1).ended = true;
        exports = undefined;
      }
    }
  }
  for (const [name, scenario] of Object.entries(scenarios)) {
    const log = [];
    const [exports, Store] = await start(log);
    try {
      said.scenarios[name] = encode(await scenario(exports, log, Store));
    } catch (error) {
      said.scenarios[name] = { threw: encodeError(error) };
    }
  }
  results[language] = said;
  console.log(`${language}: ${Date.now() - began} ms`);
  await rm(place, { recursive: true, force: true });
}

// What all of them agree on is said once.
const languages = Object.keys(results);
const agreed = (pick) => {
  const said = languages.map((language) => [language, pick(results[language])]);
  const [[, first]] = said;
  return said.every(([, each]) => JSON.stringify(each) === JSON.stringify(first)) ? first : { differs: Object.fromEntries(said) };
};
const lines = vectors.map(({ call, args, odd }, index) => {
  const { call: _, ...said } = agreed((language) => language.vectors[index]);
  return JSON.stringify({ call, args: encode(args), ...(odd === undefined ? {} : { odd }), ...said });
});
const scenes = Object.keys(scenarios).map((name) => `${JSON.stringify(name)}: ${JSON.stringify(agreed((language) => language.scenarios[name]))}`);
await writeFile(
  file,
  `{"jco": ${JSON.stringify(version)}, "languages": ${JSON.stringify(languages)}, "vectors": [\n${lines.join(",\n")}\n],\n"scenarios": {\n${scenes.join(",\n")}\n}}\n`,
);

// The vectors that are values of their type: what a component in any language must say.
let wrong = 0;
for (const language of languages) {
  vectors.forEach((vector, index) => {
    if ("odd" in vector || vector.bug === language) return;
    const said = results[language].vectors[index];
    const [wanted, got] = "gives" in vector ? [encode(vector.gives), said.returned] : [{ payload: encode(vector.fails) }, { payload: said.threw?.payload }];
    if (JSON.stringify(wanted) === JSON.stringify(got)) return;
    wrong++;
    console.log(`${language}: ${vector.call}(${JSON.stringify(encode(vector.args)).slice(0, 200)})\n  wanted ${JSON.stringify(wanted).slice(0, 300)}\n  got    ${JSON.stringify(said).slice(0, 300)}`);
  });
}
console.log(`${languages.join(", ")}: ${vectors.length} vectors, ${Object.keys(scenarios).length} scenarios, ${wrong} not as the vectors say`);
