;; Takes all the memory that it gets, and says how many pages of 64 KiB there were.
(module
  (memory 1)
  (func (export "run") (result i32)
    (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (memory.size)))
