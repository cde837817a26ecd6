;; Functions of bytes, as docs/plugins.md has them, and such as do not keep to it. `live` counts the blocks that have not been given back.
(module $bytes
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 1024))
  (global $live (export "live") (mut i32) (i32.const 0))
  ;; what is the matter with alloc: 1 gives a place at the end of the memory, 2 none, 3 traps, 4 never returns
  (global $trouble (export "trouble") (mut i32) (i32.const 0))
  (func $alloc (export "alloc") (param $length i32) (result i32)
    (if (i32.eq (global.get $trouble) (i32.const 1)) (then (return (i32.const 65535))))
    (if (i32.eq (global.get $trouble) (i32.const 2)) (then (return (i32.const 0))))
    (if (i32.eq (global.get $trouble) (i32.const 3)) (then unreachable))
    (if (i32.eq (global.get $trouble) (i32.const 4)) (then (loop $ever (br $ever))))
    (global.set $live (i32.add (global.get $live) (i32.const 1)))
    (global.get $next)
    ;; No two blocks have one place, not even where there is nothing in them.
    (global.set $next (i32.add (global.get $next) (i32.add (i32.const 8) (local.get $length)))))
  (func (export "release") (param $at i32) (param $length i32)
    (global.set $live (i32.sub (global.get $live) (i32.const 1))))
  (func $packed (param $at i32) (param $length i32) (result i64)
    (i64.or (i64.shl (i64.extend_i32_u (local.get $at)) (i64.const 32)) (i64.extend_i32_u (local.get $length))))
  ;; the same bytes, in a block of their own
  (func (export "copy") (param $at i32) (param $length i32) (result i64) (local $to i32)
    (local.set $to (call $alloc (local.get $length)))
    (memory.copy (local.get $to) (local.get $at) (local.get $length))
    (call $packed (local.get $to) (local.get $length)))
  ;; the same bytes, where they are
  (func (export "same") (param $at i32) (param $length i32) (result i64)
    (call $packed (local.get $at) (local.get $length)))
  (func (export "nothing") (param i32 i32) (result i64) (i64.const 0))
  ;; what the eight bytes say that are given
  (func (export "as_told") (param $at i32) (param i32) (result i64) (i64.load (local.get $at)))
  (func (export "trap") (param i32 i32) (result i64) unreachable)
  (func (export "spin") (param i32 i32) (result i64) (loop $ever (br $ever)) (i64.const 0))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
