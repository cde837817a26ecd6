;; Takes all the elements that it gets, and says how many there were.
(module
  (table $t 0 funcref)
  (func (export "run") (result i32)
    (loop $more (br_if $more (i32.ne (table.grow $t (ref.null func) (i32.const 100)) (i32.const -1))))
    (table.size $t)))
