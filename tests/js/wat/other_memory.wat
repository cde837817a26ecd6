(module (memory (export "other") 1) (memory (export "second") 2))
