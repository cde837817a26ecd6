;; What an app begins with before its plugin in JavaScript is built, which has an engine in it and takes over a megabyte: a
;; component with the same functions.
(component
  (core module $plugin
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    ;; Room for a text, at the end of what there is. All of it is free again once the result has been read.
    (func $room (param $bytes i32) (result i32) (local $at i32)
      (local.set $at (global.get $next))
      (global.set $next (i32.add (local.get $at) (local.get $bytes)))
      (block $fits
        (loop $more
          (br_if $fits (i32.ge_u (i32.mul (memory.size) (i32.const 65536)) (global.get $next)))
          (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))
          unreachable))
      (local.get $at))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (call $room (local.get 3)))
    ;; Makes ASCII letters large and adds a mark. Returns where the place and the length of the text are.
    (func (export "shout") (param $text i32) (param $bytes i32) (result i32) (local $loud i32) (local $i i32) (local $c i32)
      (local.set $loud (call $room (i32.add (local.get $bytes) (i32.const 1))))
      (block $done
        (loop $next
          (br_if $done (i32.eq (local.get $i) (local.get $bytes)))
          (local.set $c (i32.load8_u (i32.add (local.get $text) (local.get $i))))
          (if (i32.lt_u (i32.sub (local.get $c) (i32.const 97)) (i32.const 26))
            (then (local.set $c (i32.sub (local.get $c) (i32.const 32)))))
          (i32.store8 (i32.add (local.get $loud) (local.get $i)) (local.get $c))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $next)))
      (i32.store8 (i32.add (local.get $loud) (local.get $i)) (i32.const 33))
      (i32.store (i32.const 0) (local.get $loud))
      (i32.store (i32.const 4) (i32.add (local.get $bytes) (i32.const 1)))
      (i32.const 0))
    (func (export "shouted") (param i32) (global.set $next (i32.const 1024)))
    (func (export "spin") (loop (br 0))))
  (core instance $plugin (instantiate $plugin))
  (alias core export $plugin "memory" (core memory $memory))
  (alias core export $plugin "realloc" (core func $realloc))
  (alias core export $plugin "shout" (core func $shout))
  (alias core export $plugin "shouted" (core func $shouted))
  (alias core export $plugin "spin" (core func $spin))
  (func (export "shout") (param "text" string) (result string)
    (canon lift (core func $shout) (memory $memory) (realloc $realloc) (post-return $shouted)))
  (func (export "spin") (canon lift (core func $spin))))
