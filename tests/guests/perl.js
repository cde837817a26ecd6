// zeroperl.wasm, the Perl of an npm package: 25 MB that want WASI and one host function. Its own JavaScript drives it by
// synchronous exports; here the same exports are awaited.
import { compileFile, inspect, instances, instantiate } from "runtime:wasm";
import { equal, ok, rejects, test, ticks } from "./check.js";
import { die, evaluate, newText, register, textsOf, variable } from "./lib/perl.js";
import { lineReader, readAll } from "./lib/streams.js";

const module = await compileFile("./guests/zeroperl.wasm");
const CALL_HOST = { module: "env", name: "call_host_function" };

/** A Perl in which each of these functions can be called by its name; each gets texts and gives a text. */
async function perl(functions = {}, options = {}) {
  const names = Object.keys(functions);
  async function call_host_function(number, count, at) {
    const result = await functions[names[number]].apply(this, await textsOf(this, count, at));
    return typeof result === "string" ? await newText(this, result) : result;
  }
  const imports = { env: { call_host_function } };
  const instance = await instantiate(module, { name: "perl", preopens: { "/": "./perl" }, imports, ...options });
  await instance.call("_initialize");
  equal(await instance.call("zeroperl_init"), [0]);
  for (const [number, name] of names.entries()) await register(instance, number, name);
  return instance;
}

test("what it wants is known before it runs", async () => {
  const { needs, exports, bytes, sha256, start, name } = await inspect(module);
  equal(needs.host, [{ ...CALL_HOST, kind: "function", params: ["i32", "i32", "i32"], results: ["i32"] }]);
  equal([needs.wasi.versions, needs.wasi.functions.length], [["wasi_snapshot_preview1"], 31]);
  equal([bytes, sha256.slice(0, 8), start, name], [25358252, "a6ae97f1", false, undefined]);
  const evaluate = exports.find(({ name }) => name === "zeroperl_eval");
  equal(evaluate, { name: "zeroperl_eval", kind: "function", params: ["i32", "i32", "i32", "i32"], results: ["i32"] });
  await rejects(instantiate(module), 5001, '"env" "call_host_function" is missing: expected a function (i32, i32, i32) -> (i32)');
});

test("host functions, sync and async, beside WASI", async () => {
  const functions = {
    joined: (...texts) => texts.join("+"),
    async later(text) {
      await ticks(2);
      return text.toUpperCase();
    },
  };
  const instance = await perl(functions, { stdout: "piped", stderr: "piped", env: { GREETING: "hello" } });
  const [printed, complained] = [readAll(instance.stdout), readAll(instance.stderr)];
  equal(await evaluate(instance, '$| = 1; print "$ENV{GREETING} ", joined("a", 2, 1.5), " ", later("loud"), "\\n"; warn "careful\\n"'), "");
  equal(await evaluate(instance, "$sum = 0; $sum += $_ for 1 .. 1000"), "");
  equal(await variable(instance, "sum"), "500500");
  const { calls, hostCalls, cpuMs, state } = await instance.stats();
  ok(calls > 20 && hostCalls > 5 && cpuMs > 0 && state === "idle", `${calls} ${hostCalls} ${cpuMs} ${state}`);
  await instance.drop();
  equal([await printed, await complained], ["hello a+2+1.5 LOUD\n", "careful\n"]);
});

test("exports and globals are those of the module", async () => {
  const instance = await perl();
  const { exports, globals } = instance;
  equal([await exports.zeroperl_is_initialized(), await exports.zeroperl_clear_error()], [1, undefined]);
  const stack = await globals.get("__stack_pointer");
  ok(stack > 0, String(stack));
  await globals.set("__stack_pointer", stack - 64);
  equal(await evaluate(instance, "$n = 1"), "");
  equal(await globals.get("__stack_pointer"), stack - 64);
  await rejects(globals.set("__memory_base", 1), 5007, "__memory_base");
  await instance.drop();
});

test("files in a preopen are Perl's files", async () => {
  const instance = await perl({}, { preopens: { "/": "./perl", "/work": "./work" } });
  const code = `open(my $out, ">", "/work/note") or die $!; print $out "one\\ntwo\\n"; close $out;
    open(my $in, "<", "/work/note") or die $!; @lines = <$in>; $count = @lines; $last = $lines[-1];
    open(my $no, "<", "/etc/passwd") and die "opened"; unlink "/work/note" or die $!`;
  equal(await evaluate(instance, code), "");
  equal([await variable(instance, "count"), await variable(instance, "last")], ["2", "two\n"]);
  await instance.drop();
});

