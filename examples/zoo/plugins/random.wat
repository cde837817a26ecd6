;; Wants random numbers without end.
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 16)
  (func (export "run") (loop (drop (call $random (i32.const 0) (i32.const 1048576))) (br 0))))
