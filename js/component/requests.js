// Requests to an instance of a component.

import { ops, primordials } from "ext:runtime_wasm/port.js";
import { callHandle, calling, isWithin } from "ext:runtime_wasm/deadlock.js";
import { inLine } from "ext:runtime_wasm/lines.js";
import { bareArray, shown } from "ext:runtime_wasm/own.js";
import { abortSignals, sent } from "ext:runtime_wasm/replies.js";
import { asked } from "ext:runtime_wasm/requests.js";
import { inputHeard } from "ext:runtime_wasm/stdio.js";
import { argumentsOf, functionOf, resultsOf, waitsFor } from "ext:runtime_wasm/component/calls.js";
import { withoutVersion } from "ext:runtime_wasm/component/names.js";

const { op_wasm_call, op_wasm_send_call } = ops;
const { ArrayPrototypeSlice, ObjectDefineProperty, PromiseReject } = primordials;

/** Calls a function by its name: `read` makes of its results what the app gets. */
export function calledByName(instance, guest, name, args, read) {
  return asked(() => calledOfComponent(instance, guest, functionOf(guest, name), args, read));
}

/** Calls a function. `instance` is the object that it is called by, if it is one. */
export function calledOfComponent(instance, guest, func, args, read) {
  let spelled;
  try {
    spelled = argumentsOf(guest, func, args);
  } catch (error) {
    const ready = waitsFor(error);
    // An argument is an object that the guest is still making.
    return ready === undefined ? PromiseReject(error) : calledOnceReady(ready, instance, guest, func, args, read);
  }
  // A number, or nothing, is there as it is, but for its sign.
  const results = func.givesNumber && func.result !== "u32" ? read : (found) => {
    const values = resultsOf(guest, func, found);
    return read === undefined ? values : read(values);
  };
  const lent = guest.host.takeLent();
  try {
    const { id } = guest;
    const promise = isWithin() || isCommand(func)
      ? calling(id, func.fullName, () => ofComponentByItself(instance, guest, func, spelled, results))
      : sent(id, op_wasm_send_call(id, func.fullName, spelled), instance, results);
    return lent.length === 0 ? promise : withLent(guest, lent, promise);
  } catch (error) {
    return PromiseReject(error);
  }
}

async function calledOnceReady(ready, instance, guest, func, args, read) {
  await ready;
  return await calledOfComponent(instance, guest, func, args, read);
}

/** What is lent to the guest goes back when the call is over. */
export async function withLent(guest, lent, promise) {
  try {
    return await promise;
  } finally {
    guest.host.forgetLent(lent);
  }
}

/** Is it the function by which a program runs, from beginning to end? */
function isCommand(func) {
  return func.name === "run" && func.interface !== null && withoutVersion(func.interface) === "wasi:cli/run";
}

async function ofComponentByItself(instance, guest, func, spelled, results) {
  try {
    const found = await inLine(guest.id, op_wasm_call(guest.id, func.fullName, spelled, callHandle()), abortSignals.get(instance));
    return results === undefined ? found : results(found);
  } finally {
    if (isCommand(func)) await inputHeard(instance);
  }
}

/** The arguments of a call, once all that they name is made. */
export async function argumentsOnceReady(guest, func, args) {
  for (;;) {
    try {
      return argumentsOf(guest, func, args);
    } catch (error) {
      const ready = waitsFor(error);
      if (ready === undefined) throw error;
      await ready;
    }
  }
}

/** The name of the function by which a component runs as a program. */
export function commandOf(guest) {
  const { exports } = guest.interface;
  for (let i = 0; i < exports.length; i++) if (isCommand(exports[i])) return exports[i].fullName;
  return "wasi:cli/run#run";
}

/** The results of a batch of a component's; the first that is an error is thrown, with those before it. */
export function resultsOfBatch(guest, functions, found) {
  const results = bareArray();
  for (let i = 0; i < found.length; i++) {
    try {
      results[i] = resultsOf(guest, functions[i], found[i]);
    } catch (error) {
      ObjectDefineProperty(error, "index", shown(i));
      ObjectDefineProperty(error, "results", shown(ArrayPrototypeSlice(results)));
      throw error;
    }
  }
  return ArrayPrototypeSlice(results);
}
