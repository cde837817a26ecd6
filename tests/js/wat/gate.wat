;; A guest that the app holds at a gate, and then lets do what it may: for cases that need a guest to be at work.
(module
  (import "env" "gate" (func $gate))
  (memory (export "memory") 1)
  (global $count (mut i32) (i32.const 0))
  (func (export "wait") (call $gate))
  (func (export "trap") unreachable)
  (func (export "spin") (loop br 0))
  (func (export "work_and_wait") (param i32)
    (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (call $gate))
  (func (export "next") (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (global.get $count)))
