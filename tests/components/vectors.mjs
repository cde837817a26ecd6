// Calls of the functions that give back what they get (world.wit), in values as jco maps them.
//   { call, args, gives }   returns this
//   { call, args, fails }   throws an error that has this payload
//   { call, args, gives, bug }   a guest in this language does not: componentize-js 0.22 returns no negative s64 and not every u32
//   { call, args, odd }     no value of the type: what jco does is in jco-results.json, and why it was asked stands here

const point = { x: 1.5, y: -0, labelText: "a point" };
const bare = { x: 0, y: 2 ** -1074, labelText: undefined };
const flags = (...set) => Object.fromEntries(Array.from({ length: 32 }, (_, index) => [`f${index}`, set.includes(index)]));
const wide = {
  a: 255, b: -128, c: 65535, d: -32768, e: 4294967295, f: -2147483648, g: 2n ** 64n - 1n, h: -(2n ** 63n), i: 0.5, j: 0.1, k: "\u{1f600}", l: true,
  m: "wide", n: Uint8Array.of(1, 2, 3),
};
// A list that starts within its buffer.
const within = (Type, ...items) => Type.from([items[0], ...items]).subarray(1);

const same = (call, ...values) => values.map((value) => ({ call, args: [value], gives: value }));
const pairs = (call, ...values) => values.map(([value, gives]) => ({ call, args: [value], gives }));
const odd = (call, ...values) => values.map(([value, why]) => ({ call, args: [value], odd: why }));
const absent = (call) => ({ call, args: [], odd: "no argument" });

const numbers = [
  [1.5, "a fraction"], [NaN, "NaN"], [Infinity, "infinite"], ["7", "digits"], ["seven", "letters"], [null, "null"], [undefined, "undefined"],
  [true, "true"], [7n, "a bigint"], [{}, "an object"], [[], "an empty array"], [[7], "an array"], [2 ** 53, "beyond 32 bits"],
  [{ valueOf: () => 7 }, "an object with a value"], [Symbol.iterator, "a symbol"],
];
const bigints = [
  [7, "a number"], [7.5, "a fraction"], ["7", "digits"], ["seven", "letters"], [null, "null"], [undefined, "undefined"], [true, "true"],
  [{}, "an object"], [NaN, "NaN"], [2n ** 64n, "too large"], [-1n, "negative"], [-(2n ** 63n) - 1n, "too small"], [2n ** 63n, "2^63"],
];

const integers = Object.entries({
  U8: [0, 255], S8: [-128, 127], U16: [0, 65535], S16: [-32768, 32767], U32: [0, 4294967295], S32: [-2147483648, 2147483647],
}).flatMap(([name, [least, most]]) => {
  const call = `echo-${name.toLowerCase()}`;
  return [
    ...same(call, least, 1),
    { call, args: [most], gives: most, ...(name === "U32" ? { bug: "js" } : {}) },
    ...pairs(call, [-0, 0]),
    ...odd(call, [least - 1, "too small"], [most + 1, "too large"], ...numbers),
    absent(call),
  ];
});

const lists = [
  ["u8", Uint8Array, 0, 255], ["s8", Int8Array, -128, 127], ["u16", Uint16Array, 0, 65535], ["s16", Int16Array, -32768, 32767],
  ["u32", Uint32Array, 0, 4294967295], ["s32", Int32Array, -2147483648, 2147483647], ["u64", BigUint64Array, 0n, 2n ** 64n - 1n],
  ["s64", BigInt64Array, -(2n ** 63n), 2n ** 63n - 1n], ["f32", Float32Array, -1.5, Infinity], ["f64", Float64Array, -0, 0.1],
].flatMap(([name, Type, least, most]) => {
  const call = `echo-list-${name}`;
  const big = typeof least === "bigint";
  const list = Type.of(least, most);
  return [
    ...same(call, list, new Type(0), new Type(1000).fill(most)),
    ...pairs(call, [[least, most], list], [[], new Type(0)], [within(Type, most, least), Type.of(most, least)]),
    ...odd(
      call,
      [list.buffer, "an ArrayBuffer"], [new DataView(list.buffer), "a DataView"], [big ? [7] : [7n], "the other kind of number"],
      [big ? [2n ** 65n] : [2 ** 40], "an item too large"], [[undefined], "an undefined item"], [["7"], "digits"], [[NaN], "NaN"], [[1.5], "a fraction"],
      [new Set([least]), "a set"], ["text", "a string"], [null, "null"], [undefined, "undefined"], [{ length: 1, 0: least }, "like an array"],
      [{}, "an object"], [7, "a number"], [Uint8Array.of(1, 2), "bytes"], [Int16Array.of(-1, 2), "s16s"], [Float64Array.of(1.5, 2), "f64s"],
      [BigInt64Array.of(-1n, 2n), "s64s"],
      // eslint-disable-next-line no-sparse-arrays
      [[least, , most], "a hole"],
    ),
  ];
});

