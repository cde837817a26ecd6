// exit: 1
interface Wide { here: string }
function thrower(_: Wide): never { throw new TypeError("bad", { cause: new RangeError("root") }); }
console.log("before");
thrower({ here: "x" });
