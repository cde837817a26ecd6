;; Globals of each type, one constant, and an export named like a promise's method.
(module
  (memory (export "memory") 1 10)
  (global (export "constant") i32 (i32.const 7))
  (global (export "i32") (mut i32) (i32.const -1))
  (global (export "i64") (mut i64) (i64.const 9007199254740993))
  (global (export "f32") (mut f32) (f32.const 0.5))
  (global (export "f64") (mut f64) (f64.const 0.1))
  (global (export "v128") (mut v128) (v128.const i32x4 1 2 3 4))
  (global (export "externref") (mut externref) (ref.null extern))
  (func (export "then") (result i32) (i32.const 5))
  (func (export "read_i32") (result i32) (global.get 1)))
