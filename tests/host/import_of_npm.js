// exit: 1
import "runtime-wasm";
