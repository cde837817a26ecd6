// How cost grows with the number of modules that are held: at each number the time of compiling the next ones, all different, of an instance
// of the last one to its first answer, and of one of the first. Prints a line at each number, then waits a little.
import { args, compile, exit, instantiate } from "./host.js";
import { median, now, print, sample, sleep, timed } from "./tools.js";

const numbers = JSON.parse(args[0]);
/** (func (export "get") (result i32) (i32.const INDEX)), INDEX in three bytes of LEB128. */
function bytes(index) {
  const leb = [index & 127 | 128, index >> 7 & 127 | 128, index >> 14 & 63];
  return new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 7, 7, 1, 3, 103, 101, 116, 0, 0, 10, 8, 1, 6, 0, 65, ...leb, 11]);
}

const modules = [];
const firstCall = (module) => async () => {
  const instance = await instantiate(module);
  await instance.call("get");
  await instance.drop();
};
for (const number of numbers) {
  const compiles = [];
  const from = now();
  const before = modules.length;
  while (modules.length < number) {
    const next = bytes(modules.length + Number(args[1]));
    compiles.push(await timed(async () => modules.push(await compile(next))));
  }
  const mean = (now() - from) / (number - before);
  print({ number, compile: median(compiles), compileMean: mean, last: await sample(9, 1, firstCall(modules[number - 1])), first: await sample(9, 1, firstCall(modules[0])) });
  await sleep(150);
}
exit(0);
