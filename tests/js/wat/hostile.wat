;; Guests that mean ill. `path_open` works beneath preopen 3 on the path that the host wrote to 4096.
(module $hostile
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 2)
  ;; path_open with read and write rights, symbolic links followed; gives the descriptor, or minus errno
  (func $open (export "open") (param $length i32) (param $oflags i32) (param $rights i64) (result i32)
    (local $errno i32)
    (local.set $errno (call $path_open (i32.const 3) (i32.const 1) (i32.const 4096) (local.get $length)
      (local.get $oflags) (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 8)))
    (if (result i32) (local.get $errno)
      (then (i32.sub (i32.const 0) (local.get $errno)))
      (else (i32.load (i32.const 8)))))
  ;; opens the path again and again until that fails; gives how often it went well
  (func (export "open_all") (param $length i32) (result i32) (local $count i32)
    (loop $more (result i32)
      (if (result i32) (i32.ge_s (call $open (local.get $length) (i32.const 0) (i64.const 2)) (i32.const 0))
        (then (local.set $count (i32.add (local.get $count) (i32.const 1))) (br $more))
        (else (local.get $count)))))
  ;; writes the 64 KiB at 65536 to a descriptor, once; gives errno
  (func $write (export "write") (param $fd i32) (result i32)
    (i32.store (i32.const 0) (i32.const 65536))
    (i32.store (i32.const 4) (i32.const 65536))
    (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))
  (func (export "write_forever") (param $fd i32)
    (loop $more (drop (call $write (local.get $fd))) (br $more)))
  (func (export "read") (param $fd i32) (result i32)
    (i32.store (i32.const 0) (i32.const 65536))
    (i32.store (i32.const 4) (i32.const 16))
    (call $fd_read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))
  (func (export "random") (param $length i32) (result i32) (call $random_get (i32.const 65536) (local.get $length)))
  ;; fills 64 MiB, again and again
  (func (export "fill_forever")
    (drop (memory.grow (i32.const 1022)))
    (loop $more (memory.fill (i32.const 0) (i32.const 7) (i32.const 67108864)) (br $more)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "grow_forever")
    (loop $more (drop (memory.grow (i32.const 1))) (br $more)))
  ;; 2^n calls, n deep: it recurses, and never comes to an end for a large n
  (func $fork (export "recurse") (param $n i32)
    (if (local.get $n)
      (then
        (call $fork (i32.sub (local.get $n) (i32.const 1)))
        (call $fork (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "trap") unreachable)
  (func (export "ping") (result i32) (i32.const 1)))
