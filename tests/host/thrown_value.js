// exit: 1
setTimeout(() => { throw 42; }, 1);
setTimeout(() => console.log("too late"), 1000);
