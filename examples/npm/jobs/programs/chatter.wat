;; A WASI command that prints for ever, or for as long as somebody reads; then it exits with 3.
;; chatter.wasm is this text; a test compares them.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  ;; At 0 what to write: 1024 bytes at 0x400, which are zero at first.
  (data (i32.const 0) "\00\04\00\00\00\04\00\00")
  (func (export "_start")
    (memory.fill (i32.const 1024) (i32.const 0x2e) (i32.const 1024))
    (loop $more (br_if $more (i32.eqz (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
    (call $exit (i32.const 3))))
