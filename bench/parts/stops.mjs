// Stops, in each state that a guest may be in.
import { quantile, time } from "../driver/figures.mjs";
import { figures } from "../driver/processes.mjs";
import { inTurns } from "../driver/rounds.mjs";
import { at } from "../driver/settings.mjs";
import { built, command, engines } from "../driver/sides.mjs";
import { figure, markdown, sidesOf } from "../driver/tables.mjs";
import { labelOf } from "../driver/names.mjs";

const STATES = {
  spin: "spins",
  fill: "fills 64 MiB again and again",
  grow: "grows its memory again and again",
  recurse: "recurses",
  sleep: "sleeps in `poll_oneoff`",
  read: "reads a stdin that brings nothing",
  write: "writes to a stdout that nobody reads",
  wait: "waits for a host function",
  trap: "traps, in a loop of calls",
  start: "spins in its start function",
  compile: "is being compiled",
};
const KILLS = at({ full: 500, quick: 100, smoke: 2 });

export const name = "stops";

async function one(side) {
  const lists = await figures(command(side, "stops.js", [KILLS]), { seconds: 900 });
  const found = {};
  for (const [state, times] of Object.entries(lists)) {
    found[state] = {};
    for (const [what, list] of Object.entries(times)) {
      if (list.length > 0) found[state][what] = { p50: quantile(list, 0.5), p99: quantile(list, 0.99), worst: quantile(list, 1) };
    }
  }
  return found;
}

export async function measure() {
  built("guest.wasm", "guest.c");
  // Three rounds of all states: each is a list already.
  const rounds = at({ full: 3, quick: 1, smoke: 1 });
  return { kills: KILLS, ...await inTurns(Object.fromEntries(engines().map((side) => [side, () => one(side)])), rounds) };
}

const columns = [["settled.p50", "settled p50"], ["settled.p99", "p99"], ["gone.p50", "thread gone p50"], ["gone.p99", "p99"]];

export function page({ results, kills }) {
  const states = Object.keys(results.quickjs[0]);
  const cell = (side, path) => {
    const value = figure(results, side, path);
    return value === undefined ? "–" : time(value);
  };
  const table = (side) => markdown(
    [labelOf(side), ...columns.map(([, title]) => title)],
    states.map((state) => [STATES[state] ?? `\`${state}\``, ...columns.map(([path]) => cell(side, `${state}.${path}`))]),
  );
  return { figures: sidesOf(results).map(table).join("\n\n"), kills: String(kills) };
}
