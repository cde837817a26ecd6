// Requests to an instance of a component.

import { ops, primordials } from "ext:runtime_wasm/port.js";
import { callHandle, calling, isWithin } from "ext:runtime_wasm/deadlock.js";
import { inLine } from "ext:runtime_wasm/lines.js";
import { bareArray, shown } from "ext:runtime_wasm/own.js";
import { abortSignals, sent } from "ext:runtime_wasm/replies.js";
import { inputHeard } from "ext:runtime_wasm/stdio.js";
import { areNumbers, argumentsOf, functionOf, resultsOf, unsigned, waitsFor } from "ext:runtime_wasm/component/calls.js";

const { op_wasm_call, op_wasm_send_call } = ops;
const { ArrayPrototypeSlice, ObjectDefineProperty, PromiseReject } = primordials;

/** Calls a function by its name: `read` makes of its results what the app gets. For a call of numbers nothing else is called here, as in js/instance.js. */
export function calledByName(instance, guest, name, args, read) {
  let func;
  try {
    func = guest.interface.byName.get(name) ?? functionOf(guest, name);
    if (func.givesNumber && !func.isCommand && areNumbers(func, args) && !isWithin()) {
      return sent(guest.id, op_wasm_send_call(guest.id, func.fullName, args), instance, func.givesAsIs ? read : unsignedFor(read));
    }
  } catch (error) {
    return PromiseReject(error);
  }
  return calledOfComponent(instance, guest, func, args, read);
}

function unsignedFor(read) {
  return read === undefined ? unsigned : (results) => read(unsigned(results));
}

/** Calls a function. `instance` is the object that it is called by, if it is one. */
export function calledOfComponent(instance, guest, func, args, read) {
  if (areNumbers(func, args)) return called(instance, guest, func, args, read);
  let spelled;
  try {
    spelled = argumentsOf(guest, func, args);
  } catch (error) {
    const ready = waitsFor(error);
    // An argument is an object that the guest is still making.
    return ready === undefined ? PromiseReject(error) : calledOnceReady(ready, instance, guest, func, args, read);
  }
  const lent = guest.host.takeLent();
  const promise = called(instance, guest, func, spelled, read);
  return lent.length === 0 ? promise : withLent(guest, lent, promise);
}

/** The same with arguments for the op. */
function called(instance, guest, func, spelled, read) {
  const results = func.givesAsIs ? read : (found) => {
    const values = resultsOf(guest, func, found);
    return read === undefined ? values : read(values);
  };
  const { id } = guest;
  try {
    return isWithin() || func.isCommand
      ? calling(id, func.fullName, () => ofComponentByItself(instance, guest, func, spelled, results))
      : sent(id, op_wasm_send_call(id, func.fullName, spelled), instance, results);
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

async function ofComponentByItself(instance, guest, func, spelled, results) {
  try {
    const found = await inLine(guest.id, op_wasm_call(guest.id, func.fullName, spelled, callHandle()), abortSignals.get(instance));
    return results === undefined ? found : results(found);
  } finally {
    if (func.isCommand) await inputHeard(instance);
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
  for (let i = 0; i < exports.length; i++) if (exports[i].isCommand) return exports[i].fullName;
  return "wasi:cli/run#run";
}

/** The results of a batch of a component's; the first that is an error is thrown, with those before it. */
export function resultsOfBatch(guest, functions, found) {
  let numbers = 0;
  for (; numbers < found.length && functions[numbers].givesNumber; numbers++) if (!functions[numbers].givesAsIs) unsigned(found[numbers]);
  if (numbers === found.length) return found;
  const results = bareArray();
  for (let i = 0; i < numbers; i++) results[i] = found[i];
  for (let i = numbers; i < found.length; i++) {
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
