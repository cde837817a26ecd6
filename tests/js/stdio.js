import { compileFile, instantiate } from "runtime:wasm";
import { busy, collected, equal, ok, rejects, test, ticks } from "./check.js";

const stdio = await compileFile("./wasm/stdio.wasm");
const basic = await compileFile("./wasm/basic.wasm");
const PIPE_BYTES = 64 * 1024;
const EPIPE = 64;
const APP = 4096;
const text = (bytes) => new TextDecoder().decode(bytes);

async function readAll(stream) {
  const chunks = [];
  for await (const chunk of stream) {
    ok(chunk instanceof Uint8Array, `a chunk is ${chunk}`);
    chunks.push(chunk);
  }
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** Bytes of all values, in an order that shows a piece that is lost, doubled or moved. */
function pattern(length) {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * 7 + (i >> 16)) & 255);
}

function same(found, expected) {
  equal(found.length, expected.length, "length");
  const at = found.findIndex((byte, i) => byte !== expected[i]);
  equal(at, -1, "the first byte that differs");
}

test("streams that are not piped are null", async () => {
  for (const options of [{}, { stdin: "some text", stdout: "null", stderr: "null" }]) {
    const instance = await instantiate(stdio, options);
    equal([instance.stdin, instance.stdout, instance.stderr], [null, null, null]);
    await instance.drop();
  }
});

test("a command's output is a stream that ends when the command does", async () => {
  const instance = await instantiate(stdio, { stdin: "a text\n", stdout: "piped", stderr: "piped" });
  const [{ exitCode }, output, errors] = await Promise.all([instance.run(), readAll(instance.stdout), readAll(instance.stderr)]);
  equal([exitCode, text(output), errors.length], [0, "a text\n", 0]);
  await instance.drop();
});

test("what was written can be read after the command, and after the drop", async () => {
  const instance = await instantiate(stdio, { stdin: "still there", stdout: "piped" });
  equal(await instance.run(), { exitCode: 0 });
  await instance.drop();
  equal(text(await readAll(instance.stdout)), "still there");
});

test("who takes the end of the output for the end of the command may drop it", async () => {
  for (let i = 0; i < 50; i++) {
    const instance = await instantiate(stdio, { stdin: "x", stdout: "piped" });
    const running = instance.run().then(({ exitCode }) => exitCode, (error) => error);
    await readAll(instance.stdout);
    await instance.drop();
    equal(await running, 0);
  }
});

test("interactive: write a line, read the answer, write the next", async () => {
  const instance = await instantiate(stdio, { stdin: "piped", stdout: "piped" });
  const running = instance.run();
  const writer = instance.stdin.getWriter();
  const reader = instance.stdout.getReader();
  for (let i = 0; i < 100; i++) {
    await writer.write(i % 2 ? `line ${i}\n` : new TextEncoder().encode(`line ${i}\n`));
    equal(text((await reader.read()).value), `line ${i}\n`);
  }
  await writer.close();
  equal(await running, { exitCode: 0 });
  equal((await reader.read()).done, true);
  await instance.drop();
});

test("large binary data is intact both ways", async () => {
  const sent = pattern(3 * 1024 * 1024 + 17);
  for (const feed of ["piped", "stream", "bytes"]) {
    const chunks = new ReadableStream({
      start(controller) {
        for (let at = 0; at < sent.length; at += 100_000) controller.enqueue(sent.subarray(at, at + 100_000));
        controller.close();
      },
    });
    const instance = await instantiate(stdio, { stdin: { piped: "piped", stream: chunks, bytes: sent }[feed], stdout: "piped" });
    equal(instance.stdin === null, feed !== "piped");
    const running = instance.run();
    const writer = instance.stdin?.getWriter();
    writer?.write(sent);
    writer?.close();
    same(await readAll(instance.stdout), sent);
    equal(await running, { exitCode: 0 });
    await instance.drop();
  }
});

