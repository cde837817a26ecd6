// What the world imports (world.wit), for any host of components: the functions may just as well be async.
export function host(log) {
  const shout = (text) => `${text}!`;
  const fail = (payload) => {
    throw Object.assign(new Error("refused by the app"), { payload });
  };
  class Store {
    #name;
    #entries = new Map();
    constructor(name) {
      this.#name = name;
      log.push(`store ${name} made`);
    }
    get(key) {
      return key === "name" ? this.#name : this.#entries.get(key);
    }
    set(key, value) {
      this.#entries.set(key, value);
    }
    static open(name) {
      if (name === "") fail("a store needs a name");
      return new Store(name);
    }
    static size(of) {
      return of.#entries.size;
    }
    static nameOf(it) {
      return it.#name;
    }
    [Symbol.dispose]() {
      log.push(`store ${this.#name} dropped`);
    }
  }
  let id = 2n ** 63n;
  return {
    roll: (sides) => sides - 2,
    Store,
    log: (text) => void log.push(text),
    greet: (name) => shout(`hello, ${name}`),
    nextId: () => ++id,
    movePoint: ({ x, y, labelText }, by) => ({ x: x + by, y: y + by, labelText: labelText && shout(labelText) }),
    area({ tag, val }) {
      switch (tag) {
        case "rect":
          return val[0] * val[1];
        case "sides":
          return fail({ tag: "error-code", val });
        case "titled":
          return fail({ tag: "not-found", val });
        default:
          return fail({ tag: "refused" });
      }
    },
    check(text) {
      if (text !== "fine") fail(text);
    },
    reverse: (data) => data.slice().reverse(),
    grant: (to, { canRead, canRun }) => ({ canRead, canWrite: to === "mid-high" && canRun }),
    storeSize: (of) => Store.size(of),
    closeStore(it) {
      log.push(`store ${Store.nameOf(it)} closed`);
      return Store.nameOf(it);
    },
  };
}

// What `call-host` says of it.
export const called = (name) => `hello, ${name}!
id 9223372036854775809
roll 4
moved 3 0 ${name}!
area ok 12
area error refused
area error error-code 5
area error not-found a circle
check ok
check error ${name}
reversed 255 2 1
granted 110
store 1 none 2
closed ${name}
open error a store needs a name
open ok other`;
