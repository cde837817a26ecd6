// A zoo of hostile plugins, all let out at once: what each tries to do, and what stopped it. main.js runs it with `runtime-wasm run`, node.js on
// Node. Each plugin is some lines of text in plugins; the limits are those of manifest.app.toml.

/** What each tries, with the options of its instance. A plugin's `run` is what it does; some do it before they are there. */
const ANIMALS = [
  { plugin: "spin", tries: "loop for ever" },
  { plugin: "spin", tries: "loop for ever, with fuel counted", options: { limits: { fuel: 1_000_000 } } },
  { plugin: "spin-in-start", tries: "loop before it is there" },
  { plugin: "recurse", tries: "call itself for ever" },
  { plugin: "grow", tries: "take all memory there is" },
  { plugin: "huge-memory", tries: "begin with 4 GiB of memory" },
  { plugin: "fill", tries: "write its memory again and again" },
  { plugin: "huge-table", tries: "begin with a table of 4,000,000" },
  { plugin: "grow-table", tries: "take all elements there are" },
  { plugin: "trap", tries: "execute what must not be reached" },
  { plugin: "divide", tries: "divide by zero" },
  { plugin: "out-of-bounds", tries: "read beyond its memory" },
  { plugin: "throw", tries: "throw what nobody catches" },
  { plugin: "exit", tries: "end the process" },
  { plugin: "print", tries: "print without end", options: { stdout: "piped" } },
  { plugin: "read", tries: "wait for input for ever", options: { stdin: "piped" } },
  { plugin: "sleep", tries: "sleep for an hour" },
  { plugin: "open", tries: "open /etc/passwd, with no folder", errno: true },
  { plugin: "open", tries: "open /etc/passwd, with a folder", options: { preopens: { "/": "./box" } }, errno: true },
  { plugin: "escape", tries: "leave its folder by ..", options: { preopens: { "/": "./box" } }, errno: true },
  { plugin: "write", tries: "write where it may read", options: { preopens: { "/": "./box" } }, errno: true },
  { plugin: "random", tries: "take random numbers without end" },
  { plugin: "flood", tries: "call the app without end" },
  { plugin: "hang", tries: "wait for the app for ever" },
  { plugin: "secret", tries: "import what nobody gives it" },
  { plugin: "names", tries: "clear the screen by its name" },
  { plugin: "page", tries: "be a web page" },
  { plugin: "nest", tries: "keep the compiler busy", bytes: nested(50_000) },
];

/** What the app gives to whoever wants it. */
const imports = { app: { tick() {}, hang: () => new Promise(() => {}) } };

/** WASI's names for what the plugins here get. */
const ERRNO = { 8: "badf", 44: "noent", 63: "perm", 69: "rofs", 76: "notcapable" };

/** A module with a function of so many blocks within each other. */
function nested(depth) {
  const number = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...number(value >>> 7)]);
  const sized = (bytes) => [...number(bytes.length), ...bytes];
  const code = [0, ...Array.from({ length: depth }, () => [0x02, 0x40]).flat(), ...Array(depth).fill(0x0b), 0x0b];
  const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  return new Uint8Array([...header, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, ...sized([1, ...sized(code)])]);
}

/**
 * Lets one out; resolves to what became of it.
 * @param {any} wasm
 * @param {{ plugin: string, options?: object, bytes?: Uint8Array, errno?: boolean }} animal
 */
async function letOut(wasm, { plugin, options, bytes, errno }) {
  const begun = performance.now();
  const after = () => `after ${Math.round(performance.now() - begun)} ms`;
  let instance;
  try {
    const module = await (bytes === undefined ? wasm.compileFile(`./plugins/${plugin}.wasm`) : wasm.compile(bytes));
    instance = await wasm.instantiate(module, { name: plugin, imports, ...options });
    const [result] = await instance.call("run", ...(plugin === "recurse" ? [1] : []));
    if (errno) return result === 0 ? "nothing!" : `errno ${ERRNO[result] ?? result}`;
    return result === undefined ? "nothing!" : `the limit: it got no more than ${result}`;
  } catch (error) {
    const { name, code, limit, trap, guestStack, exitCode, message } = error;
    if (limit !== undefined) return `${name} ${code}: ${limit}, ${after()}`;
    if (trap !== undefined) return `${name} ${code}: ${trap}, in ${guestStack[0]}`;
    if (exitCode !== undefined) return `${name} ${code}: its exit code is ${exitCode}, and it has ended nothing`;
    return message;
  } finally {
    await instance?.drop();
  }
}

/** Lets all of them out at once, and asks an honest plugin all the while. `wasm` is the module that hosts them, `print` prints a line. */
export async function zoo(wasm, print) {
  const honest = await wasm.instantiate(await wasm.compileFile("./plugins/honest.wasm"), { name: "honest" });
  let [asked, answered, out] = [0, 0, true];
  const asking = (async () => {
    while (out) {
      const [sum] = await honest.call("add", asked++, 1);
      if (sum === asked) answered++;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();

  const outcomes = await Promise.all(ANIMALS.map((animal) => letOut(wasm, animal)));
  out = false;
  await asking;
  await honest.drop();

  const rows = [["plugin", "tries to", "what stopped it"], ...ANIMALS.map(({ plugin, tries }, index) => [plugin, tries, outcomes[index]])];
  const width = (column) => Math.max(...rows.map((row) => row[column].length));
  const widths = [width(0), width(1)];
  for (const [plugin, tries, stopped] of rows) print(`${plugin.padEnd(widths[0])}  ${tries.padEnd(widths[1])}  ${stopped}`);
  print("");
  print(`Meanwhile an honest plugin was asked ${asked} times and answered ${answered} times.`);
  return asked === answered && !outcomes.includes("nothing!");
}
