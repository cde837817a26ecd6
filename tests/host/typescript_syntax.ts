// exit: 1
const x: = 3;
