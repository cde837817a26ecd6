// exit: 1
throw { get [Symbol.toStringTag]() { throw new Error("again"); }, toString() { throw new Error("again"); } };
