// args: one --two -3 --help
import { args } from "runtime:app";
import * as app from "runtime:app";
const dynamic = await import("runtime:app");
console.log(args, Object.isFrozen(args), Object.keys(app).sort().join(" "), dynamic.args === args);
