;; Its start function calls what it imports.
(module
  (import "env" "none" (func $none))
  (start $none))
