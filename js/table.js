// Tables of instances, by the names under which they are exported.

import { ops, primordials } from "ext:runtime_wasm/port.js";
import { asArguments, asInteger, asString } from "ext:runtime_wasm/convert.js";
import { atOnce } from "ext:runtime_wasm/lines.js";
import { asked } from "ext:runtime_wasm/requests.js";

const { ObjectFreeze } = primordials;
const { op_wasm_table_get, op_wasm_table_grow, op_wasm_table_set, op_wasm_table_size } = ops;

/** A table of the instance whose `id` the object has. It holds the object, and what that holds: see `js/instance.js`. */
export function tableOf(instance, name) {
  asString(name, "name");
  return ObjectFreeze({
    get: async (index) => (await atOnce(instance.id, op_wasm_table_get(instance.id, name, asInteger(index, "index"))))[0],
    set: (index, value) => asked(() => {
      const place = asInteger(index, "index");
      return atOnce(instance.id, op_wasm_table_set(instance.id, name, place, asArguments([value])));
    }),
    grow: (delta, init) => asked(() => {
      const more = asInteger(delta, "delta");
      return atOnce(instance.id, op_wasm_table_grow(instance.id, name, more, asArguments([init])));
    }),
    size: () => asked(() => atOnce(instance.id, op_wasm_table_size(instance.id, name))),
  });
}
