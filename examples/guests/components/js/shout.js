// A plugin in JavaScript. What the app gives is a module; what the plugin gives is exported.
import { log } from "demo:shout/app@0.1.0";

export function shout(text) {
  log(text);
  return `${text.toUpperCase()}!`;
}

// Where the world says `result`, what is thrown is its error.
export function divide(a, b) {
  if (b === 0) throw "division by zero";
  return Math.trunc(a / b);
}
