// exit: 1
throw new AggregateError([new Error("first"), new Error("second")], "many");