test("a reactor's streams stay open until it ends", async () => {
  const instance = await instantiate(stdio, { stderr: "piped" });
  const reader = instance.stderr.getReader();
  for (const word of ["one", "two"]) {
    await instance.memory.write(APP, new TextEncoder().encode(word));
    equal(await instance.call("write", 2, APP, 3), [0]);
    equal(text((await reader.read()).value), word);
  }
  const last = reader.read();
  await instance.drop();
  equal((await last).done, true);
});

test("writing nothing is harmless", async () => {
  const instance = await instantiate(stdio, { stdout: "piped" });
  for (let i = 0; i < 1000; i++) equal(await instance.call("write", 1, APP, 0), [0]);
  await instance.drop();
  equal((await readAll(instance.stdout)).length, 0);
});

/** Fills an output's pipe, so that the next write waits. */
async function fill(instance, fd) {
  for (let i = 0; i < PIPE_BYTES / 4096; i++) equal(await instance.call("write", fd, APP, 4096), [0]);
}

test("a guest that nobody reads blocks in its own write, and is terminated at once", async () => {
  const instance = await instantiate(stdio, { stdout: "piped" });
  await fill(instance, 1);
  const other = await instantiate(basic);
  let settled = false;
  const flood = instance.call("flood", 1, 1000).finally(() => (settled = true));
  flood.catch(() => {});
  await busy(instance);
  await ticks(5);
  equal(await other.call("add", 1, 2), [3]);
  ok(!settled, "it has returned");
  await instance.terminate("enough");
  await rejects(flood, 5002, "terminated", "enough");
  equal((await readAll(instance.stdout)).length, PIPE_BYTES);
  await other.drop();
});

test("a guest that blocks on a full pipe is ended by its time limit, and by a signal", async () => {
  const limited = await instantiate(stdio, { stdout: "piped" });
  await fill(limited, 1);
  await rejects(limited.callWith({ timeoutMs: 20 }, "flood", 1, 4096), 5011);
  equal((await readAll(limited.stdout)).length, PIPE_BYTES);
  const controller = new AbortController();
  const signalled = await instantiate(stdio, { stderr: "piped", signal: controller.signal });
  await fill(signalled, 2);
  const caught = signalled.call("flood", 2, 4096).then(() => null, (error) => error);
  await busy(signalled);
  controller.abort("over");
  equal(await caught, "over");
  equal((await readAll(signalled.stderr)).length, PIPE_BYTES);
});

test("cancelling the output makes the guest's write fail with EPIPE, now and later", async () => {
  const instance = await instantiate(stdio, { stdout: "piped", stderr: "piped" });
  const flood = instance.call("flood", 1, 4096);
  await ticks(2);
  const reader = instance.stdout.getReader();
  await reader.read();
  await reader.cancel();
  equal(await flood, [EPIPE]);
  equal(await instance.call("write", 1, APP, 1), [EPIPE]);
  equal(await instance.call("write", 2, APP, 1), [0]);
  const pending = instance.stderr.getReader();
  await pending.read();
  const read = pending.read();
  await pending.cancel();
  equal((await read).done, true);
  await instance.drop();
});

test("a writer ahead of its guest waits", async () => {
  const instance = await instantiate(stdio, { stdin: "piped" });
  const writer = instance.stdin.getWriter();
  await writer.write(new Uint8Array(PIPE_BYTES));
  await writer.ready;
  let written = false;
  const more = writer.write(new Uint8Array(10)).then(() => (written = true));
  let ready = false;
  const waiting = writer.ready.then(() => (ready = true));
  await ticks(10);
  equal([written, ready, writer.desiredSize], [false, false, 0]);
  equal(await instance.call("read"), [4096]);
  await Promise.all([more, waiting]);
  equal([written, ready, writer.desiredSize], [true, true, 1]);
  await instance.drop();
});

test("writing after the guest has ended errors the stream", async () => {
  for (const end of [(instance) => instance.drop(), (instance) => instance.call("_start")]) {
    const instance = await instantiate(stdio, { stdin: "piped", stdout: "piped" });
    const writer = instance.stdin.getWriter();
    const output = instance.stdout.getReader();
    await output.cancel();
    await writer.write("unread");
    await end(instance).catch(() => {});
    await rejects(writer.write("too late"), 5005, "ended");
    await rejects(writer.closed, 5005);
    await instance[Symbol.asyncDispose]();
  }
});

