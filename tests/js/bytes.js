// Bytes come in every kind of buffer and view. What others can change, or whose length can change, is copied; what has no bytes any
// more is 5007.

import { compile, compileFile, instantiate } from "runtime:wasm";
import { detach, equal, ok, rejects, test } from "./check.js";

const basic = await compileFile("./wasm/basic.wasm");
const stdio = await compileFile("./wasm/stdio.wasm");
const decoder = new TextDecoder();
// The smallest module there is.
const empty = [0, 97, 115, 109, 1, 0, 0, 0];

function fill(buffer, bytes, at = 0) {
  new Uint8Array(buffer, at, bytes.length).set(bytes);
  return buffer;
}

/** By its kind, something that holds these eight bytes. */
const kinds = {
  "a Uint8Array": (bytes) => Uint8Array.from(bytes),
  "an ArrayBuffer": (bytes) => fill(new ArrayBuffer(8), bytes),
  "a DataView in the middle": (bytes) => new DataView(fill(new ArrayBuffer(24), bytes, 8), 8, 8),
  "a Uint16Array": (bytes) => new Uint16Array(fill(new ArrayBuffer(8), bytes)),
  "a Float64Array": (bytes) => new Float64Array(fill(new ArrayBuffer(8), bytes)),
  "a resizable ArrayBuffer": (bytes) => fill(new ArrayBuffer(8, { maxByteLength: 64 }), bytes),
  "a view that tracks a length": (bytes) => new Uint8Array(fill(new ArrayBuffer(12, { maxByteLength: 64 }), bytes, 4), 4),
  "a view of a resizable buffer": (bytes) => new Uint8Array(fill(new ArrayBuffer(24, { maxByteLength: 64 }), bytes, 4), 4, 8),
  "a DataView of a resizable buffer": (bytes) => new DataView(fill(new ArrayBuffer(12, { maxByteLength: 64 }), bytes, 4), 4),
};
if (typeof SharedArrayBuffer === "function") {
  kinds["a SharedArrayBuffer"] = (bytes) => fill(new SharedArrayBuffer(8), bytes);
  kinds["a view of a shared buffer"] = (bytes) => new Uint8Array(fill(new SharedArrayBuffer(24), bytes, 4), 4, 8);
  if (SharedArrayBuffer.prototype.grow !== undefined) {
    kinds["a growable SharedArrayBuffer"] = (bytes) => fill(new SharedArrayBuffer(8, { maxByteLength: 64 }), bytes);
  }
}

function resized(view, buffer, length) {
  buffer.resize(length);
  return view;
}

function detached(view, buffer) {
  detach(buffer);
  return view;
}

/** Views without their bytes. */
const gone = {
  "a view that its buffer has shrunk away from": () => {
    const buffer = new ArrayBuffer(16, { maxByteLength: 64 });
    return resized(new Uint8Array(buffer, 8, 8), buffer, 4);
  },
  "a DataView that its buffer has shrunk away from": () => {
    const buffer = new ArrayBuffer(16, { maxByteLength: 64 });
    return resized(new DataView(buffer, 8, 8), buffer, 4);
  },
  "a view of a detached buffer": () => {
    const buffer = new ArrayBuffer(8);
    return detached(new Uint8Array(buffer), buffer);
  },
  "a detached buffer": () => {
    const buffer = new ArrayBuffer(8);
    return detached(buffer, buffer);
  },
};

/** Everything that takes bytes: gives what the bytes were there. */
async function written(bytes) {
  const instance = await instantiate(basic);
  await instance.memory.write(100, bytes);
  const found = await instance.memory.read(100, 8);
  await instance.drop();
  return [...found];
}

async function read(stdin) {
  const instance = await instantiate(stdio, { stdin, stdout: "piped" });
  await instance.run();
  const { value } = await instance.stdout.getReader().read();
  await instance.drop();
  return decoder.decode(value);
}

async function fed(chunk) {
  const instance = await instantiate(stdio, { stdin: "piped", stdout: "piped" });
  const running = instance.run();
  const writer = instance.stdin.getWriter();
  await writer.write(chunk);
  await writer.close();
  await running;
  const { value } = await instance.stdout.getReader().read();
  await instance.drop();
  return decoder.decode(value);
}

const text = "8 bytes!";

for (const [what, make] of Object.entries(kinds)) {
  test(`${what} is taken wherever bytes are`, async () => {
    const letters = [...new TextEncoder().encode(text)];
    equal(await written(make(letters)), letters, "memory.write");
    equal(await read(make(letters)), text, "stdin");
    equal(await fed(make(letters)), text, "a chunk");
    ok(await compile(make(empty)) > 0);
  });
}

test("what changes after the call changes nothing", async () => {
  for (const what of Object.keys(kinds)) {
    const bytes = kinds[what]([...new TextEncoder().encode(text)]);
    const reading = read(bytes);
    new Uint8Array(bytes.buffer ?? bytes).fill(63);
    equal(await reading, text, what);
  }
});

for (const [what, make] of Object.entries(gone)) {
  test(`${what} is refused wherever bytes are taken`, async () => {
    const instance = await instantiate(basic);
    await rejects(() => instance.memory.write(0, make()), 5007, "bytes");
    await rejects(() => instantiate(stdio, { stdin: make() }), 5007, "options.stdin");
    await rejects(() => compile(make()), 5007, "bytes");
    await instance.drop();
  });
}

test("a vector is a Uint8Array of 16 bytes, however long its buffer may grow", async () => {
  const instance = await instantiate(basic);
  const growing = new Uint8Array(new ArrayBuffer(16, { maxByteLength: 32 }));
  equal((await instance.call("vector", growing.fill(7)))[0], new Uint8Array(16).fill(7));
  growing.buffer.resize(8);
  await rejects(() => instance.call("vector", growing), 5007, "of another length");
  await instance.drop();
});
