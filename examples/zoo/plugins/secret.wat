;; Wants a function that nobody gives it.
(module
  (import "app" "secret" (func (result i32))))
