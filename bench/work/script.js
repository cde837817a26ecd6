// What the JavaScript engine alone takes, in microseconds: the work of an app between its calls.
import { exit } from "./host.js";
import { print, sample, times } from "./tools.js";

function loop() {
  let sum = 0;
  for (let index = 0; index < 5_000_000; index++) sum = (sum + index) % 1000003;
  return sum;
}
const records = Array.from({ length: 2000 }, (_, index) => ({ id: index, name: `record ${index}`, tags: ["a", "b", String(index % 7)], size: index * 1.5 }));
const text = JSON.stringify(records);
const words = Array.from({ length: 50_000 }, (_, index) => `word${index * 7919 % 10007}`);
function count() {
  const found = new Map();
  for (const word of words) found.set(word, (found.get(word) ?? 0) + 1);
  return found.size;
}
async function promises() {
  let sum = 0;
  for (let index = 0; index < 100_000; index++) sum += await index;
  return sum;
}
const out = {};
for (const [name, work] of Object.entries({ loop, parse: () => JSON.parse(text), count, promises })) {
  await work();
  out[name] = await sample(times(9), 1, work);
}
print(out);
exit(0);
