// What is wrong with a value of an app's, and where it stands.

import { primordials } from "ext:runtime_wasm/port.js";
import { isWasmError } from "ext:runtime_wasm/error.js";
import { describe, quoted } from "ext:runtime_wasm/convert.js";

const { ObjectHasOwn, ObjectPrototypeIsPrototypeOf } = primordials;

/** A value that is wrong, and where it stands: told by who finds it, and completed by all around it. */
export class Wrong {
  problem;
  cause;
  path = "";
  /** Which of the values of a column it is, where these are written together. */
  index = 0;

  constructor(problem, cause = undefined) {
    this.problem = problem;
    this.cause = cause;
  }

  within(place) {
    this.path = this.path === "" ? place : place + ", " + this.path;
    return this;
  }
}

export function isWrong(error) {
  return typeof error === "object" && error !== null && ObjectPrototypeIsPrototypeOf(Wrong.prototype, error);
}

export function wrong(type, value) {
  return new Wrong("must be " + type + ", not " + describe(value));
}

/** What a getter or a trap of a proxy of the app's throws is wrong with the value that it was read for. */
function found(error) {
  return isWrong(error) || isWasmError(error) || isWaiting(error) ? error : new Wrong("cannot be read", error);
}

/** What has been thrown for what stands at a place. */
export function placed(error, place) {
  const problem = found(error);
  return isWrong(problem) ? problem.within(place) : problem;
}

/** What has been thrown for one of the values of a column. */
export function ofColumn(error, index) {
  const problem = found(error);
  if (isWrong(problem)) problem.index = index;
  return problem;
}

/** Is it the promise of a resource that is still being made? */
function isWaiting(error) {
  return typeof error === "object" && error !== null && ObjectHasOwn(error, "waitsFor");
}

/** Names, as many as a message has room for. */
export function listed(names) {
  let text = "";
  for (let i = 0; i < names.length && i < 20; i++) text += (i === 0 ? "" : ", ") + quoted(names[i]);
  return names.length > 20 ? text + ", ..." : text;
}
