// Random lives and deaths of instances: rounds of operations chosen by a seed. Between the rounds a guest reads a byte from
// the standard input: whoever runs this looks at the process meanwhile, from outside.
import { args } from "runtime:app";
import { compileFile, instantiate, WasmError } from "runtime:wasm";

const [operations, rounds] = args.map(Number);
let seed = Number(args[2]);
function random(below) {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return (seed >>> 8) % below;
}

const counts = { operations: 0, answered: 0, unanswered: 0 };
async function settled(promise) {
  counts.unanswered++;
  try {
    await promise;
    return "ok";
  } catch (error) {
    if (!(error instanceof WasmError)) throw error;
    return String(error.code);
  } finally {
    counts.unanswered--;
    counts.answered++;
  }
}

const guest = await compileFile("./guest.wasm");
const gate = await instantiate(await compileFile("./gate.wasm"), { inheritStdin: true });

async function life() {
  const limits = random(3) === 0 ? { fuel: 100_000 } : random(3) === 0 ? { timeoutMs: 1 + random(5) } : {};
  let instance;
  // A time limit holds for the instantiation too.
  if (await settled(instantiate(guest, { limits }).then((made) => instance = made)) !== "ok") {
    counts.neverStarted = (counts.neverStarted ?? 0) + 1;
    return;
  }
  const calls = [];
  for (let n = random(6); n >= 0; n--) {
    counts.operations++;
    const name = ["add", "trap", "spin", "deep", "grow", "none"][random(6)];
    // A call that spins without a limit is ended by the drop below.
    calls.push(settled(instance.call(name, ...(name === "add" ? [1, 2] : []))));
  }
  if (random(2)) calls.push(settled(instance.memory.read(random(70_000), random(100))));
  // Where a limit ends what spins, mostly wait for the answers; else the kill comes in the middle.
  if (Object.keys(limits).length > 0 && random(4) > 0) await Promise.all(calls);
  await settled(random(2) ? instance.drop() : instance.terminate("soak"));
  for (const outcome of await Promise.all(calls)) counts[outcome] = (counts[outcome] ?? 0) + 1;
}

for (let round = 0; round < rounds; round++) {
  const until = counts.operations + operations;
  while (counts.operations < until) await Promise.all([life(), life(), life(), life()]);
  console.log(JSON.stringify(counts));
  await gate.call("wait");
}
