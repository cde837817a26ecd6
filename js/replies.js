// Requests that an op has sent at once, and whose replies come in bunches: see src/session/tickets.rs.

import { ops, primordials } from "ext:runtime_wasm/port.js";
import { failure } from "ext:runtime_wasm/ending.js";
import { isFailure } from "ext:runtime_wasm/error.js";
import { fetched, isLarge } from "ext:runtime_wasm/large.js";
import { atItsTurn, goOn, lineOf, lines, next } from "ext:runtime_wasm/lines.js";
import { bareArray } from "ext:runtime_wasm/own.js";

const { Promise, PromisePrototypeThen, PromiseResolve, SafeWeakMap } = primordials;
const { op_wasm_deliver_to } = ops;

/** The signals that instances were made with. */
export const abortSignals = new SafeWeakMap();

/** A request that waits for its reply. */
class Pending {
  resolve;
  reject;
  line;
  number;
  /** The object of the instance, where it was asked by that. */
  owner;
  /** What makes of the reply what the app gets, if it is not that. */
  read;

  constructor(resolve, reject, line, owner, read) {
    this.resolve = resolve;
    this.reject = reject;
    this.line = line;
    this.number = line.made++;
    this.owner = owner;
    this.read = read;
  }
}

/** Those that wait, by their tickets. */
const pending = bareArray();

let resolver;
let rejecter;
const take = (resolve, reject) => {
  resolver = resolve;
  rejecter = reject;
};

/**
 * The promise for a request that an op has sent, which gives its answer or a ticket for it. The app hears of it after the answers to the
 * requests before it.
 */
export function sent(instance, answer, owner = undefined, read = undefined) {
  const isAnswer = typeof answer !== "number";
  if (isAnswer && !lines.has(instance)) return PromiseResolve(read === undefined ? answer ?? undefined : read(answer));
  const promise = new Promise(take);
  const request = new Pending(resolver, rejecter, lineOf(instance), owner, read);
  // They hold the promise, and what that has come to.
  resolver = rejecter = undefined;
  if (isAnswer) settle(request, answer, false);
  else pending[answer] = request;
  return promise;
}

/** Tickets and replies in turn; the ticket of a failure, and of what is large, is its complement. */
op_wasm_deliver_to((...replies) => {
  for (let i = 0; i < replies.length; i += 2) {
    const fails = replies[i] < 0;
    const ticket = fails ? ~replies[i] : replies[i];
    const request = pending[ticket];
    pending[ticket] = undefined;
    settle(request, replies[i + 1], fails);
  }
});

function settle(request, reply, fails) {
  const { line, number } = request;
  if (number !== line.answered) atItsTurn(line, number, () => tell(request, reply, fails));
  else if (tell(request, reply, fails)) next(line);
}

/** Tells the app, and says whether that is done at once. */
function tell(request, reply, fails) {
  const { read, resolve, reject } = request;
  // Not resolved with the other promise, which would be asked for its `then`.
  if (fails) {
    PromisePrototypeThen(failing(request, reply), resolve, reject);
    return false;
  }
  try {
    resolve(read === undefined ? reply ?? undefined : read(reply));
  } catch (error) {
    // What a component has returned may be an error.
    reject(error);
  }
  return true;
}

/**
 * Rejects, with what `read` throws where the reply is no failure; or resolves, to what is large. An error that is made while nobody awaits it knows nothing of who
 * does, so it is made once the promise is in place.
 */
async function failing({ line, owner, read }, given) {
  await undefined;
  const signal = owner === undefined ? undefined : abortSignals.get(owner);
  // What comes in pieces keeps its place in the line until it is there.
  const reply = isLarge(given) ? await fetched(given, signal) : given;
  goOn(line);
  if (isFailure(reply)) throw failure(line.instance, reply, signal);
  return read === undefined ? reply : read(reply);
}
