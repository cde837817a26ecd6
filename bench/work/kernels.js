// How long a guest computes, by what it does. Microseconds. The first argument lists exports and their arguments; "fuel" after it has the guest
// metered.
import { args, compileFile, exit, instantiate } from "./host.js";
import { print, sample, times } from "./tools.js";

const options = args[1] === "fuel" ? { limits: { fuel: 10n ** 15n } } : undefined;
const instance = await instantiate(await compileFile("./work.wasm"), options);
const out = {};
for (const [name, argument] of JSON.parse(args[0])) {
  await instance.call(name, argument);
  out[name] = await sample(times(5), 1, () => instance.call(name, argument));
}
print(out);
exit(0);
