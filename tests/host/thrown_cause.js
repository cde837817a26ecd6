// exit: 1
setTimeout(() => { throw new Error("outer", { cause: { code: 7 } }); }, 1);
