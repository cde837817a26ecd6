// Values with a type of their own.

import { primordials } from "ext:runtime_wasm/port.js";

const { ObjectFreeze } = primordials;

function typed(type) {
  return (value) => ObjectFreeze({ type, value });
}

/** Values with a type of their own: `types.i64(5)`. The type must be the one that the signature has in that place. */
export const types = ObjectFreeze({
  i32: typed("i32"), i64: typed("i64"), f32: typed("f32"), f64: typed("f64"), v128: typed("v128"),
  externref: typed("externref"), funcref: typed("funcref"),
});
