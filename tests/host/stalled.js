// exit: 1
console.log("waits");
await new Promise(() => {});
