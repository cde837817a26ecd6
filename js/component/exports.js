// The functions of a component as an object: interfaces by their names, with and without the version, functions by their names in JavaScript, and
// resources as classes.

import { primordials } from "ext:runtime_wasm/port.js";
import { hidden, shown } from "ext:runtime_wasm/own.js";
import { camelCase, isCalledUnasked, withoutVersion } from "ext:runtime_wasm/component/names.js";
import { placeOf } from "ext:runtime_wasm/component/objects.js";

const { MapPrototypeForEach, ObjectDefineProperty, ObjectFreeze, SafeMap, SymbolToPrimitive } = primordials;

/** Made for one instance. `invoke` calls a function: `(func, args)`. */
export function exportsOfComponent(guest, invoke) {
  const all = bare();
  const interfaces = new SafeMap();
  const { exports, resources } = guest.interface;
  for (let i = 0; i < exports.length; i++) {
    const func = exports[i];
    if (placeOf(func.name).kind !== "") continue;
    const place = func.interface === null ? all : objectOf(all, interfaces, func.interface);
    const name = camelCase(func.name);
    const call = (...args) => invoke(func, args);
    define(place, name, ObjectDefineProperty(call, "name", { __proto__: null, value: name, configurable: true }));
  }
  for (let i = 0; i < resources.length; i++) {
    const resource = resources[i];
    if (resource.isImported) continue;
    const place = resource.interface === null ? all : objectOf(all, interfaces, resource.interface);
    define(place, resource.className, guest.classOf(resource));
  }
  MapPrototypeForEach(interfaces, (known) => ObjectFreeze(known));
  return ObjectFreeze(all);
}

function bare() {
  return ObjectDefineProperty({ __proto__: null }, SymbolToPrimitive, hidden(() => "[object WasmExports]"));
}

/** The object of an interface. Without its version it is found by its name, too, unless there are several. */
function objectOf(all, interfaces, name) {
  let known = interfaces.get(name);
  if (known !== undefined) return known;
  interfaces.set(name, known = bare());
  ObjectDefineProperty(all, name, shown(known));
  const short = withoutVersion(name);
  if (short !== name) ObjectDefineProperty(all, short, short in all ? hidden(undefined) : hidden(known));
  return known;
}

function define(place, name, value) {
  if (!isCalledUnasked(name)) ObjectDefineProperty(place, name, shown(value));
}
