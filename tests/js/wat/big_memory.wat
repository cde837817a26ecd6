(module (memory 100) (memory 100))
