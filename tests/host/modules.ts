import { both } from "./lib/circle_a.js";
import { later } from "./lib/circle_b.js";
import data from "./lib/data.json" with { type: "json" };
import Box, { greet, type Named } from "./lib/typed.mts";

enum_free: for (const _ of [1]) break enum_free;
const named: Named = { name: "é" } satisfies Named;
console.log(both(), later(), data, greet(named), new Box<number>(3).get<number>());
console.log(import.meta.main, import.meta.url.endsWith("/tests/host/modules.ts"));
const lazily: typeof import("./lib/circle_a.js") = await import("./lib/circle_a.js");
console.log(lazily.a, (await import("./lib/data.json", { with: { type: "json" } })).default === data);
for (const bad of ["./lib/none.js", "runtime:nope", "http://localhost/x.js", "bare", "./secret.txt", "./lib/broken.ts", "./lib/other.json", "ext:core/mod.js"]) {
  try {
    await import(bad);
  } catch (error) {
    console.log(bad, (error as Error).name, (error as Error).message.split("\n")[0].replaceAll(new URL(".", import.meta.url).href, "[dir]/"));
  }
}
