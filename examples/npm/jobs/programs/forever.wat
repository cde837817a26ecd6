;; A WASI command that hangs.
;; forever.wasm is this text; a test compares them.
(module
  (memory (export "memory") 1)
  (func (export "_start") (loop $again (br $again))))
