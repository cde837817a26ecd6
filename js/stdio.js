// Standard streams of guests as web streams. A pipe with a bound is behind each (src/actor/protocol/pipe.rs), so a guest that writes
// ahead of its reader waits, and so does an app that writes ahead of its guest.

import { closeHandle, encode, ops, refOp, unrefOp, primordials } from "ext:runtime_wasm/port.js";
import { asBytes, guarded } from "ext:runtime_wasm/convert.js";
import { isFailure, settled, typeError } from "ext:runtime_wasm/error.js";
import { isStream } from "ext:runtime_wasm/options.js";
import { onAbort } from "ext:runtime_wasm/signals.js";
import { membersOf, neededClass, webClass } from "ext:runtime_wasm/web.js";

const { op_wasm_stdio_closed, op_wasm_stdio_is_over, op_wasm_stdio_read, op_wasm_stdio_write } = ops;
const { ObjectGetPrototypeOf, PromisePrototypeCatch, PromisePrototypeThen, SafeFinalizationRegistry, SafeWeakMap, SafeWeakRef } = primordials;

/** The streams of each instance that has any. */
const streams = new SafeWeakMap();

/** A stream that nobody can reach any more is closed: its guest must not wait for it. */
const forgotten = new SafeFinalizationRegistry((pipe) => closeHandle(pipe));

/** By its kind, the methods of the class of what a stream gives us: a reader, a controller. Those of the first are those of all. */
const members = { __proto__: null };

function methodsOf(kind, object, keys) {
  return members[kind] ??= membersOf(ObjectGetPrototypeOf(object), keys);
}

const ofReader = (reader) => methodsOf("reader", reader, ["read", "cancel", "releaseLock"]);
const ofReadable = (controller) => methodsOf("readable", controller, ["enqueue", "close"]);
const ofWritable = (controller) => methodsOf("writable", controller, ["signal", "error"]);

/**
 * Checks that the streams that the op's options ask for can be had, and takes hold of the stream that feeds stdin.
 * Gives its reader, or null.
 */
export function prepare(options, stdin) {
  if (options.stdout === "piped" || options.stderr === "piped") neededClass("ReadableStream", 'output to "piped"');
  if (!isStream(stdin)) {
    if (options.stdin === "piped") neededClass("WritableStream", 'stdin "piped"');
    return null;
  }
  return guarded("options.stdin", () => {
    const { locked, getReader } = membersOf(webClass("ReadableStream").prototype, ["locked", "getReader"]);
    if (locked(stdin)) throw typeError("options.stdin is a stream that somebody else reads: it is locked");
    return getReader(stdin);
  });
}

/** Lets go of a stream that feeds nobody. */
export function release(source) {
  if (source === null) return;
  const { releaseLock } = ofReader(source);
  releaseLock(source);
}

/** Joins a new instance to its streams. */
export function connect(instance, pipes, source) {
  const own = { __proto__: null, stdin: null, stdout: null, stderr: null, input: pipes.stdin, inputOver: null };
  if (pipes.stdin !== null) own.inputOver = unref(op_wasm_stdio_closed(pipes.stdin, instance.id));
  if (pipes.stdout !== null) own.stdout = readable(pipes.stdout);
  if (pipes.stderr !== null) own.stderr = readable(pipes.stderr);
  if (source !== null) pump(source, pipes.stdin, instance.id, own.inputOver);
  else if (pipes.stdin !== null) own.stdin = writable(pipes.stdin, instance.id, own.inputOver);
  streams.set(instance, own);
}

/** One of an instance's streams, or null where it is not piped. */
export function streamOf(instance, name) {
  return streams.get(instance)?.[name] ?? null;
}

/**
 * Resolves once the stream that feeds an instance knows that its guest reads no more, if that is so. To be waited for before a command's
 * end is told: what told the stream alone would not keep the app alive, which may wait for that very stream next.
 */
export async function inputHeard(instance) {
  const own = streams.get(instance);
  if (own === undefined || own.inputOver === null || !op_wasm_stdio_is_over(own.input)) return;
  refOp(own.inputOver);
  await own.inputOver;
}

function readable(pipe) {
  let cancelled = false;
  const source = {
    __proto__: null,
    async pull(controller) {
      const bytes = await settled(op_wasm_stdio_read(pipe));
      if (cancelled) return;
      if (bytes !== undefined) return ofReadable(controller).enqueue(controller, bytes);
      closeHandle(pipe);
      ofReadable(controller).close(controller);
    },
    cancel() {
      cancelled = true;
      closeHandle(pipe);
    },
  };
  // Nothing is read ahead of the app: what the guest has written stays in the pipe, which has a bound.
  const ReadableStream = neededClass("ReadableStream", 'output to "piped"');
  const stream = new ReadableStream(source, { __proto__: null, highWaterMark: 0 });
  forgotten.register(stream, pipe);
  return stream;
}

function writable(pipe, instance, over) {
  const close = () => closeHandle(pipe);
  const sink = {
    __proto__: null,
    start(controller) {
      // A write under way would hold up the abort for as long as the guest does not read.
      onAbort(ofWritable(controller).signal?.(controller), close);
      failAtEnd(new SafeWeakRef(controller), over);
    },
    write: (chunk) => settled(op_wasm_stdio_write(pipe, instance, asChunk(chunk))),
    close,
    abort: close,
  };
  const WritableStream = neededClass("WritableStream", 'stdin "piped"');
  const stream = new WritableStream(sink, { __proto__: null, highWaterMark: 1 });
  forgotten.register(stream, pipe);
  return stream;
}

/** Fails a stream, unless it is closed already, when its guest reads no more. Does not hold the stream meanwhile. */
function failAtEnd(controller, over) {
  PromisePrototypeCatch(settled(over), (error) => {
    const held = controller.deref();
    if (held !== undefined) ofWritable(held).error(held, error);
  });
}

function asChunk(chunk) {
  return typeof chunk === "string" ? encode(chunk) : asBytes(chunk, "a chunk for stdin");
}

/** Our own waiting does not keep the app alive. */
function unref(operation) {
  unrefOp(operation);
  return operation;
}

/** Feeds a stream of the app to a guest. Where the stream fails, the input ends; where the guest does, the stream is cancelled. */
async function pump(reader, pipe, instance, over) {
  const { read, cancel: cancelling } = ofReader(reader);
  const cancel = (reason) => PromisePrototypeCatch(cancelling(reader, reason), () => {});
  // Nothing is given back: a promise would be asked for its `then`.
  PromisePrototypeThen(over, () => void cancel("the guest reads no more"));
  try {
    for (;;) {
      const { done, value } = await read(reader);
      if (done) break;
      // It fails where nobody reads any more; the stream is cancelled for that above, with one reason.
      if (isFailure(await unref(op_wasm_stdio_write(pipe, instance, asChunk(value))))) break;
    }
  } catch (error) {
    cancel(error);
  } finally {
    closeHandle(pipe);
  }
}
