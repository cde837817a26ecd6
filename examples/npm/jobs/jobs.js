// A queue of jobs: WASI programs that nobody here trusts, four at a time, each with an output and an exit code of its own.
// Run it with `node jobs.js`, or with a list like jobs.json: `node jobs.js list.json`.
import { readFile } from "node:fs/promises";
import { compileFile, instantiate } from "runtime-wasm";

const AT_ONCE = 4;
const OUTPUT_BYTES = 65_536;

/** Does what it is given in the order in which it came, so many at a time. */
class Queue {
  #waiting = [];
  #places;

  constructor(places) {
    this.#places = places;
  }

  add(work) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ work, resolve, reject });
      this.#next();
    });
  }

  #next() {
    if (this.#places === 0 || this.#waiting.length === 0) return;
    this.#places--;
    const { work, resolve, reject } = this.#waiting.shift();
    work().then(resolve, reject).finally(() => {
      this.#places++;
      this.#next();
    });
  }
}

/** The text of a stream, as much of it as is kept. Whoever stops reading closes the pipe: the program's next write fails. */
async function text(stream) {
  const decoder = new TextDecoder();
  let [all, left] = ["", OUTPUT_BYTES];
  for await (const bytes of stream) {
    all += decoder.decode(bytes.subarray(0, left), { stream: true });
    left -= bytes.length;
    if (left <= 0) break;
  }
  return all + decoder.decode();
}

const modules = new Map();
/** Compiled when a job first wants it. The manifest says which files there are for programs, so a job's own idea of a path is no danger. */
async function load(program) {
  if (!modules.has(program)) modules.set(program, await compileFile(`./programs/${program}.wasm`));
  return modules.get(program);
}

async function run({ program, args = [], stdin = "" }) {
  // As bytes: of text, a few words such as "inherit" mean something else.
  const input = new TextEncoder().encode(stdin);
  const name = program;
  const instance = await instantiate(await load(program), { name, args: [program, ...args], stdin: input, stdout: "piped", stderr: "piped" });
  try {
    const printed = Promise.all([text(instance.stdout), text(instance.stderr)]);
    // What it printed counts, also where a limit or a trap has ended it.
    const end = await instance.run().catch(failed);
    const [stdout, stderr] = await printed;
    return { ...end, stdout, stderr };
  } finally {
    // Its thread is gone before its place is free: the manifest has room for four.
    await instance.drop();
  }
}

const failed = ({ name, message }) => ({ error: name, message });
const queue = new Queue(AT_ONCE);
const jobs = JSON.parse(await readFile(process.argv[2] ?? new URL("./jobs.json", import.meta.url), "utf8"));
await Promise.all(jobs.map(async (job, index) => {
  const result = await queue.add(() => run(job)).catch(failed);
  // As each ends, whatever the others do. JSON has nothing in it that a terminal obeys.
  console.log(JSON.stringify({ job: index + 1, program: job.program, ...result }));
}));
