// Resources and the app's functions: each is given an instance's exports, what `host.mjs` logs and its `Store`, and returns what it saw.
// The calls are awaited, for hosts where they are asynchronous.

const caught = async (work) => {
  try {
    return { returned: await work() };
  } catch (error) {
    return { error: "payload" in error ? error.payload : error.constructor.name };
  }
};
const drop = (resource) => resource[Symbol.dispose]();

export const scenarios = {
  async "a world's own functions"({ add }) {
    return [await add(1, 2), await add(2 ** 32 - 1, 2)];
  },

  async "a counter's life"({ api }) {
    const counter = await new api.Counter(40);
    const seen = [await counter.value(), await counter.add(2), await api.readCounter(counter), await api.liveCounters()];
    await drop(counter);
    return [...seen, await api.liveCounters()];
  },

  async "a method of a dropped resource"({ api }) {
    const counter = await new api.Counter(1);
    await drop(counter);
    return [await caught(() => counter.value()), await caught(() => drop(counter)), await caught(() => api.readCounter(counter))];
  },

  async "an owned one is gone once it is given"({ api }) {
    const counter = await new api.Counter(1);
    return [await api.takeCounter(counter), await api.liveCounters(), await caught(() => counter.value()), await caught(() => api.takeCounter(counter))];
  },

  async "a borrowed one stays"({ api }) {
    const counters = [await new api.Counter(1), await new api.Counter(2), await new api.Counter(3)];
    return [await api.sumCounters(counters), await api.sumCounters([counters[0], counters[0]]), await api.takeCounters(counters), await api.liveCounters()];
  },

  async "given and given back"({ api }) {
    const counter = await new api.Counter(5);
    const again = await api.echoCounter(counter);
    return [again === counter, again instanceof api.Counter, await again.value(), await caught(() => counter.value()), await api.liveCounters()];
  },

  async "static functions"({ api }) {
    const made = await api.Counter.tryNew(7);
    const refused = await caught(() => api.Counter.tryNew(-1));
    const merged = await api.Counter.merge(made, await new api.Counter(8));
    const several = await api.Counter.upTo(3);
    const values = [];
    for (const counter of several) values.push(await counter.value());
    return [refused, await merged.value(), values, several.every((each) => each instanceof api.Counter), await api.liveCounters()];
  },

  async "the same one twice as owned"({ api }) {
    const counter = await new api.Counter(1);
    return [await caught(() => api.Counter.merge(counter, counter))];
  },

  async "an optional resource"({ api }) {
    const some = await api.maybeCounter(9);
    return [await some.value(), await api.maybeCounter(undefined)];
  },

  async "what is no resource"({ api }) {
    const seen = [];
    for (const value of [{}, null, undefined, 7, Object.create(api.Counter.prototype)]) seen.push(await caught(() => api.readCounter(value)));
    return seen;
  },

  async "a constructor called as a function"({ api }) {
    return caught(() => api.Counter(1));
  },

  async "the app's functions"({ api }, log) {
    return [await api.callHost("me"), log];
  },

  async "an error of the app's reaches the caller"({ api }) {
    return [await api.askHostThenReturn("fine"), await caught(() => api.askHostThenReturn("wrong"))];
  },

  async "the app's resource, made in the component"({ api }, log, Store) {
    const store = await api.openStore("theirs");
    const seen = [store instanceof Store, await api.fillStore(store, "a", "1"), await api.fillStore(store, "b", "2"), store.get("b")];
    const again = await api.passStore(store);
    seen.push(again === store);
    await api.dropStore(again);
    return [seen, log];
  },

  async "the app's resource, made in the app"({ api }, log, Store) {
    const store = new Store("ours");
    const seen = [await api.fillStore(store, "a", "1"), await api.fillStore(store, "a", "2"), store.get("a")];
    const again = await api.passStore(store);
    seen.push(again === store, again.get("a"));
    await api.dropStore(store);
    seen.push(await caught(() => api.fillStore(store, "b", "3")));
    return [seen, log];
  },

  async "after a trap"({ api }) {
    return [await caught(() => api.trap()), await caught(() => api.echoU8(1))];
  },

  async "after a wrong argument"({ api }) {
    return [await caught(() => api.echoVariant({ tag: "nope" })), await caught(() => api.echoU8(1))];
  },
};
