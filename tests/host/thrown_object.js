// exit: 1
// Nothing else tells what was thrown, which no engine shows by itself.
throw { a: 1, deep: [new Map([["k", { b: 2n }]])], text: "x\u001b[2J" };
