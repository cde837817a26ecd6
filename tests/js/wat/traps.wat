;; Failures whose reports tell what was called, with what, and in which import it failed.
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  ;; Without an exported memory no WASI function can work.
  (func $ask (drop (call $random (i32.const 0) (i32.const 8))))
  (func (export "import_fails") (param i32) (call $ask))
  (func (export "trap") (param i32 i64 f32 f64 v128 externref) unreachable)
  (func (export "many") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) unreachable)
  (func $"\1b[31mred" (export "odd_name") unreachable)
  (func $_ZN4core9panicking5panic17h0e3d223f43db58cfE unreachable)
  (func $_RNvCskwGfYPst2Cb_3foo3bar (export "mangled") (call $_ZN4core9panicking5panic17h0e3d223f43db58cfE)))