test("a host function that throws traps the guest; its cause is the thrown value itself", async () => {
  for (const thrown of [new Error("boom"), "a text", undefined]) {
    const instance = await perl({ fails() { throw thrown; }, rejects: () => Promise.reject(thrown) });
    for (const name of ["fails", "rejects"]) {
      const error = await rejects(evaluate(instance, `${name}(1)`), 5002, '"env" "call_host_function" threw', "zeroperl_eval");
      ok("cause" in error && error.cause === thrown, "another cause");
      equal([error.import, error.call.name, error.trap], [CALL_HOST, "zeroperl_eval", undefined]);
      equal(error.guestStack.at(-1), "zeroperl_eval");
    }
    await instance.drop();
  }
});

test("a result of a wrong type is 5007, and tells the same", async () => {
  const instance = await perl({ wrong: () => ({}) });
  const error = await rejects(evaluate(instance, "wrong()"), 5007, "the result of", '"env" "call_host_function"', "an object");
  equal([error.import, error.call.name], [CALL_HOST, "zeroperl_eval"]);
  equal(error.guestStack.at(-1), "zeroperl_eval");
  await instance.drop();
});

test("an error can be Perl's own instead", async () => {
  const instance = await perl({ async refuses(what) { return await die(this, `no ${what} today`); } });
  equal(await evaluate(instance, '$said = eval { refuses("luck"); 1 } ? "fine" : $@'), "");
  ok((await variable(instance, "said")).startsWith("no luck today"), await variable(instance, "said"));
  const said = await evaluate(instance, 'die "enough\\n"');
  equal(said, "enough\n");
  ok((await evaluate(instance, "1 +")).startsWith("syntax error"));
  equal(await evaluate(instance, "1 + 2"), "");
  await instance.drop();
});

test("guest, host, guest, host: a handler evaluates code that calls a handler", async () => {
  let instance;
  const seen = [];
  const functions = {
    async outer(text) {
      seen.push(this.instance === instance, (await this.instance.stats()).state);
      equal(await evaluate(this, `$inner = inner("${text}", 7)`), "");
      return `outer(${await variable(this, "inner")})`;
    },
    inner: (...texts) => `inner(${texts})`,
  };
  instance = await perl(functions);
  equal(await evaluate(instance, '$result = outer("x")'), "");
  equal(await variable(instance, "result"), "outer(inner(x,7))");
  equal(seen, [true, "waiting"]);
  await instance.drop();
});

test("what fails deep inside is told by each level", async () => {
  const thrown = new Error("innermost");
  const functions = {
    async outer() {
      await evaluate(this, "inner()");
    },
    async inner() {
      await ticks(1);
      throw thrown;
    },
  };
  const instance = await perl(functions);
  const error = await rejects(evaluate(instance, "outer()"), 5002, "threw");
  const { cause } = error;
  equal([cause.code, cause.call.name, cause.import], [5002, "zeroperl_eval", CALL_HOST]);
  ok(cause.cause === thrown, "another cause");
  const depths = [error, cause].map(({ guestStack }) => guestStack.filter((frame) => frame === "zeroperl_eval").length);
  equal(depths, [1, 2]);
  await instance.drop();
});

test("interactive: a line in, an answer out, the next line", async () => {
  const instance = await perl({}, { stdin: "piped", stdout: "piped" });
  const line = lineReader(instance.stdout);
  const writer = instance.stdin.getWriter();
  const running = evaluate(instance, '$| = 1; while (my $code = <STDIN>) { print eval($code), "\\n" } print "bye\\n"');
  for (const [code, answer] of [["$n = 6 * 7", "42"], ["$n + 1", "43"], ['join "-", map { $_ ** 2 } 1 .. 3', "1-4-9"]]) {
    await writer.write(`${code}\n`);
    equal(await line(), answer);
  }
  await writer.close();
  equal([await line(), await running], ["bye", ""]);
  await instance.drop();
  equal(await line(), null);
});

test("a Perl that loops is seen, blocks nobody, and is ended in each way", async () => {
  const other = await perl();
  const ends = [
    [(instance) => instance.terminate("enough"), 5002, "enough"],
    [(instance) => instance.drop(), 5002, "dropped"],
    [(instance) => instance[Symbol.asyncDispose](), 5002, "dropped"],
  ];
  for (const [end, code, ...parts] of ends) {
    let begun = false;
    const instance = await perl({ begin: () => String(begun = true) });
    const running = evaluate(instance, "begin(); 1 while 1");
    running.catch(() => {});
    while (!begun || (await instances()).find(({ id }) => id === instance.id).state !== "running") await ticks(1);
    equal(await evaluate(other, "$n = 2"), "");
    await end(instance);
    await rejects(running, code, "zeroperl_eval", ...parts);
    await rejects(instance.call("zeroperl_init"), 5005);
  }
  const controller = new AbortController();
  const reason = new Error("changed my mind");
  const instance = await perl({ pause: () => new Promise(() => controller.abort(reason)) }, { signal: controller.signal });
  const caught = await evaluate(instance, "pause()").then(() => null, (error) => error);
  ok(caught === reason, "another reason");
  equal((await instance.closed).reason, "aborted");
  await other.drop();
});
