// So much later that no wait for a processor between these lines comes near.
setTimeout(() => console.log("timer 2"), 500);
setTimeout(() => console.log("timer 1"), 1);
const gone = setTimeout(() => console.log("never"), 1);
clearTimeout(gone);
let ticks = 0;
const interval = setInterval(() => {
  console.log("tick", ++ticks);
  if (ticks === 2) clearInterval(interval);
}, 20);
queueMicrotask(() => console.log("microtask"));
Promise.resolve().then(() => console.log("then"));
console.log("sync");
