// Runs the vectors and the scenarios on one component: what it does is as they say, and as jco has it but for what is named here.
// Its arguments are the engine's name and the language of the component, which is every-type.wasm beside it.

import { args } from "runtime:app";
import { WasmError, compileFile, instantiate } from "runtime:wasm";
import { ok, test, ticks } from "./check.js";
import { encode } from "./encode.mjs";
import { host } from "./host.mjs";
import recorded from "./jco-results.json" with { type: "json" };
import { scenarios } from "./scenarios.mjs";
import { vectors } from "./vectors.mjs";

const language = args[1];
const module = await compileFile("./every-type.wasm");
const camel = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

async function start(log = [], options = {}) {
  const { roll, ...functions } = host(log);
  const instance = await instantiate(module, { ...options, imports: { "demo:all/host": functions, roll } });
  return { instance, api: instance.exports["demo:all/api"], add: instance.exports.add, Store: functions.Store };
}

const trapped = (error) => error instanceof WasmError && error.code === 5002 && "trap" in error;

/** What jco does with it in this language. */
const jco = (said) => said.differs?.[language] ?? said;

/** What jco refuses, and what this gives instead. */
const accepted = {
  "echo-u64": { "a number": 7n },
  "echo-s64": { "a number": 7n },
  "echo-list-u64": { "the other kind of number": BigUint64Array.of(7n) },
  "echo-list-s64": { "the other kind of number": BigInt64Array.of(7n) },
};

test("what is a value of its type comes back, and what is an error is thrown", async () => {
  const { api, instance } = await start();
  let done = 0;
  const bugs = [];
  const failures = [];
  for (const vector of vectors) {
    if ("odd" in vector) continue;
    if (vector.bug === language) {
      // A bug of the guest's, which is the same bug here.
      bugs.push(vector);
      continue;
    }
    done++;
    const text = `${vector.call}(${JSON.stringify(encode(vector.args)).slice(0, 200)})`;
    try {
      const found = encode(await api[camel(vector.call)](...vector.args));
      const wanted = "gives" in vector ? encode(vector.gives) : "an error";
      if (!same(found, wanted)) failures.push(`${text}: found ${JSON.stringify(found)}, expected ${JSON.stringify(wanted)}`.slice(0, 1000));
    } catch (error) {
      const isIt = "fails" in vector && error instanceof WasmError && error.code === 5002 && "payload" in error && same(encode(error.payload), encode(vector.fails));
      if (!isIt) failures.push(`${text}: ${error}`);
    }
  }
  await instance.drop();
  for (const vector of bugs) {
    const theirs = jco(recorded.vectors[vectors.indexOf(vector)]);
    const fresh = await start();
    try {
      const found = encode(await fresh.api[camel(vector.call)](...vector.args));
      if (!same(found, theirs.returned)) failures.push(`${vector.call}: found ${JSON.stringify(found)}, and in jco ${JSON.stringify(theirs)}`);
    } catch (error) {
      if (!(theirs.ended && trapped(error))) failures.push(`${vector.call}: ${error}, and in jco ${JSON.stringify(theirs)}`);
    }
    await fresh.instance.drop();
  }
  console.log(`${language}: ${done} values, and ${bugs.length} that this guest is known to return wrongly`);
  ok(failures.length === 0, failures.join("\n"));
});

test("what is no value of its type is refused by its place, or does what it does in jco", async () => {
  let { api, instance } = await start();
  const failures = [];
  const counts = { "refused, as in jco": 0, "refused, other than in jco": 0, "as in jco": 0, "accepted, other than in jco": 0 };
  for (const [index, vector] of vectors.entries()) {
    if (!("odd" in vector) || vector.call === "trap") continue;
    const theirs = jco(recorded.vectors[index]);
    const text = `${vector.call}(${JSON.stringify(encode(vector.args)).slice(0, 200)}), ${vector.odd}`;
    try {
      const found = encode(await api[camel(vector.call)](...vector.args));
      const wanted = accepted[vector.call]?.[vector.odd];
      if (same(found, theirs.returned)) counts["as in jco"]++;
      else if (wanted !== undefined && same(found, encode(wanted))) counts["accepted, other than in jco"]++;
      else failures.push(`${text}: found ${JSON.stringify(found)}, and in jco ${JSON.stringify(theirs)}`);
    } catch (error) {
      const names = [`"demo:all/api@0.1.0#${vector.call}": arg 0`, `"demo:all/api@0.1.0#${vector.call}" takes `];
      if (error instanceof WasmError && error.code === 5007 && names.some((name) => error.message.includes(name))) {
        counts["threw" in theirs ? "refused, as in jco" : "refused, other than in jco"]++;
      } else if (theirs.ended && trapped(error)) {
        // A bug of the guest's.
        counts["as in jco"]++;
        await instance.drop();
        ({ api, instance } = await start());
      } else {
        failures.push(`${text}: ${error}, and in jco ${JSON.stringify(theirs)}`);
      }
    }
  }
  console.log(`${language}: ${JSON.stringify(counts)}`);
  ok(failures.length === 0, failures.join("\n"));
  // Nothing of that has come to the guest.
  await api.nothing();
  await instance.drop();
});

/** Where jco throws errors of JavaScript's own, these are WasmErrors. */
const errors = (said) => JSON.parse(JSON.stringify(said).replaceAll(/"error":"(TypeError|RuntimeError|WasmError)"/g, '"error":"an error"'));

for (const [name, scenario] of Object.entries(scenarios)) {
  test(name, async () => {
    const log = [];
    const { instance, api, add, Store } = await start(log);
    const wanted = errors(jco(recorded.scenarios[name]));
    const seen = await scenario({ api, add }, log, Store);
    let found = errors(encode(seen));
    // The app hears that the component has dropped one of its resources on its own event loop, which may be after the call has been answered.
    for (let i = 0; i < 1000 && !same(found, wanted) && JSON.stringify(wanted).includes(" dropped"); i++) {
      await ticks(1);
      found = errors(encode(seen));
    }
    ok(same(found, wanted), `found ${JSON.stringify(found)}, and in jco ${JSON.stringify(wanted)}`);
    await instance.drop();
  });
}

test("after a trap there is a fresh instance, by itself where that is wanted", async () => {
  const once = await start();
  const { api, instance } = await start([], { restart: { max: 1, backoffMs: 0 } });
  const counter = new api.Counter(3);
  ok(await counter.value() === 3 && await api.liveCounters() === 1);
  for (const one of [once, { api }]) ok(trapped(await one.api.trap().catch((error) => error)));
  ok((await once.api.echoU8(1).catch((error) => error)).message.includes("not entered any more"));
  ok(await api.echoU8(1) === 1 && await api.liveCounters() === 0);
  ok((await counter.value().catch((error) => error)).code === 5007);
  const other = await start();
  ok(await other.api.echoU8(2) === 2);
  for (const one of [once.instance, instance, other.instance]) await one.drop();
});
