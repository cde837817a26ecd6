// See js/module.js.

import * as api from "ext:runtime_wasm/wasm.js";

globalThis[Symbol.for("runtime:wasm")] = api;
