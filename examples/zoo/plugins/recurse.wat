(module
  (func $deeper (export "run") (param i32) (result i32)
    (i32.add (call $deeper (local.get 0)) (i32.const 1))))
