// A batch of jobs: pictures that somebody else has drawn, rendered by a program that somebody else has written, four at a time. Each job has a log of its
// own; one that fails, hangs or takes too much is told of, and holds up no other. main.js runs it with `runtime-wasm run`, node.js on Node.
import { Progress } from "./progress.js";

const PROGRAM = "../plugins/guests/resvg.wasm";
const AT_ONCE = 4;
const LOG_BYTES = 65_536;

/** The jobs of the list, in which `*` is each picture that there is. */
async function listed(app) {
  const names = await app.readNames("./pictures");
  const pictures = names.filter((name) => name.endsWith(".svg")).map((name) => name.slice(0, -".svg".length)).sort();
  const list = JSON.parse(await app.readTextFile("./jobs.json"));
  return list.flatMap(({ picture, width }) =>
    (picture === "*" ? pictures : [picture]).map((picture) => ({ name: `${picture}-${width}`, picture, width })));
}

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

/** Runs one; resolves to whether it failed, how it ended, in words, and its log. Once the signal aborts, it is ended where it is. */
async function run(wasm, module, { name, picture, width }, signal) {
  const instance = await wasm.instantiate(module, {
    name,
    args: ["resvg", "--perf", "-w", String(width), `/in/${picture}.svg`, `/out/${name}.png`],
    preopens: { "/in": { path: "./pictures", access: "read" }, "/out": "./out" },
    stdout: "piped",
    stderr: "piped",
    signal,
  });
  try {
    const printed = Promise.all([bytes(instance.stdout), bytes(instance.stderr)]);
    let [failed, end] = [false, "done"];
    try {
      const { exitCode } = await instance.run();
      if (exitCode !== 0) [failed, end] = [true, `its exit code is ${exitCode}`];
    } catch (error) {
      [failed, end] = [true, signal.aborted ? "stopped" : `${error.name}: ${error.limit ?? error.trap ?? error.message}`];
    }
    return { failed, end, log: (await printed).flat() };
  } finally {
    // Its thread is gone before its place is free: the manifest has room for four.
    await instance.drop();
  }
}

/**
 * Runs all that the list names; resolves to whether all is done. `app` is what the batch has of the program that it runs in:
 * - `readTextFile(path)`, `readNames(folder)`, `writeFile(path, parts)` and `remove(path)`, which is content if there is nothing;
 * - `write(text)` to its output, and `columns`, the width of the terminal that this is, undefined where it is none;
 * - `signal`, which aborts when the batch is to end: what runs is stopped, what has not begun does not begin, and all is said and written down.
 */
export async function batch(wasm, app) {
  const { signal } = app;
  const jobs = await listed(app);
  const module = await wasm.compileFile(PROGRAM);
  const progress = new Progress(app, jobs.length);
  const waiting = jobs[Symbol.iterator]();
  // Each of these takes the next job once its own is over.
  async function worker() {
    for (const job of waiting) {
      if (signal.aborted) return;
      progress.begin(job.name);
      const { failed, end, log } = await run(wasm, module, job, signal)
        .catch((error) => ({ failed: true, end: signal.aborted ? "stopped" : error.message, log: [] }));
      // Half a picture, or that of an earlier batch, is none.
      if (failed) await app.remove(`./out/${job.name}.png`);
      await app.writeFile(`./logs/${job.name}.log`, [...log, `${job.name}: ${end}\n`]);
      progress.end(job.name, end, failed, signal.aborted && failed);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return progress.over();
}
