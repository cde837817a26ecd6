// What a plugin's half of callBytes and callText is to do, whatever language it is in: `shout` makes text large, `reverse` turns bytes round.
import { args } from "runtime:app";
import { compileFile, instantiate } from "runtime:wasm";
import { equal, ok, rejects, test } from "./check.js";

const [, path, language] = args;
const module = await compileFile(path);

/** A new instance; what it logs goes to `log`. */
async function start(options = {}, log = () => {}) {
  const plugin = await instantiate(module, { ...options, imports: { env: { log } } });
  const exports = await plugin.getExports();
  if (exports.some(({ name }) => name === "_initialize")) await plugin.call("_initialize");
  return plugin;
}

/** Bytes of which no two neighbours are the same. */
const bytes = (length) => Uint8Array.from({ length }, (_, index) => index * 7 + (index >> 8));

async function answers(plugin, length) {
  const text = "ab".repeat(length / 2);
  ok(await plugin.callText("shout", text) === `${text.toUpperCase()}!`, `text of ${length}`);
  const given = bytes(length);
  const turned = await plugin.callBytes("reverse", given);
  ok(turned.length === length && turned.reverse().every((byte, index) => byte === given[index]), `bytes of ${length}`);
}

test("text goes in and comes out, whatever is in it", async () => {
  const plugin = await start();
  for (const text of ["", "a", "hello, world", "hello, 世界 \u{1f980}", "a\0b\r\n"]) {
    equal(await plugin.callText("shout", text), `${text.toUpperCase()}!`);
  }
  await plugin.drop();
});

test("bytes go in and come out, whatever they are", async () => {
  const plugin = await start();
  for (const each of [[], [0], [0, 0xff], Array.from({ length: 256 }, (_, index) => index)]) {
    equal(await plugin.callBytes("reverse", new Uint8Array(each)), new Uint8Array(each).reverse());
  }
  await plugin.drop();
});

test("a mebibyte goes both ways", async () => {
  const plugin = await start();
  for (const length of [65536, 1 << 20]) await answers(plugin, length);
  await plugin.drop();
});

test("what was made room for is given back: thousands of calls take no more memory", async () => {
  const plugin = await start();
  const calls = async (count) => {
    for (let call = 0; call < count; call++) {
      const length = call * 37 % 100 * 70;
      await plugin.callText("shout", "a".repeat(length));
      await plugin.callBytes("reverse", new Uint8Array(length));
    }
  };
  // Each length that there is, a few times.
  await calls(200);
  const size = await plugin.memory.size();
  await calls(1000);
  equal(await plugin.memory.size(), size);
  await plugin.drop();
});

test("an input that there is no room for fails, and the plugin lives on", async () => {
  const plugin = await start({ limits: { memoryBytes: 8 << 20 } });
  const input = new Uint8Array(16 << 20);
  // AssemblyScript's allocator traps.
  if (language === "assemblyscript") await rejects(plugin.callBytes("reverse", input), 5002, "alloc");
  else await rejects(plugin.callBytes("reverse", input), 5006, "\"alloc\" has no room for 16777216 bytes");
  await answers(plugin, 1000);
  await plugin.drop();
});

test("a result that there is no room for traps, and the plugin lives on", async () => {
  const plugin = await start({ limits: { memoryBytes: 8 << 20 } });
  const trapped = await rejects(plugin.callText("shout", "a".repeat((4 << 20) - 1024)), 5002);
  equal([trapped.trap, trapped.call.name], ["unreachable", "shout"]);
  await answers(plugin, 1000);
  await plugin.drop();
});

test("a trap in a function ends the call, and the plugin lives on", async () => {
  const logged = [];
  const plugin = await start({}, (at, length) => {
    logged.push(length);
    if (length === 7) throw new Error("enough of this");
  });
  await answers(plugin, 6);
  equal((await rejects(plugin.callText("shout", "1234567"), 5002)).cause.message, "enough of this");
  await answers(plugin, 8);
  equal(logged, [6, 7, 8]);
  await plugin.drop();
});

test("text that is none is the plugin's to refuse", async () => {
  const plugin = await start();
  const broken = plugin.callBytes("shout", new Uint8Array([0x61, 0xff]));
  // A `&str` is UTF-8, and a string of AssemblyScript UTF-16.
  if (language === "rust") await rejects(broken, 5002, "shout");
  else if (language === "assemblyscript") await broken;
  else equal(await broken, new Uint8Array([0x41, 0xff, 0x21]));
  await answers(plugin, 10);
  await plugin.drop();
});
