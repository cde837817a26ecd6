// The zoo, on Node: `npm install`, then `node node.js`
import * as wasm from "runtime-wasm";
import { zoo } from "./zoo.js";

process.exitCode = (await zoo(wasm, console.log)) ? 0 : 1;
