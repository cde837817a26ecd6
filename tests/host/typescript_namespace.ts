// exit: 1
let a: number = 1;
  namespace N { export const x = 1; }
