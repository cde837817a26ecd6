// A batch of jobs: pictures that somebody else has drawn, rendered by a program that somebody else has written, four at a time. Each job has a log of its
// own; one that fails, hangs or takes too much is told of, and holds up no other. main.js runs it with `runtime-wasm run`, node.js on Node.
import { Progress } from "./progress.js";

const PROGRAM = "../plugins/guests/resvg.wasm";
const AT_ONCE = 4;
const LOG_BYTES = 65_536;

/** All that a stream gives, up to so many bytes. What is beyond them is read, so that the program goes on, and forgotten. */
async function bytes(stream) {
  const parts = [];
  let left = LOG_BYTES;
  for await (const part of stream) {
    if (left > 0) parts.push(part.slice(0, left));
    left -= part.length;
  }
  return parts;
}

/** Runs one; resolves to how it ended, in words, and its log. */
async function run(wasm, module, name, { picture, width }) {
  const instance = await wasm.instantiate(module, {
    name,
    args: ["resvg", "--perf", "-w", String(width), `/in/${picture}.svg`, `/out/${name}.png`],
    preopens: { "/in": { path: "./pictures", access: "read" }, "/out": "./out" },
    stdout: "piped",
    stderr: "piped",
  });
  try {
    const printed = Promise.all([bytes(instance.stdout), bytes(instance.stderr)]);
    let [failed, end] = [false, "done"];
    try {
      const { exitCode } = await instance.run();
      if (exitCode !== 0) [failed, end] = [true, `its exit code is ${exitCode}`];
    } catch (error) {
      [failed, end] = [true, `${error.name}: ${error.limit ?? error.trap ?? error.message}`];
    }
    return { failed, end, log: (await printed).flat() };
  } finally {
    // Its thread is gone before its place is free: the manifest has room for four.
    await instance.drop();
  }
}

/**
 * Runs all of the list; resolves to how many have failed. `terminal` has `write`, and `columns` where it is one; `keep(name, parts)` keeps a log.
 */
export async function batch(wasm, jobs, terminal, keep) {
  const module = await wasm.compileFile(PROGRAM);
  const progress = new Progress(terminal, jobs.length);
  const waiting = jobs[Symbol.iterator]();
  let failures = 0;
  // Each of these takes the next job once its own is over.
  async function worker() {
    for (const job of waiting) {
      const name = `${job.picture}-${job.width}`;
      progress.begin(name);
      const { failed, end, log } = await run(wasm, module, name, job).catch((error) => ({ failed: true, end: error.message, log: [] }));
      await keep(name, log);
      if (failed) failures++;
      progress.end(name, end, failed);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  progress.over();
  return failures;
}
