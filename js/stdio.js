// Standard streams of guests as web streams. A pipe with a bound is behind each (src/actor/pipe.rs), so a guest that writes
// ahead of its reader waits, and so does an app that writes ahead of its guest.

import { core } from "ext:core/mod.js";
import { asBytes, isStream } from "ext:runtime_wasm/convert.js";
import { settled, typeError } from "ext:runtime_wasm/error.js";

const { op_wasm_stdio_close, op_wasm_stdio_closed, op_wasm_stdio_read, op_wasm_stdio_write } = core.ops;

/** The streams of each instance that has any. */
const streams = new WeakMap();

/** A stream that nobody can reach any more is closed: its guest must not wait for it. */
const forgotten = new FinalizationRegistry((pipe) => op_wasm_stdio_close(pipe));

/** The web API of this name. A program on deno_core may well have none. */
function webStream(name, what) {
  const found = globalThis[name];
  if (typeof found !== "function") throw typeError(`${what} needs ${name}, which this program does not provide`);
  return found;
}

/**
 * Checks that the streams that the op's options ask for can be had, and takes hold of the stream that feeds stdin.
 * Gives its reader, or null.
 */
export function prepare(options, stdin) {
  if (options.stdout === "piped" || options.stderr === "piped") webStream("ReadableStream", 'output to "piped"');
  if (!isStream(stdin)) {
    if (options.stdin === "piped") webStream("WritableStream", 'stdin "piped"');
    return null;
  }
  if (stdin.locked) throw typeError("options.stdin is a stream that somebody else reads: it is locked");
  return stdin.getReader();
}

/** Joins a new instance to its streams. */
export function connect(instance, pipes, source) {
  const own = { stdin: null, stdout: null, stderr: null };
  if (pipes.stdout !== null) own.stdout = readable(pipes.stdout);
  if (pipes.stderr !== null) own.stderr = readable(pipes.stderr);
  if (source !== null) pump(source, pipes.stdin);
  else if (pipes.stdin !== null) own.stdin = writable(pipes.stdin);
  streams.set(instance, own);
}

/** One of an instance's streams, or null where it is not piped. */
export function streamOf(instance, name) {
  return streams.get(instance)?.[name] ?? null;
}

function readable(pipe) {
  let cancelled = false;
  const source = {
    async pull(controller) {
      const bytes = await settled(op_wasm_stdio_read(pipe));
      if (cancelled) return;
      if (bytes !== undefined) return controller.enqueue(bytes);
      op_wasm_stdio_close(pipe);
      controller.close();
    },
    cancel() {
      cancelled = true;
      op_wasm_stdio_close(pipe);
    },
  };
  // Nothing is read ahead of the app: what the guest has written stays in the pipe, which has a bound.
  const ReadableStream = webStream("ReadableStream", 'output to "piped"');
  const stream = new ReadableStream(source, { highWaterMark: 0 });
  forgotten.register(stream, pipe);
  return stream;
}

function writable(pipe) {
  const close = () => op_wasm_stdio_close(pipe);
  const sink = {
    start(controller) {
      // A write under way would hold up the abort for as long as the guest does not read.
      controller.signal?.addEventListener("abort", close);
      failAtEnd(new WeakRef(controller), pipe);
    },
    write: (chunk) => settled(op_wasm_stdio_write(pipe, asChunk(chunk))),
    close,
    abort: close,
  };
  const WritableStream = webStream("WritableStream", 'stdin "piped"');
  const stream = new WritableStream(sink);
  forgotten.register(stream, pipe);
  return stream;
}

/** Fails a stream, unless it is closed already, when its guest reads no more. Does not hold the stream meanwhile. */
function failAtEnd(controller, pipe) {
  settled(unref(op_wasm_stdio_closed(pipe))).catch((error) => controller.deref()?.error(error));
}

function asChunk(chunk) {
  return typeof chunk === "string" ? core.encode(chunk) : asBytes(chunk, "a chunk for stdin");
}

/** Our own waiting does not keep the app alive. */
function unref(operation) {
  core.unrefOpPromise(operation);
  return operation;
}

/** Feeds a stream of the app to a guest. Where the stream fails, the input ends; where the guest does, the stream is cancelled. */
async function pump(reader, pipe) {
  const cancel = (reason) => reader.cancel(reason).catch(() => {});
  unref(op_wasm_stdio_closed(pipe)).then(() => cancel("the guest reads no more"));
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      await settled(unref(op_wasm_stdio_write(pipe, asChunk(value))));
    }
  } catch (error) {
    cancel(error);
  } finally {
    op_wasm_stdio_close(pipe);
  }
}
