;; Functions of bytes without a memory for these.
(module $bytes_no_memory
  (func (export "alloc") (param i32) (result i32) unreachable)
  (func (export "release") (param i32 i32) unreachable)
  (func (export "f") (param i32 i32) (result i64) unreachable))
