(module
  (import "env" "log" (func (param i32) (result i64)))
  (import "env" "limit" (global (mut f32)))
  (import "wasi_snapshot_preview1" "no_such_function" (func)))
