;; A plugin as it should be: it adds, while the others do what they do.
(module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
