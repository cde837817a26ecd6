;; Version 3: what it answers tells which it is. Asked for 13 it never answers, as a plugin may that has a bug.
(module
  (func (export "answer") (param $asked i32) (result i32)
    (if (i32.eq (local.get $asked) (i32.const 13)) (then (loop (br 0))))
    (i32.add (i32.mul (local.get $asked) (i32.const 10)) (i32.const 3))))
