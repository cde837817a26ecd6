;; What clang makes with --import-memory and --import-table: neither is exported. A second memory is its own, and has no name.
(module
  (import "env" "memory" (memory $memory 1))
  (import "env" "__indirect_function_table" (table $table 2 funcref))
  (memory $other 3)
  (elem (table $table) (i32.const 1) func $two)
  (data (memory $memory) (i32.const 0) "mine")
  (func $two (result i32) (i32.const 2))
  (func (export "size") (result i32) (memory.size $memory)))
