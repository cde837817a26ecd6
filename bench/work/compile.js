// How long it takes until a module's file is compiled, in microseconds. The first argument is the file.
import { args, compileFile, exit } from "./host.js";
import { now, print } from "./tools.js";

const from = now();
await compileFile(args[0]);
print({ compile: now() - from });
exit(0);
