addEventListener("unhandledrejection", (event) => {
  console.log("handled", event.reason.message, event.promise instanceof Promise);
  event.preventDefault();
  setTimeout(() => { throw new Error("two"); }, 0);
});
globalThis.addEventListener("error", (event) => {
  console.log("error", event.error.message);
  event.preventDefault();
});
Promise.reject(new Error("one"));
