// Runs a program for a shell that is a component, with arguments, variables, a folder and its streams. Its arguments are the engine's name and the program's
// language; which is command.wasm beside it.

import { args } from "runtime:app";
import { compileFile, instantiate } from "runtime:wasm";
import { equal, test } from "./check.js";

const language = args[1];
const module = await compileFile("./command.wasm");

async function text(stream) {
  const decoder = new TextDecoder();
  let said = "";
  for await (const chunk of stream) said += decoder.decode(chunk, { stream: true });
  return said;
}

/** What it prints on both streams, and its exit code, or the trap that ends it. */
async function run(words) {
  const instance = await instantiate(module, {
    args: ["program", ...words],
    env: { A: "1", B: "two words" },
    preopens: { "/box": "./box" },
    stdin: new TextEncoder().encode("some input"),
    stdout: "piped",
    stderr: "piped",
  });
  const ended = instance.run().then(({ exitCode }) => exitCode, ({ code, trap }) => [code, trap]);
  const reading = [text(instance.stdout), text(instance.stderr)];
  const code = await ended;
  await instance.drop();
  return [...await Promise.all(reading), code];
}

const programs = {
  async c() {
    const said = 'argument 0: program\nargument 1: /box\nenvironment: A=1\nenvironment: B=two words\ninput: 10 bytes: some input\nentry: a.txt\n';
    equal(await run(["/box"]), [said, "done\n", 0]);
    // A component tells of success or failure, not of a number.
    const [, , code] = await run(["/box", "7"]);
    equal(code, 1);
  },
  async js() {
    const said = 'arguments: ["program","x"]\nenvironment: [["A","1"],["B","two words"]]\n';
    equal(await run(["x"]), [said, "to the other stream\n", 0]);
    const [, , code] = await run(["--fail"]);
    equal(code, 1);
  },
  async py() {
    const said = "arguments: ['program', '/box']\nenvironment: [('A', '1'), ('B', 'two words')]\ninput: some input\nentries: ['a.txt']\n";
    equal(await run(["/box"]), [said, "to the other stream\n", 0]);
    // What componentize-py makes of an error that the world knows nothing of.
    const [, errors, code] = await run(["/nowhere"]);
    equal([code, errors.includes("FileNotFoundError")], [[5002, "unreachable"], true]);
  },
};

test("it sees what it is given, and its end is a code", programs[language]);
