// The extension's entry point. Imports are evaluated in order: the functions, their hand-over, and the module that takes them.

import "ext:runtime_wasm/handover.js";
import "runtime:wasm";

delete globalThis[Symbol.for("runtime:wasm")];
