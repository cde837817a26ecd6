// A program for a shell, in JavaScript: an error is the failure that a command has.
import { getArguments, getEnvironment } from "wasi:cli/environment@0.2.12";

export const run = {
  run() {
    const words = getArguments();
    console.log(`arguments: ${JSON.stringify(words)}`);
    console.log(`environment: ${JSON.stringify(getEnvironment())}`);
    console.error("to the other stream");
    if (words.includes("--fail")) throw undefined;
  },
};
