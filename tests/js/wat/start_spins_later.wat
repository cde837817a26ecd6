;; Its start function ends once: it makes a folder in the preopened directory. Where that is there already, it spins.
(module
  (import "wasi_snapshot_preview1" "path_create_directory" (func $mkdir (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "spinning")
  (func $start (if (call $mkdir (i32.const 3) (i32.const 0) (i32.const 8)) (then (loop (br 0)))))
  (start $start)
  (func (export "die") unreachable))
