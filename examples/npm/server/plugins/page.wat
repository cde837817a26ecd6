;; Answers a request. The app writes the path at 1024 and calls `answer` with its length; the text is at 4096 then, as long as the result says.
;; page.wasm is this text; a test compares them.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "Hello, ")
  (func (export "answer") (param $length i32) (result i32)
    ;; What a bug or an attack looks like from outside: a path that begins with /spin is never answered.
    (if (i32.and (i32.ge_u (local.get $length) (i32.const 5)) (i32.eq (i32.load (i32.const 1025)) (i32.const 0x6e697073)))
      (then (loop $again (br $again))))
    (memory.copy (i32.const 4096) (i32.const 0) (i32.const 7))
    ;; Without the slash.
    (memory.copy (i32.const 4103) (i32.const 1025) (i32.sub (local.get $length) (i32.const 1)))
    (i32.add (local.get $length) (i32.const 6))))
