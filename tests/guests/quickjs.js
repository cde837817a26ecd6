// qjs-wasi-reactor.wasm, QuickJS as a library from a Python package: a reactor. The app writes an argv into its memory and calls.
import { compileFile, inspect, instances, instantiate } from "runtime:wasm";
import { equal, ok, rejects, test } from "./check.js";
import { lineReader, readAll } from "./lib/streams.js";

const module = await compileFile("./guests/qjs-wasi-reactor.wasm");
const encoder = new TextEncoder();
const SAY_BEGUN = "print('begun'); std.out.flush();";

/** An engine, and a function that evaluates code in it, once. */
async function engine(options) {
  const instance = await instantiate(module, { name: "qjs", ...options });
  await instance.call("_initialize");
  return {
    instance,
    async evaluate(code, limits = {}) {
      const args = ["qjs", "--std", "-e", code].map((arg) => encoder.encode(`${arg}\0`));
      const rooms = [...args.map(({ length }) => length), 4 * args.length];
      const places = (await instance.callBatch(rooms.map((bytes) => ["malloc", bytes]))).flat();
      const argv = places.pop();
      for (const [i, arg] of args.entries()) await instance.memory.write(places[i], arg);
      await instance.memory.write(argv, new Uint32Array(places));
      return await instance.callWith(limits, "qjs_init_argv", args.length, argv);
    },
  };
}

test("what it wants is known before it runs", async () => {
  const { needs, exports, customSections, producers } = await inspect(module);
  equal([needs.host, needs.wasi.functions.length], [[], 21]);
  ok(exports.some(({ name }) => name === "qjs_init_argv"));
  ok(customSections.some(({ name }) => name === ".debug_line"));
  ok("processed-by" in producers, JSON.stringify(producers));
});

test("it evaluates, and its output is a stream", async () => {
  const { instance, evaluate } = await engine({ stdout: "piped" });
  const line = lineReader(instance.stdout);
  await evaluate("print(2n ** 64n, [1, 2, 3].map((n) => n * n).join())");
  equal(await line(), "18446744073709551616 1,4,9");
  const { hostCalls, calls, memoryBytes } = await instance.stats();
  ok(hostCalls > 0 && calls >= 7, `${hostCalls}, ${calls}`);
  equal(memoryBytes, 65536 * await instance.memory.size());
  await instance.drop();
  equal(await line(), null);
});

test("an exit from any export has its code", async () => {
  for (const code of [0, 5, 255]) {
    const { instance, evaluate } = await engine();
    const outcome = await evaluate(`std.exit(${code})`).catch((error) => error);
    equal(code === 0 ? outcome : outcome.exitCode, code === 0 ? [] : code);
    await instance.drop();
  }
});

test("interactive: a line in, an answer out, the next line", async () => {
  const { instance, evaluate } = await engine({ stdin: "piped", stdout: "piped" });
  const line = lineReader(instance.stdout);
  const writer = instance.stdin.getWriter();
  const running = evaluate(`
    for (let code; (code = std.in.getline()) !== null;) { print((0, eval)(code)); std.out.flush(); }
    print("bye"); std.out.flush()`);
  for (const [code, answer] of [["var n = 6 * 7; n", "42"], ["n + 1", "43"], ["[3, 1, 2].sort().join('')", "123"]]) {
    await writer.write(`${code}\n`);
    equal(await line(), answer);
  }
  await writer.close();
  equal(await line(), "bye");
  await running;
  await instance.drop();
});

test("one that sleeps holds up neither others nor the app", async () => {
  const [slow, quick] = [await engine({ stdout: "piped" }), await engine({ stdout: "piped" })];
  const sleeping = slow.evaluate(`${SAY_BEGUN} os.sleep(3_600_000)`);
  sleeping.catch(() => {});
  equal(await lineReader(slow.instance.stdout)(), "begun");
  const line = lineReader(quick.instance.stdout);
  await quick.evaluate("print(6 * 7)");
  equal(await line(), "42");
  await slow.instance.terminate("enough");
  await rejects(sleeping, 5002, "enough");
  await quick.instance.drop();
});

