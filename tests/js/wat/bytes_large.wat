;; Functions of bytes, as docs/plugins.md has them, for much of them: 34 MiB in all. There is one input at a time, and one result.
(module $bytes_large
  (memory (export "memory") 520)
  (func (export "alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "release") (param i32 i32))
  (func $packed (param $at i32) (param $length i32) (result i64)
    (i64.or (i64.shl (i64.extend_i32_u (local.get $at)) (i64.const 32)) (i64.extend_i32_u (local.get $length))))
  ;; the same bytes, behind those that were given
  (func (export "copy") (param $at i32) (param $length i32) (result i64) (local $to i32)
    (local.set $to (i32.add (local.get $at) (local.get $length)))
    (memory.copy (local.get $to) (local.get $at) (local.get $length))
    (call $packed (local.get $to) (local.get $length)))
  ;; how many they are, as text of eight bytes
  (func (export "count") (param $at i32) (param $length i32) (result i64)
    (i64.store (local.get $at) (i64.extend_i32_u (local.get $length)))
    (call $packed (local.get $at) (i32.const 8)))
  ;; what the eight bytes say that are given
  (func (export "as_told") (param $at i32) (param i32) (result i64) (i64.load (local.get $at)))
  (func (export "first") (result i32) (i32.load8_u (i32.const 1024))))
