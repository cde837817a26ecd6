// exit: 7
import { exit } from "runtime:app";
setInterval(() => {}, 10_000);
for (const bad of [-1, 256, 1.5, NaN]) {
  try { exit(bad); } catch (error) { console.log(error.name, error.message); }
}
try { exit("1"); } catch (error) { console.log(error.name, error.message); }
function leave() {
  try { [1].forEach(() => exit(7)); } catch { console.log("caught"); } finally { console.log("finally"); }
}
setTimeout(async () => { await null; leave(); console.log("after"); }, 1);
await new Promise(() => {});