test("a loop without end is ended by time, signal, fuel, drop and terminate", async () => {
  const ends = [
    [{}, { timeoutMs: 30 }, null, 5011, "30 ms"],
    [{ limits: { fuel: 500_000_000 } }, { fuel: 10_000_000 }, null, 5011, "10000000 of fuel"],
    [{}, {}, (instance) => instance.drop(), 5002, "dropped"],
    [{}, {}, (instance) => instance.terminate("enough"), 5002, "enough"],
  ];
  for (const [options, limits, end, code, ...parts] of ends) {
    const { instance, evaluate } = await engine({ stdout: "piped", ...options });
    const running = evaluate(`${SAY_BEGUN} for (;;) {}`, limits);
    running.catch(() => {});
    if (end !== null) {
      equal(await lineReader(instance.stdout)(), "begun");
      await end(instance);
    }
    await rejects(running, code, "qjs_init_argv", ...parts);
    if (options.limits?.fuel) {
      const used = (await instance.stats()).fuelUsed;
      equal([used >= 10_000_000n, await instance.addFuel(1000)], [true, 500_001_000n - used]);
      await evaluate("1 + 1");
      await instance.drop();
    }
    ok(["timeout", "dropped", "terminated"].includes((await instance.closed).reason));
    equal((await instances()).some(({ id }) => id === instance.id), false);
  }
  const controller = new AbortController();
  const { instance, evaluate } = await engine({ stdout: "piped" });
  const running = evaluate(`${SAY_BEGUN} for (;;) {}`, { signal: controller.signal }).then(() => null, (error) => error);
  equal(await lineReader(instance.stdout)(), "begun");
  controller.abort("over");
  equal([await running, (await instance.closed).reason], ["over", "aborted"]);
});

test("it meets its memory's bound as an error of its own", async () => {
  const { instance, evaluate } = await engine({ stdout: "piped", limits: { memoryBytes: 16 * 2 ** 20 } });
  const line = lineReader(instance.stdout);
  const code = "const kept = []; try { for (;;) kept.push(new Uint8Array(1 << 20)); } catch (error) { print(error); }";
  await evaluate(code);
  ok((await line()).includes("out of memory"));
  ok((await instance.stats()).memoryBytes <= 16 * 2 ** 20);
  await instance.drop();
});

test("a trap names functions, files and lines, and the call; the instance goes on", async () => {
  const { instance, evaluate } = await engine({ stdout: "piped" });
  const error = await rejects(instance.call("free", 70000), 5002, "memory out of bounds");
  equal([error.trap, error.call, error.import], ["memory out of bounds", { name: "free", args: [70000] }, undefined]);
  const library = "wasisdk://v29.0/build/sysroot/wasi-libc-wasm32-wasi/dlmalloc/src";
  equal(error.guestStack, [`dlfree (${library}/malloc.c:4763:13)`, `free (${library}/dlmalloc.c:72:5)`]);
  const line = lineReader(instance.stdout);
  await evaluate("print('still here')");
  equal(await line(), "still here");
  await instance.drop();
});

test("after a trap it is restarted, and evaluates again", async () => {
  const { instance, evaluate } = await engine({ stdout: "piped", restart: { on: ["trap"], max: 2, backoffMs: 0 } });
  const line = lineReader(instance.stdout);
  await rejects(instance.call("free", 70000), 5002, "memory out of bounds");
  await instance.call("_initialize");
  await evaluate("print('again')");
  equal(await line(), "again");
  equal((await instance.stats()).restarts.map(({ reason }) => reason), ["trap"]);
  await instance.drop();
});

test("a block that uses an engine gives it back", async () => {
  let closed, output;
  {
    await using instance = (await engine({ stdout: "piped" })).instance;
    ({ closed } = instance);
    output = readAll(instance.stdout);
    const { malloc, free } = instance.exports;
    const [a, b] = await Promise.all([malloc(16), malloc(16)]);
    ok(a > 0 && b > a, `${a}, ${b}`);
    equal(await free(a), undefined);
  }
  equal([await closed, await output], [{ reason: "dropped" }, ""]);
});
