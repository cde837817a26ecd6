;; Has a name that a terminal would obey: it would clear the screen.
(module
  (func $run (@name "\1b[2J\1b[Hall is well") (export "run") unreachable))
