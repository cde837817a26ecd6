// Objects and arrays, made of columns or of a value after the other.

import { primordials } from "ext:runtime_wasm/port.js";
import { bareArray } from "ext:runtime_wasm/own.js";

const { ArrayPrototype, ObjectSetPrototypeOf } = primordials;

/** An array as an app knows it. Its elements are there already: an assignment would have asked the setters on the prototype of arrays. */
export function asArray(bare) {
  return ObjectSetPrototypeOf(bare, ArrayPrototype);
}

/** Literals define what stands in them, and are the fastest way to an object. With more keys they are put together of several, and with many more made key by key. */
const KEYS_IN_LITERALS = 16;

/** What reads an object with these keys, the first of which is at `from`, with these decoders. */
export function recordMaker(keys, decoders, from) {
  const { [from]: a, [from + 1]: b, [from + 2]: c, [from + 3]: d } = keys;
  const { [from]: e, [from + 1]: f, [from + 2]: g, [from + 3]: h } = decoders;
  switch (keys.length - from) {
    case 1: return (source) => ({ [a]: e.one(source) });
    case 2: return (source) => ({ [a]: e.one(source), [b]: f.one(source) });
    case 3: return (source) => ({ [a]: e.one(source), [b]: f.one(source), [c]: g.one(source) });
    case 4: return (source) => ({ [a]: e.one(source), [b]: f.one(source), [c]: g.one(source), [d]: h.one(source) });
  }
  if (keys.length === 0 || keys.length > KEYS_IN_LITERALS) {
    return (source) => {
      const bare = { __proto__: null };
      for (let i = 0; i < keys.length; i++) bare[keys[i]] = decoders[i].one(source);
      return { ...bare };
    };
  }
  const more = recordMaker(keys, decoders, from + 4);
  return (source) => ({ [a]: e.one(source), [b]: f.one(source), [c]: g.one(source), [d]: h.one(source), ...more(source) });
}

/** The same of columns: an array of our own. */
export function records(keys, columns, from, count) {
  const { [from]: a, [from + 1]: b, [from + 2]: c, [from + 3]: d } = keys;
  const { [from]: e, [from + 1]: f, [from + 2]: g, [from + 3]: h } = columns;
  const made = bareArray();
  switch (keys.length - from) {
    case 1:
      for (let i = 0; i < count; i++) made[i] = { [a]: e[i] };
      return made;
    case 2:
      for (let i = 0; i < count; i++) made[i] = { [a]: e[i], [b]: f[i] };
      return made;
    case 3:
      for (let i = 0; i < count; i++) made[i] = { [a]: e[i], [b]: f[i], [c]: g[i] };
      return made;
    case 4:
      for (let i = 0; i < count; i++) made[i] = { [a]: e[i], [b]: f[i], [c]: g[i], [d]: h[i] };
      return made;
  }
  if (keys.length === 0 || keys.length > KEYS_IN_LITERALS) {
    for (let i = 0; i < count; i++) {
      const bare = { __proto__: null };
      for (let k = 0; k < keys.length; k++) bare[keys[k]] = columns[k][i];
      made[i] = { ...bare };
    }
    return made;
  }
  const more = records(keys, columns, from + 4, count);
  for (let i = 0; i < count; i++) made[i] = { [a]: e[i], [b]: f[i], [c]: g[i], [d]: h[i], ...more[i] };
  return made;
}

/** The same as arrays. */
export function tuples(columns, count) {
  const { 0: a, 1: b, 2: c, 3: d } = columns;
  const made = bareArray();
  switch (columns.length) {
    case 1:
      for (let i = 0; i < count; i++) made[i] = [a[i]];
      return made;
    case 2:
      for (let i = 0; i < count; i++) made[i] = [a[i], b[i]];
      return made;
    case 3:
      for (let i = 0; i < count; i++) made[i] = [a[i], b[i], c[i]];
      return made;
    case 4:
      for (let i = 0; i < count; i++) made[i] = [a[i], b[i], c[i], d[i]];
      return made;
  }
  for (let i = 0; i < count; i++) {
    const values = bareArray();
    for (let k = 0; k < columns.length; k++) values[k] = columns[k][i];
    made[i] = asArray(values);
  }
  return made;
}
