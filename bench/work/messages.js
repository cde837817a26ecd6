// Bytes into a guest's memory and out of it, by their number: a write, a read, and both one after the other. Microseconds.
import { args, compileFile, exit, instantiate } from "./host.js";
import { print, sample, times } from "./tools.js";

const module = await compileFile("./roomy.wasm");
const instance = await instantiate(module);
for (const bytes of JSON.parse(args[0])) {
  const data = new Uint8Array(bytes).fill(7);
  const count = times(Math.max(7, Math.min(400, Math.floor(2e8 / (bytes + 4096)))));
  const write = () => instance.memory.write(0, data);
  const read = () => instance.memory.read(0, bytes);
  await write();
  await read();
  const copy = new Uint8Array(bytes);
  print({
    bytes,
    write: await sample(count, 1, write),
    read: await sample(count, 1, read),
    both: await sample(count, 1, async () => {
      await write();
      await read();
    }),
    copy: await sample(count, 1, () => copy.set(data)),
  });
}
exit(0);
