;; Memory for much to be read and written, and a sum to see what is there.
(module
  (import "env" "ask" (func $ask))
  (memory (export "memory") 64)
  (func (export "first") (result i32) (i32.load8_u (i32.const 0)))
  (func (export "last") (result i32) (i32.load8_u (i32.const 4194303)))
  (func (export "ask") (call $ask)))
