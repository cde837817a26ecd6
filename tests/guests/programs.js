// WASI commands from Python packages: a solver that ends with 10, a renderer, and one that has atomic instructions.
import { compileFile, inspect, instantiate } from "runtime:wasm";
import { equal, ok, rejects, test } from "./check.js";
import { readAll } from "./lib/streams.js";

const boolector = await compileFile("./guests/boolector.wasm");
const resvg = await compileFile("./guests/resvg.wasm");

async function run(module, options) {
  const instance = await instantiate(module, { stdout: "piped", stderr: "piped", ...options });
  const [{ exitCode }, output, errors] = await Promise.all([instance.run(), readAll(instance.stdout), readAll(instance.stderr)]);
  await instance.drop();
  return { exitCode, output, errors };
}

const PROBLEM = `(set-logic QF_BV)
(declare-fun x () (_ BitVec 8))
(assert (= (bvmul x #x03) #x2a))
(assert (bvult x #x10))
(check-sat)
`;

test("boolector finds a solution and exits with 10, which is an answer", async () => {
  const { exitCode, output, errors } = await run(boolector, { args: ["boolector", "-m"], stdin: PROBLEM });
  equal([exitCode, errors], [10, ""]);
  ok(output.startsWith("sat\n") && output.includes("00001110"), output);
});

test("boolector says that there is none, and exits with 20", async () => {
  const stdin = PROBLEM.replace("#x10", "#x05");
  equal(await run(boolector, { args: ["boolector"], stdin }), { exitCode: 20, output: "unsat\n", errors: "" });
});

test("by `call`, another exit code than 0 is an error with the code", async () => {
  const instance = await instantiate(boolector, { args: ["boolector"], stdin: PROBLEM });
  const error = await rejects(instance.call("_start"), 5002, "exited with code 10");
  equal([error.exitCode, error.call], [10, { name: "_start", args: [] }]);
  await instance.drop();
});

test("resvg renders a picture, from one stream into another", async () => {
  const picture = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><circle cx="9" cy="9" r="8" fill="red"/></svg>';
  const { exitCode, output } = await run(resvg, { args: ["resvg", "-", "-c"], stdin: picture });
  equal(exitCode, 0);
  // A warning stands before it.
  ok(output.includes("PNG\r\n\x1a\n") && output.includes("IEND"), output);
});

test("ecppll, whose library was built for threads, finds the divisors of a clock", async () => {
  const pll = await compileFile("./guests/ecppll.wasm");
  const { exitCode, output } = await run(pll, { args: ["ecppll", "--clkin", "25", "--clkout0", "50"] });
  equal(exitCode, 0);
  ok(output.includes("Feedback divisor: 2") && output.includes("clkout0 frequency: 50 MHz"), output);
});

test("what they want is known before they run", async () => {
  for (const [module, functions, language] of [[boolector, 15, undefined], [resvg, 16, "Rust"]]) {
    const { needs, producers, start } = await inspect(module);
    equal([needs.host, needs.wasi.functions.length, start], [[], functions, false]);
    equal(producers.language?.[0].name, language);
  }
});
