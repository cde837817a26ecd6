;; Exits with the code that the app puts into a global.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (global $code (export "code") (mut i32) (i32.const 0))
  (func (export "_start") (call $proc_exit (global.get $code))))