test("a write that waits for a guest is told when the guest is killed", async () => {
  const instance = await instantiate(stdio, { stdin: "piped" });
  const writer = instance.stdin.getWriter();
  const write = writer.write(new Uint8Array(PIPE_BYTES + 1));
  write.catch(() => {});
  await ticks(2);
  await instance.terminate();
  await rejects(write, 5005);
});

test("a chunk of another type is 5007 and ends the input", async () => {
  const instance = await instantiate(stdio, { stdin: "piped" });
  const writer = instance.stdin.getWriter();
  await rejects(writer.write(5), 5007, "chunk");
  await instance.drop();
});

test("aborting the input is its end", async () => {
  const instance = await instantiate(stdio, { stdin: "piped" });
  const running = instance.call("cat");
  await instance.stdin.abort("no more");
  equal(await running, [0]);
  await instance.drop();
});

test("a stream that never ends is pulled no faster than it is read, and cancelled when the guest ends", async () => {
  let pulled = 0;
  let cancelled;
  const over = new Promise((resolve) => (cancelled = resolve));
  const endless = new ReadableStream({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(1024).fill(pulled & 255));
    },
    cancel: cancelled,
  });
  const instance = await instantiate(stdio, { stdin: endless });
  ok(endless.locked);
  await ticks(10);
  ok(pulled > 60 && pulled < 70, `pulled ${pulled} times`);
  equal(await instance.call("read"), [4096]);
  await instance.drop();
  ok(String(await over).includes("guest"));
});

test("a stream that stays silent is cancelled too", async () => {
  let cancelled;
  const over = new Promise((resolve) => (cancelled = resolve));
  const instance = await instantiate(stdio, { stdin: new ReadableStream({ cancel: cancelled }) });
  const reading = instance.call("read");
  reading.catch(() => {});
  await busy(instance);
  await instance.terminate();
  await rejects(reading, 5002);
  await over;
});

test("a stream that fails ends the input; so does a chunk of another type", async () => {
  const failing = new ReadableStream({
    start: (controller) => controller.enqueue("before"),
    pull: () => { throw new Error("no more"); },
  }, { highWaterMark: 0 });
  let cancelled;
  const over = new Promise((resolve) => (cancelled = resolve));
  const odd = new ReadableStream({
    start: (controller) => ["bef", "ore", 5, "after"].forEach((chunk) => controller.enqueue(chunk)),
    cancel: cancelled,
  });
  for (const stdin of [failing, odd]) {
    const instance = await instantiate(stdio, { stdin, stdout: "piped" });
    equal(await instance.run(), { exitCode: 0 });
    equal(text(await readAll(instance.stdout)), "before");
    await instance.drop();
  }
  equal((await over).code, 5007);
});

test("a locked stream is 5007, and one whose instance was not made can be used again", async () => {
  const stream = new ReadableStream({ start: (controller) => { controller.enqueue("x"); controller.close(); } });
  await rejects(instantiate(stdio, { stdin: stream, args: ["a\0b"] }), 5010);
  const reader = stream.getReader();
  await rejects(instantiate(stdio, { stdin: stream }), 5007, "locked");
  reader.releaseLock();
  const instance = await instantiate(stdio, { stdin: stream });
  equal(await instance.call("read"), [1]);
  await instance.drop();
});

test("a guest without WASI has streams that are at their end", async () => {
  const instance = await instantiate(basic, { stdin: "piped", stdout: "piped" });
  equal((await readAll(instance.stdout)).length, 0);
  await rejects(instance.stdin.getWriter().write("x"), 5005);
  await instance.drop();
});

