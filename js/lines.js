// Requests of one instance, in line: the app hears of their answers in the order in which it asked.

import { primordials } from "ext:runtime_wasm/port.js";
import { isFailure } from "ext:runtime_wasm/error.js";
import { waiting } from "ext:runtime_wasm/deadlock.js";
import { failure } from "ext:runtime_wasm/ending.js";

const { Promise, PromiseWithResolvers, SafeMap } = primordials;

/** For each instance with requests under way, how far it is with them. */
export const lines = new SafeMap();

/** Most lines are one request long, so what few need is made when it is needed. */
class Line {
  instance;
  /** Requests that were made, and those whose reply the app has been given. */
  made = 0;
  answered = 0;
  /** By its number, what lets a request go on whose reply came before that of one before it. */
  early = undefined;
  /** The promise of the line's end, where somebody waits for it. */
  ended = undefined;

  constructor(instance) {
    this.instance = instance;
  }
}

/** The line of an instance; a place in it is `line.made++`. */
export function lineOf(instance) {
  let line = lines.get(instance);
  if (line === undefined) lines.set(instance, line = new Line(instance));
  return line;
}

/** Has `tell` called when it is the turn of the request of this number. It says whether the app has been told, and the next may go on. */
export function atItsTurn(line, number, tell) {
  line.early ??= new SafeMap();
  line.early.set(number, tell);
}

/** The app has been told of the request whose turn it was. */
export function next(line) {
  line.answered++;
  if (line.early !== undefined) {
    for (let tell; (tell = line.early.get(line.answered)) !== undefined;) {
      line.early.delete(line.answered);
      if (!tell()) return;
      line.answered++;
    }
  }
  if (line.answered === line.made && lines.get(line.instance) === line) {
    lines.delete(line.instance);
    line.ended?.resolve();
  }
}

/** The same for who still has to tell the app: by then it has heard. */
export async function goOn(line) {
  await undefined;
  await undefined;
  next(line);
}

/**
 * Awaits a request's reply after those of the requests before it: the event loop may hear of two answers in either order. Where one of
 * the signals has ended the instance, what rejects the request is the signal's own reason.
 */
export async function inLine(instance, operation, signal = undefined, other = undefined) {
  const line = lineOf(instance);
  const number = line.made++;
  // Ops do not reject.
  const reply = await operation;
  if (number !== line.answered) await new Promise((resolve) => atItsTurn(line, number, resolve));
  if (line.early === undefined) next(line);
  else goOn(line);
  if (isFailure(reply)) throw failure(instance, reply, signal, other);
  return reply ?? undefined;
}

/**
 * The same for a request other than a call of an export: an instance that waits for a host function answers it at once, so
 * it must not stand in line behind the call that waits.
 */
export function atOnce(instance, operation) {
  return waiting.has(instance) ? outOfLine(instance, operation) : inLine(instance, operation);
}

async function outOfLine(instance, operation) {
  const reply = await operation;
  if (isFailure(reply)) throw failure(instance, reply);
  return reply ?? undefined;
}

/** Resolves once no request to the instance is under way. */
export async function idle(instance) {
  for (let line; (line = lines.get(instance)) !== undefined;) await (line.ended ??= PromiseWithResolvers()).promise;
}
