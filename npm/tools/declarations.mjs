// The declarations of the package, made of those of `runtime:wasm`: the same, but as a module, and without the DOM's types.

const WORDS = { boolean: "boolean", integer: "number", string: "string" };

/** The type of what a part of the manifest's schema describes. Texts are any: what a program has in a variable is no literal to TypeScript. */
function typeOf(part, indent) {
  if (part.anyOf !== undefined) return part.anyOf.map((one) => typeOf(one, indent)).join(" | ");
  if (Array.isArray(part.type)) return part.type.map((type) => typeOf({ type }, indent)).join(" | ");
  if (part.type === "array") return listOf(typeOf(part.items, indent));
  return part.type === "object" ? table(part, indent) : WORDS[part.type];
}

const listOf = (item) => `readonly ${item.includes(" | ") ? `(${item})` : item}[]`;

function table({ properties, required = [] }, indent) {
  const within = `${indent}  `;
  const keys = Object.entries(properties).map(([key, part]) =>
    `${within}/** ${part.description} */\n${within}readonly ${key}${required.includes(key) ? "" : "?"}: ${typeOf(part, within)};\n`);
  return `{\n${keys.join("")}${indent}}`;
}

/** The interface of a manifest that is an object. */
const manifest = (schema) => `/** What a manifest that is an object says, with the keys of \`manifest.app.toml\`. */\nexport interface Manifest ${table(schema, "")}\n`;

/** `text` is js/runtime-wasm.d.ts, `more` what the package has beside it, `schema` that of manifests. */
export function declarations(text, more, schema) {
  const body = /declare module "runtime:wasm" \{\n([\s\S]*?)\n\}\n/.exec(text)[1].replace(/^ {2}/gm, "");
  return [
    '/// <reference types="node" />',
    '/// <reference lib="esnext.disposable" />',
    "",
    'import type { ReadableStream, WritableStream } from "node:stream/web";',
    "",
    "type BufferSource = ArrayBufferLike | ArrayBufferView;",
    "",
    manifest(schema),
    more,
    body,
    "",
  ].join("\n");
}
