;; Standard streams. Results are errno values. The memory from 4096 on is for the app.
(module $stdio
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 32)
  (func $write (export "write") (param $fd i32) (param $at i32) (param $length i32) (result i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $length))
    (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))
  ;; reads once, up to 4096 bytes to 4096; how many is at 8
  (func $read (result i32)
    (i32.store (i32.const 0) (i32.const 4096))
    (i32.store (i32.const 4) (i32.const 4096))
    (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
  (func (export "read") (result i32)
    (drop (call $read))
    (i32.load (i32.const 8)))
  ;; copies stdin to stdout, to the end
  (func $cat (export "cat") (result i32) (local $errno i32)
    (loop $next (result i32)
      (if (local.tee $errno (call $read)) (then (return (local.get $errno))))
      (if (i32.eqz (i32.load (i32.const 8))) (then (return (i32.const 0))))
      (if (local.tee $errno (call $write (i32.const 1) (i32.const 4096) (i32.load (i32.const 8))))
        (then (return (local.get $errno))))
      (br $next)))
  (func (export "_start") (call $proc_exit (call $cat)))
  ;; writes what is at 4096, for as long as that succeeds
  (func (export "flood") (param $fd i32) (param $length i32) (result i32) (local $errno i32)
    (loop $next
      (br_if $next (i32.eqz (local.tee $errno (call $write (local.get $fd) (i32.const 4096) (local.get $length))))))
    (local.get $errno))
  ;; writes the line at 4096 this often, in two pieces
  (func (export "lines_in_halves") (param $fd i32) (param $length i32) (param $count i32) (local $half i32)
    (local.set $half (i32.div_u (local.get $length) (i32.const 2)))
    (loop $next
      (drop (call $write (local.get $fd) (i32.const 4096) (local.get $half)))
      (drop (call $write (local.get $fd) (i32.add (i32.const 4096) (local.get $half))
        (i32.sub (local.get $length) (local.get $half))))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))
  (func (export "die") unreachable)
  ;; writes the line at 4096 this often
  (func (export "whole_lines") (param $fd i32) (param $length i32) (param $count i32)
    (loop $next
      (drop (call $write (local.get $fd) (i32.const 4096) (local.get $length)))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))))
