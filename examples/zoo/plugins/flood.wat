;; Calls the app without end.
(module
  (import "app" "tick" (func $tick))
  (func (export "run") (loop (call $tick) (br 0))))
