// The declarations of the package, made of those of `runtime:wasm`: the same, but as a module, and without the DOM's types.

/** `text` is js/runtime-wasm.d.ts, `more` what the package has beside it. */
export function declarations(text, more) {
  const body = /declare module "runtime:wasm" \{\n([\s\S]*?)\n\}\n/.exec(text)[1].replace(/^ {2}/gm, "");
  return [
    '/// <reference types="node" />',
    '/// <reference lib="esnext.disposable" />',
    "",
    'import type { ReadableStream, WritableStream } from "node:stream/web";',
    "",
    "type BufferSource = ArrayBufferLike | ArrayBufferView;",
    "",
    more,
    body,
    "",
  ].join("\n");
}
