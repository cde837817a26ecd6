;; Memories and tables of other types to import: with 64-bit indices, of other elements, two of a kind; the second memory is what is meant.
(module
  (import "env" "first" (memory $first 1 1))
  (import "env" "wide" (memory $wide i64 2 4))
  (import "env" "table" (table $wide_table i64 2 4 externref))
  (import "env" "any" (table $any 1 anyref))
  (import "env" "typed" (table $typed 1 (ref null $nothing)))
  (type $nothing (func))
  (export "memory" (memory $wide))
  (export "other" (memory $first))
  (export "any" (table $any))
  (export "typed" (table $typed)))
