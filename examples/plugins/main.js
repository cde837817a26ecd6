// An app that hosts three guests that it does not trust. Nobody here wrote them: they come from a package registry.
// Run it with `make run`.

import { compileFile, compile, instantiate } from "runtime:wasm";

const started = performance.now();
function say(text) {
  console.log(`${((performance.now() - started) / 1000).toFixed(2).padStart(6)} s  ${text}`);
}

// A timer ticks all the while: no guest ever holds up the app.
let ticks = 0;
const ticking = setInterval(() => ticks++, 5);

say("1. resvg, an SVG renderer: an instance of a WASI command, on its own thread.");
say("   It sees two folders, ./pictures (read only) as /in and ./work as /out, and nothing else.");
const resvg = await compileFile("./guests/resvg.wasm");
const renderer = await instantiate(resvg, {
  name: "resvg",
  args: ["resvg", "/in/badge.svg", "/out/badge.png"],
  preopens: { "/in": "./pictures", "/out": "./work" },
  inheritStderr: true,
});
const { exitCode } = await renderer.run();
await renderer.drop();
say(`   rendered pictures/badge.svg to work/badge.png, exit code ${exitCode}`);

say("2. QuickJS, a JavaScript engine as a library: its memory is written, its exports are called.");
const response = await fetch("./guests/qjs-wasi-reactor.wasm"); // read through the manifest's `load`, too
const qjs = await compile(new Uint8Array(await response.arrayBuffer()));

/** Starts an engine that evaluates `code`; the call resolves when the code has run. */
async function evaluate(name, code) {
  const engine = await instantiate(qjs, { name, inheritStdout: true });
  await engine.call("_initialize");
  const pointers = [];
  for (const arg of ["qjs", "-e", code]) {
    const bytes = new TextEncoder().encode(`${arg}\0`);
    const pointer = await engine.exports.malloc(bytes.length);
    await engine.memory.write(pointer, bytes);
    pointers.push(pointer);
  }
  const argv = await engine.exports.malloc(4 * pointers.length);
  await engine.memory.write(argv, new Uint32Array(pointers));
  return { engine, done: engine.call("qjs_init_argv", pointers.length, argv) };
}

const { engine, done } = await evaluate("calculator", 'print("          the guest says: 2 ** 64 =", (2n ** 64n).toString())');
await done;
say(`   it evaluated an expression in ${await engine.memory.size()} pages of memory`);
await engine.drop();

say("3. The same engine, with a program that never returns: for (;;) {}");
const endless = await evaluate("endless", "for (;;) {}");
const outcome = endless.done.catch((error) => error);
const before = ticks;
await new Promise((resolve) => setTimeout(resolve, 1000));
say(`   the guest spins, and meanwhile the app's timer has ticked ${ticks - before} times in a second`);
const stopping = performance.now();
await endless.engine.drop();
say(`   dropped: its thread was gone after ${(performance.now() - stopping).toFixed(2)} ms. The call was told:`);
say(`   ${(await outcome).message}`);

say("And what the manifest does not grant is refused:");
await compileFile("/etc/passwd").catch((error) => say(`   ${error.message}`));
await instantiate(resvg, { preopens: { "/": "/" } }).catch((error) => say(`   ${error.message}`));

clearInterval(ticking);
say(`Done. ${ticks} ticks in all.`);
