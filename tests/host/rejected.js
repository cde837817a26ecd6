// exit: 1
setTimeout(() => console.log("too late"), 1000);
Promise.reject(new Error("nobody cares"));
