// The zoo, on the command line: `runtime-wasm run main.js`
import * as wasm from "runtime:wasm";
import { exit } from "runtime:app";
import { zoo } from "./zoo.js";

exit((await zoo(wasm, console.log)) ? 0 : 1);
