;; Its start function succeeds once: it makes a folder in the preopened directory, which the second time is there already.
(module
  (import "wasi_snapshot_preview1" "path_create_directory" (func $mkdir (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "started")
  (func $start (if (call $mkdir (i32.const 3) (i32.const 0) (i32.const 7)) (then unreachable)))
  (start $start)
  (func (export "die") unreachable))
