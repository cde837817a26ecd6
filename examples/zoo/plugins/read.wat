;; Waits for an input that never comes.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\00\04\00\00\00\10\00\00")
  (func (export "run") (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))))
