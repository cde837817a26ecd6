;; Calls a function of the app's that never returns.
(module
  (import "app" "hang" (func $hang))
  (func (export "run") (call $hang)))
