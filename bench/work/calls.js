// What a call costs, in microseconds each: one at a time, many under way, in a batch, to many instances, and a small read of memory. Beside
// the least that the same JavaScript could cost: an async function that does nothing.
import { compileFile, exit, instantiate } from "./host.js";
import { print, sample, times } from "./tools.js";

const module = await compileFile("./small.wasm");
const instance = await instantiate(module);
const add = () => instance.call("add", 1, 2);
const nothing = async (_name, ...values) => values;
const few = new Uint8Array(16).fill(1);
const many = (count, work) => () => Promise.all(Array.from({ length: count }, work));
/** One after another, so many that the clock does not count. */
const inTurn = (count, work) => async () => {
  for (let index = 0; index < count; index++) await work();
};

const out = {};
await inTurn(times(5000), add)();
out.one = await sample(times(100), 100, inTurn(100, add));
out.nothing = await sample(times(100), 100, inTurn(100, () => nothing("add", 1, 2)));
if (instance.exports) out.exports = await sample(times(100), 100, inTurn(100, () => instance.exports.add(1, 2)));
out.flight50 = await sample(times(100), 50, many(50, add));
out.flight5000 = await sample(times(10), 5000, many(5000, add));
const batch = Array.from({ length: 1000 }, () => ["add", 1, 2]);
out.batch = await sample(times(30), 1000, () => instance.callBatch(batch));
out.read16 = await sample(times(100), 100, inTurn(100, () => instance.memory.read(0, 16)));
out.write16 = await sample(times(100), 100, inTurn(100, () => instance.memory.write(0, few)));

const crowd = [];
for (let index = 0; index < times(100, 10); index++) crowd.push(await instantiate(module));
const toEach = () => Promise.all(crowd.map((each) => each.call("add", 1, 2)));
await toEach();
out.hundred = await sample(times(50), crowd.length, toEach);
print(out);
exit(0);
