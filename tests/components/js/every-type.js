// The world in JavaScript.
import * as host from "demo:all/host@0.1.0";
import roll from "roll";

let live = 0;

class Counter {
  #value;
  constructor(start) {
    this.#value = start;
    live++;
  }
  value() {
    return this.#value;
  }
  add(by) {
    this.#value = (this.#value + by) | 0;
    return this.#value;
  }
  static tryNew(start) {
    if (start < 0) throw `${start} is negative`;
    return new Counter(start);
  }
  static merge(first, second) {
    return new Counter((taken(first) + taken(second)) | 0);
  }
  static upTo(count) {
    return Array.from({ length: count }, (_, index) => new Counter(index));
  }
  [Symbol.dispose]() {
    live--;
  }
}

// What an owned counter holds, which is then gone.
function taken(counter) {
  const value = counter.value();
  counter[Symbol.dispose]();
  return value;
}

const echo = (v) => v;

// As a parameter a result is an object; one that is returned is thrown or returned.
function settle({ tag, val }) {
  if (tag === "err") throw val;
  return val;
}

// What a function of the app's that can fail says.
function attempt(work, shown = String) {
  try {
    return `ok ${shown(work())}`;
  } catch (error) {
    if (error instanceof Error && !("payload" in error)) throw error;
    return `error ${words(error?.payload ?? error)}`;
  }
}

function words(value) {
  if (typeof value === "string") return value;
  return value.val === undefined ? value.tag : `${value.tag} ${value.val}`;
}

export const api = {
  Counter,
  echoBool: echo, echoU8: echo, echoS8: echo, echoU16: echo, echoS16: echo, echoU32: echo, echoS32: echo, echoU64: echo, echoS64: echo,
  echoF32: echo, echoF64: echo, echoChar: echo, echoString: echo,
  echoListBool: echo, echoListU8: echo, echoListS8: echo, echoListU16: echo, echoListS16: echo, echoListU32: echo, echoListS32: echo,
  echoListU64: echo, echoListS64: echo, echoListF32: echo, echoListF64: echo, echoListChar: echo, echoListString: echo,
  echoListList: echo, echoListRecord: echo, echoListVariant: echo, echoListOption: echo,
  echoTuple: echo, echoRecord: echo, echoNestedRecord: echo, echoWideRecord: echo, echoVariant: echo, echoEnum: echo, echoFlags: echo,
  echoManyFlags: echo, echoOption: echo, echoOptionString: echo, echoOptionOption: echo, echoOptionRecord: echo,
  echoResult: (v) => [v], echoResultErrOnly: (v) => [v], echoResultOkOnly: (v) => [v], echoResultEmpty: (v) => [v],
  returnResult: settle, returnResultErrOnly: settle, returnResultOkOnly: settle, returnResultEmpty: settle, returnResultVariant: settle,
  returnOptionResult: echo,

  manyParameters(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) {
    return [a, b, c, d, e, f, g, h, i, j, k, l, m, n ?? "none", o, p].join(" ");
  },
  manyResults: () => [1, 2n ** 63n, 1.5, -2.25, "four", true],
  nothing() {},
  delete: (v) => v + 1,

  readCounter: (it) => it.value(),
  takeCounter: taken,
  echoCounter: echo,
  sumCounters: (all) => all.reduce((sum, it) => sum + it.value(), 0),
  takeCounters: (all) => all.reduce((sum, it) => sum + taken(it), 0),
  maybeCounter: (start) => (start === undefined ? undefined : new Counter(start)),
  liveCounters: () => live,

  openStore: (name) => new host.Store(name),
  fillStore(it, key, value) {
    it.set(key, value);
    return host.storeSize(it);
  },
  passStore: echo,
  dropStore(it) {
    it[Symbol.dispose]();
  },

  callHost(name) {
    const lines = [];
    host.log(`a call of ${name}`);
    lines.push(host.greet(name));
    lines.push(`id ${host.nextId()}`);
    lines.push(`roll ${roll(6)}`);
    const moved = host.movePoint({ x: 1, y: -2, labelText: name }, 2);
    lines.push(`moved ${moved.x} ${moved.y} ${moved.labelText ?? "none"}`);
    lines.push(`area ${attempt(() => host.area({ tag: "rect", val: [3, 4] }))}`);
    lines.push(`area ${attempt(() => host.area({ tag: "nowhere" }))}`);
    lines.push(`area ${attempt(() => host.area({ tag: "sides", val: 5 }))}`);
    lines.push(`area ${attempt(() => host.area({ tag: "titled", val: "a circle" }))}`);
    lines.push(`check ${attempt(() => host.check("fine"), () => "")}`.trimEnd());
    lines.push(`check ${attempt(() => host.check(name))}`);
    lines.push(`reversed ${host.reverse(Uint8Array.of(1, 2, 255)).join(" ")}`);
    const granted = host.grant("mid-high", { canRead: true, canRun: true });
    lines.push(`granted ${["canRead", "canWrite", "canRun"].map((each) => Number(granted[each])).join("")}`);
    const store = new host.Store(name);
    store.set("a", "1");
    store.set("b", "2");
    lines.push(`store ${store.get("a") ?? "none"} ${store.get("z") ?? "none"} ${host.storeSize(store)}`);
    lines.push(`closed ${host.closeStore(store)}`);
    lines.push(`open ${attempt(() => host.Store.open(""))}`);
    const opened = host.Store.open("other");
    lines.push(`open ok ${opened.get("name") ?? "none"}`);
    opened[Symbol.dispose]();
    return lines.join("\n");
  },
  askHostThenReturn(text) {
    host.check(text);
    return host.greet(text);
  },
  spin() {
    for (;;);
  },
  trap() {
    throw new Error("a trap");
  },
};

export const add = (a, b) => a + b;