for (const [how, end] of [
  ["dropped", (instance) => instance.drop()],
  ["terminated", (instance) => instance.terminate("enough")],
  ["ended by its time limit", (instance) => rejects(instance.callWith({ timeoutMs: 10 }, "read"), 5011)],
]) {
  test(`an idle input fails when its guest is ${how}`, async () => {
    const instance = await instantiate(stdio, { stdin: "piped" });
    const writer = instance.stdin.getWriter();
    let failure;
    writer.closed.catch((error) => (failure = error));
    await end(instance);
    // It keeps no app alive by itself, so this waits by a timer.
    while (failure === undefined) await ticks(1);
    await rejects(writer.closed, 5005, "ended");
    await rejects(writer.write("x"), 5005, "ended");
    equal(writer.desiredSize, null);
  });
}

test("an input that is closed stays closed without an error", async () => {
  const instance = await instantiate(stdio, { stdin: "piped" });
  const writer = instance.stdin.getWriter();
  await writer.write("x");
  await writer.close();
  await instance.drop();
  await ticks(2);
  equal(await writer.closed, undefined);
});

test("an input can be aborted while the guest does not read what is being written", async () => {
  const instance = await instantiate(stdio, { stdin: "piped" });
  const writer = instance.stdin.getWriter();
  const write = writer.write(new Uint8Array(PIPE_BYTES + 1)).then(() => 0, (error) => error);
  const next = writer.write("never sent").then(() => 0, (error) => error);
  await ticks(2);
  await writer.abort("changed my mind");
  equal([(await write).code, await next], [5005, "changed my mind"]);
  // What was in the pipe is still read, and then the end.
  let read = 0;
  for (let count; count !== 0; read += count) [count] = await instance.call("read");
  equal(read, PIPE_BYTES);
  await instance.drop();
});

test("a string of a megabyte is the input, to the end", async () => {
  const long = "all of it, gr\u00fc\u00dfe ".repeat(70_000);
  const instance = await instantiate(stdio, { stdin: long, stdout: "piped" });
  const [{ exitCode }, output] = await Promise.all([instance.run(), readAll(instance.stdout)]);
  equal(exitCode, 0);
  ok(text(output) === long, `${output.length} bytes, or others`);
  await instance.drop();
});

test("a stream is read by one reader at a time, and one that has ended stays so", async () => {
  const instance = await instantiate(stdio, { stdin: "x", stdout: "piped" });
  ok(instance.stdout === instance.stdout, "one stream");
  await instance.run();
  const reader = instance.stdout.getReader();
  ok(await instance.stdout.cancel().then(() => null, (error) => error instanceof TypeError), "cancelled though it is locked");
  equal(text((await reader.read()).value), "x");
  for (let i = 0; i < 3; i++) equal(await reader.read(), { value: undefined, done: true });
  reader.releaseLock();
  equal((await readAll(instance.stdout)).length, 0);
  await instance.drop();
});

test("guests stand in pipes of web streams, and in each other's", async () => {
  const long = "some text, ".repeat(30_000);
  const instance = await instantiate(stdio, { stdin: "piped", stdout: "piped" });
  const running = instance.run();
  const through = new Blob([long]).stream().pipeThrough({ writable: instance.stdin, readable: instance.stdout });
  const second = await instantiate(stdio, { stdin: through, stdout: "piped" });
  const [a, b] = second.stdout.tee();
  const all = Promise.all([new Response(a).text(), readAll(b)]);
  equal([await second.run(), await running], [{ exitCode: 0 }, { exitCode: 0 }]);
  const [copy, bytes] = await all;
  ok(copy === long && text(bytes) === long, `${copy.length} and ${bytes.length} of ${long.length}`);
  for (const made of [instance, second]) await made.drop();
});

test("what is piped into a guest that ends is told, also if it has nothing to say", async () => {
  for (const source of [{}, { pull: (controller) => controller.enqueue(new Uint8Array(10_000)) }]) {
    const instance = await instantiate(stdio, { stdin: "piped" });
    let failure;
    const piping = new ReadableStream(source).pipeTo(instance.stdin).catch(({ code }) => (failure = code));
    await ticks(2);
    await instance.drop();
    while (failure === undefined) await ticks(1);
    equal([await piping, failure], [5005, 5005]);
  }
});

