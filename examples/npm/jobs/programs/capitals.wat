;; A WASI command: what it reads, in capitals. Where there was nothing to read it says so on stderr, and exits with 1.
;; capitals.wasm is this text; a test compares them.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  ;; At 0 what to read into (4096 bytes at 1024), at 8 what to write, at 16 how many bytes were moved, at 20 the message.
  (data (i32.const 0) "\00\04\00\00\00\10\00\00")
  (data (i32.const 20) "nothing to read\n")
  (func $print (param $to i32) (param $at i32) (param $length i32)
    (loop $rest
      (i32.store (i32.const 8) (local.get $at))
      (i32.store (i32.const 12) (local.get $length))
      ;; Nobody reads it any more: 2.
      (if (call $write (local.get $to) (i32.const 8) (i32.const 1) (i32.const 16)) (then (call $exit (i32.const 2))))
      (local.set $at (i32.add (local.get $at) (i32.load (i32.const 16))))
      (local.set $length (i32.sub (local.get $length) (i32.load (i32.const 16))))
      (br_if $rest (local.get $length))))
  (func (export "_start") (local $seen i32) (local $at i32) (local $end i32) (local $byte i32)
    (block $over
      (loop $more
        (br_if $over (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
        (br_if $over (i32.eqz (i32.load (i32.const 16))))
        (local.set $seen (i32.const 1))
        (local.set $at (i32.const 1024))
        (local.set $end (i32.add (i32.const 1024) (i32.load (i32.const 16))))
        (loop $next
          (local.set $byte (i32.load8_u (local.get $at)))
          ;; From a to z.
          (if (i32.lt_u (i32.sub (local.get $byte) (i32.const 97)) (i32.const 26))
            (then (i32.store8 (local.get $at) (i32.sub (local.get $byte) (i32.const 32)))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
        (call $print (i32.const 1) (i32.const 1024) (i32.sub (local.get $end) (i32.const 1024)))
        (br $more)))
    (if (i32.eqz (local.get $seen))
      (then
        (call $print (i32.const 2) (i32.const 20) (i32.const 16))
        (call $exit (i32.const 1))))))