export const vectors = [
  ...same("echo-bool", true, false),
  ...odd("echo-bool", [0, "0"], [1, "1"], ["", "an empty string"], ["x", "a string"], [null, "null"], [undefined, "undefined"], [{}, "an object"]),
  absent("echo-bool"),
  ...integers,
  ...same("echo-u64", 0n, 2n ** 64n - 1n, 2n ** 53n + 1n),
  ...odd("echo-u64", ...bigints),
  absent("echo-u64"),
  ...same("echo-s64", 2n ** 63n - 1n, 0n),
  ...same("echo-s64", -1n, -(2n ** 63n)).map((vector) => ({ ...vector, bug: "js" })),
  ...odd("echo-s64", ...bigints),
  absent("echo-s64"),
  ...same("echo-f32", 0, -0, 1.5, NaN, Infinity, -Infinity, 2 ** -149),
  ...pairs("echo-f32", [0.1, Math.fround(0.1)], [1e40, Infinity], [2 ** -150, 0], [16777217, 16777216]),
  ...odd("echo-f32", ...numbers),
  absent("echo-f32"),
  ...same("echo-f64", 0, -0, 0.1, NaN, Infinity, -Infinity, Number.MAX_VALUE, Number.MIN_VALUE),
  ...odd("echo-f64", ...numbers),
  absent("echo-f64"),
  ...same("echo-char", "a", "\0", "\u00e9", "\u{1d11e}", "\ud7ff", "\ue000", "\u{10ffff}"),
  ...odd(
    "echo-char", ["", "empty"], ["ab", "two"], ["\ud800", "a high surrogate"], ["\udc00", "a low surrogate"], ["e\u0301", "a letter and its accent"],
    [97, "a number"], [null, "null"], [undefined, "undefined"],
  ),
  ...same("echo-string", "", "plain", "h\u00e9llo \u{1d11e} \0 \ufeffend", "x".repeat(70000)),
  ...pairs("echo-string", ["a\ud800b", "a\ufffdb"], ["\udc00\ud800", "\ufffd\ufffd"]),
  ...odd(
    "echo-string", [7, "a number"], [null, "null"], [undefined, "undefined"], [{}, "an object"], [new String("x"), "a boxed string"], [["a", "b"], "an array"],
    [{ toString: () => "x" }, "an object with a text"], [Symbol.iterator, "a symbol"], [7n, "a bigint"],
  ),
  absent("echo-string"),
  { call: "echo-string", args: ["one", "two"], odd: "one argument too many" },

  ...lists,
  ...pairs("echo-list-u8", [Uint8ClampedArray.of(1, 255), Uint8Array.of(1, 255)]),
  ...same("echo-list-f32", Float32Array.of(NaN, -0)),
  ...same("echo-list-bool", [], [true, false, true]),
  ...odd("echo-list-bool", [[1, 0, ""], "truthy items"], [Uint8Array.of(1, 0), "bytes"]),
  ...same("echo-list-char", [], ["a", "\u{1d11e}"]),
  ...odd("echo-list-char", ["ab", "a string"], [["ab"], "an item of two"]),
  ...same("echo-list-string", [], ["", "a", "\u{1d11e}"]),
  ...odd("echo-list-string", ["ab", "a string"], [new Set(["a"]), "a set"], [[1, null], "items that are no strings"], [null, "null"], [undefined, "undefined"]),
  ...same("echo-list-list", [], [new Uint32Array(0), Uint32Array.of(1, 2)]),
  ...pairs("echo-list-list", [[[], [1, 2]], [new Uint32Array(0), Uint32Array.of(1, 2)]]),
  ...odd("echo-list-list", [[null], "a null inside"], [[1], "a number inside"]),
  ...same("echo-list-record", [], [point, bare]),
  ...odd("echo-list-record", [[point, null], "a null inside"], [point, "a record"]),
  ...same("echo-list-variant", [], [{ tag: "nowhere" }, { tag: "circle", val: 1 }, { tag: "titled", val: "t" }]),
  ...odd("echo-list-variant", [[{ tag: "nowhere" }, { tag: "nope" }], "no such case inside"]),
  ...same("echo-list-option", [], ["a", undefined, ""]),
  ...pairs("echo-list-option", [["a", null], ["a", undefined]]),

  ...same("echo-tuple", [1, "two", 3.5]),
  ...odd(
    "echo-tuple", [[1, "two"], "one too few"], [[1, "two", 3, 4], "one too many"], [{ 0: 1, 1: "two", 2: 3 }, "an object"], [null, "null"],
    [undefined, "undefined"], [new Set([1, "two", 3]), "a set"], [[1.5, 2, "3"], "items of other types"],
  ),
  ...same("echo-record", point, bare),
  ...pairs(
    "echo-record", [{ x: 1, y: 2 }, { x: 1, y: 2, labelText: undefined }], [{ x: 1, y: 2, labelText: null }, { x: 1, y: 2, labelText: undefined }],
    [{ ...point, more: 1 }, point], [Object.assign(Object.create(null), point), point], [Object.create(point), point],
    [{ get x() { return 1; }, get y() { return 2; } }, { x: 1, y: 2, labelText: undefined }],
  ),
  ...odd(
    "echo-record", [{ x: 1 }, "a field too few"], [{}, "no field"], [null, "null"], [undefined, "undefined"], [7, "a number"], [[1, 2, "l"], "an array"],
    [{ x: "1", y: null }, "fields of other types"], [{ x: 1, y: 2, "label-text": "l" }, "a name as in WIT"], [{ x: 1, y: 2, labelText: 7 }, "a number for text"],
    [{ x: 1, get y() { throw new RangeError("from the getter"); } }, "a getter that throws"],
  ),
  ...same("echo-nested-record", { fromPoint: point, toPoint: bare, isDashed: true }),
  ...odd("echo-nested-record", [{ fromPoint: point, isDashed: true }, "a field too few"], [{ fromPoint: point, toPoint: point }, "no bool"]),
  ...same("echo-wide-record", wide),
  ...pairs("echo-wide-record", [{ ...wide, n: [1, 2, 3] }, wide]),
  ...odd("echo-wide-record", [{ ...wide, g: 1 }, "a number for a u64"], [{ ...wide, a: 256 }, "a u8 too large"]),
  ...same(
    "echo-variant", { tag: "circle", val: -0 }, { tag: "circle", val: NaN }, { tag: "rect", val: [1.5, Infinity] }, { tag: "half", val: 0.5 },
    { tag: "sides", val: 4294967295 }, { tag: "atoms", val: 2n ** 64n - 1n }, { tag: "titled", val: "\u{1d11e}" }, { tag: "outline", val: [point, bare] },
    { tag: "outline", val: [] }, { tag: "nowhere" },
  ),
  ...pairs("echo-variant", [{ tag: "half", val: NaN }, { tag: "half", val: NaN }], [{ tag: "nowhere", val: undefined }, { tag: "nowhere" }]),
  ...odd(
    "echo-variant", ["nowhere", "the case's name"], [{ tag: "nope" }, "no such case"], [{}, "no case"], [{ tag: "circle" }, "no payload"],
    [{ tag: "titled" }, "no text"], [{ tag: "atoms", val: 1 }, "a number for a u64"], [{ tag: "nowhere", val: 1 }, "a payload too many"], [null, "null"],
    [undefined, "undefined"], [{ tag: "circle", val: "1.5" }, "digits"], [{ circle: 1 }, "the case as a key"], [{ tag: "Circle", val: 1 }, "a capital"],
    [Object.create({ tag: "circle", val: 1 }), "inherited"],
  ),
  ...same("echo-enum", "low", "mid-high", "high"),
  ...odd("echo-enum", ["midHigh", "camel case"], ["LOW", "capitals"], [0, "a number"], [undefined, "undefined"], [null, "null"], [{ tag: "low" }, "an object"]),
  ...same("echo-flags", { canRead: false, canWrite: false, canRun: false }, { canRead: true, canWrite: false, canRun: true }),
  ...pairs(
    "echo-flags", [{}, { canRead: false, canWrite: false, canRun: false }], [{ canRun: true }, { canRead: false, canWrite: false, canRun: true }],
    [{ canRun: undefined, canWrite: true }, { canRead: false, canWrite: true, canRun: false }],
  ),
  ...odd(
    "echo-flags", [undefined, "undefined"], [null, "null"], [{ canRead: 1, canWrite: "", canRun: {} }, "truthy"], [{ "can-read": true }, "a name as in WIT"],
    [{ canRead: true, canFly: true }, "no such flag"], [["canRead"], "an array of names"], ["canRead", "a string"], [5, "a number"], [true, "true"],
    [new Set(["canRead"]), "a set"], [() => {}, "a function"],
  ),
  absent("echo-flags"),
  ...same("echo-many-flags", flags(), flags(0, 31), flags(...Array(32).keys())),

  ...same("echo-option", undefined, 0, 4294967295),
  ...pairs("echo-option", [null, undefined]),
  { call: "echo-option", args: [], gives: undefined },
  ...odd(
    "echo-option", [{ tag: "some", val: 5 }, "as a variant"], [{ tag: "none" }, "none as a variant"], [-1, "too small"], ["x", "letters"], [NaN, "NaN"],
    [false, "false"],
  ),
  ...same("echo-option-string", undefined, "", "some"),
  ...pairs("echo-option-string", [null, undefined]),
  ...odd("echo-option-string", [7, "a number"]),
  ...same("echo-option-option", { tag: "none" }, { tag: "some", val: undefined }, { tag: "some", val: 7 }),
  ...pairs("echo-option-option", [{ tag: "some" }, { tag: "some", val: undefined }], [{ tag: "some", val: null }, { tag: "some", val: undefined }]),
  ...odd(
    "echo-option-option", [undefined, "undefined"], [null, "null"], [7, "a number"], [{ tag: "some", val: { tag: "some", val: 7 } }, "as a variant twice"],
    [{ tag: "more" }, "no such case"],
  ),
  ...same("echo-option-record", undefined, point, bare),
  ...odd("echo-option-record", [{}, "no field"]),

  ...["", "-err-only", "-ok-only", "-empty"].flatMap((kind) => {
    const call = `echo-result${kind}`;
    const ok = kind === "" || kind === "-ok-only" ? { tag: "ok", val: 7 } : { tag: "ok", val: undefined };
    const err = kind === "" || kind === "-err-only" ? { tag: "err", val: "no" } : { tag: "err", val: undefined };
    return [
      ...[ok, err].map((value) => ({ call, args: [value], gives: [value] })),
      ...odd(
        call, [{ tag: "ok" }, "ok without a value"], [{ tag: "err" }, "err without a value"], [{ tag: "fine", val: 7 }, "no such case"], [7, "a number"],
        [undefined, "undefined"], [null, "null"], [{ ok: 7 }, "the case as a key"], [new Error("no"), "an Error"],
      ),
    ];
  }),
  { call: "return-result", args: [{ tag: "ok", val: 7 }], gives: 7 },
  { call: "return-result", args: [{ tag: "err", val: "no" }], fails: "no" },
  { call: "return-result", args: [{ tag: "err", val: "" }], fails: "" },
  { call: "return-result-err-only", args: [{ tag: "ok" }], gives: undefined },
  { call: "return-result-err-only", args: [{ tag: "err", val: "no" }], fails: "no" },
  { call: "return-result-ok-only", args: [{ tag: "ok", val: 7 }], gives: 7 },
  { call: "return-result-ok-only", args: [{ tag: "err" }], fails: undefined },
  { call: "return-result-empty", args: [{ tag: "ok" }], gives: undefined },
  { call: "return-result-empty", args: [{ tag: "err" }], fails: undefined },
  { call: "return-result-variant", args: [{ tag: "ok", val: -0 }], gives: -0 },
  { call: "return-result-variant", args: [{ tag: "err", val: { tag: "not-found", val: "it" } }], fails: { tag: "not-found", val: "it" } },
  { call: "return-result-variant", args: [{ tag: "err", val: { tag: "error-code", val: 42 } }], fails: { tag: "error-code", val: 42 } },
  { call: "return-result-variant", args: [{ tag: "err", val: { tag: "refused" } }], fails: { tag: "refused" } },
  ...same("return-option-result", undefined, { tag: "ok", val: 7 }, { tag: "err", val: "no" }),

  {
    call: "many-parameters",
    args: [255, -128, 65535, -32768, 4294967295, -2147483648, 2n ** 64n - 1n, -(2n ** 63n), 1.5, -2.25, true, "\u{1d11e}", "text", undefined, "mid-high", 7],
    gives: `255 -128 65535 -32768 4294967295 -2147483648 18446744073709551615 -9223372036854775808 1.5 -2.25 true \u{1d11e} text none mid-high 7`,
  },
  {
    call: "many-parameters",
    args: [0, 0, 0, 0, 0, 0, 0n, 0n, 0, 0, false, "a", "", 8, "low", 0],
    gives: "0 0 0 0 0 0 0 0 0 0 false a  8 low 0",
  },
  { call: "many-results", args: [], gives: [1, 2n ** 63n, 1.5, -2.25, "four", true] },
  { call: "nothing", args: [], gives: undefined },
  { call: "nothing", args: [1, 2], odd: "arguments for none" },
  { call: "delete", args: [1], gives: 2 },
  { call: "trap", args: [], odd: "a trap" },
];