test("a read that was given up loses nothing", async () => {
  const instance = await instantiate(stdio, { stdout: "piped" });
  const first = instance.stdout.getReader();
  const read = first.read().then(() => "read", ({ name }) => name);
  first.releaseLock();
  equal(await read, "TypeError");
  await instance.memory.write(APP, new TextEncoder().encode("all"));
  await instance.call("write", 1, APP, 3);
  await instance.drop();
  equal(text(await readAll(instance.stdout)), "all");
});

test("cancelling the output while a command writes makes it end, with what it makes of that", async () => {
  const instance = await instantiate(stdio, { stdin: new Uint8Array(10 * PIPE_BYTES), stdout: "piped" });
  const running = instance.run();
  const reader = instance.stdout.getReader();
  await reader.read();
  await reader.cancel("enough");
  equal(await running, { exitCode: EPIPE });
  await instance.drop();
});

test("a restart keeps the streams", async () => {
  const instance = await instantiate(stdio, { stdin: "piped", stdout: "piped", restart: { backoffMs: 0 } });
  const writer = instance.stdin.getWriter();
  const reader = instance.stdout.getReader();
  const say = async (words) => {
    await instance.memory.write(APP, new TextEncoder().encode(words));
    equal(await instance.call("write", 1, APP, words.length), [0]);
  };
  await say("before");
  await rejects(instance.callWith({ timeoutMs: 10 }, "read"), 5011);
  await say(" and after");
  equal((await instance.stats()).restarts.length, 1);
  equal(text((await reader.read()).value), "before and after");
  // What was written and not read is there for the fresh guest.
  await writer.write("input");
  await rejects(instance.call("die"), 5002);
  equal(await instance.call("read"), [5]);
  await writer.close();
  equal(await instance.call("read"), [0]);
  await instance.drop();
  equal((await reader.read()).done, true);
});

for (const [how, stdin, die, code] of [
  ["a time limit", "piped", (instance) => instance.callWith({ timeoutMs: 10 }, "_start"), 5011],
  ["spent fuel", new Uint8Array(1 << 20), (instance) => instance.callWith({ fuel: 500 }, "_start"), 5011],
]) {
  test(`the streams of a command that ended by ${how} are over, also if it is restarted`, async () => {
    const options = { stdin, stdout: "piped", limits: { fuel: 2n ** 40n }, restart: { backoffMs: 0 } };
    const instance = await instantiate(stdio, options);
    await rejects(die(instance), code);
    await readAll(instance.stdout);
    equal(await instance.call("write", 1, APP, 1), [EPIPE]);
    equal((await instance.stats()).restarts.length, 1);
    if (stdin === "piped") {
      await rejects(instance.stdin.getWriter().write("x"), 5005);
      equal(await instance.call("read"), [0]);
    }
    await instance.drop();
  });
}

test("the streams of an instance that nobody refers to end", async () => {
  const { writer, reader } = await (async () => {
    const instance = await instantiate(stdio, { stdin: "piped", stdout: "piped" });
    await instance.memory.write(APP, new TextEncoder().encode("last words"));
    await instance.call("write", 1, APP, 10);
    return { writer: instance.stdin.getWriter(), reader: instance.stdout.getReader() };
  })();
  equal(text((await reader.read()).value), "last words");
  let ended;
  let failure;
  reader.read().then(({ done }) => (ended = done));
  writer.closed.catch(({ code }) => (failure = code));
  await collected(() => ended !== undefined && failure !== undefined);
  equal([ended, failure], [true, 5005]);
});

test("termination under back-pressure leaves what was written, and then the end, in both directions", async () => {
  const instance = await instantiate(stdio, { stdin: "piped", stdout: "piped" });
  const writer = instance.stdin.getWriter();
  const write = writer.write(new Uint8Array(PIPE_BYTES * 2)).then(() => 0, ({ code }) => code);
  const flood = instance.call("flood", 1, 1000).then(() => 0, ({ code }) => code);
  await busy(instance);
  await instance.terminate();
  equal([await write, await flood], [5005, 5002]);
  ok((await readAll(instance.stdout)).length <= PIPE_BYTES);
});
