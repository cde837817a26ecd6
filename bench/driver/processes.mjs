// Programs that are measured: run to the end, or watched while they say lines. All are bounded in time.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** Runs it and gives all that it said on stdout; rejects with the last line of its stderr. */
export function output(command, { env = {}, cwd, seconds = 300, onLine } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0], command.slice(1), { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env }, cwd });
    const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
    let [out, rest, errors] = ["", "", ""];
    child.stdout.setEncoding("utf8").on("data", (text) => {
      out += text;
      if (onLine === undefined) return;
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      for (const line of lines) onLine(line, child);
    });
    child.stderr.setEncoding("utf8").on("data", (text) => errors = (errors + text).slice(-4000));
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0 || child.endedByDriver) return resolve(out);
      const lines = errors.trim().split("\n").map((line) => line.trim());
      const why = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1);
      reject(new Error(signal ? `was ended by ${signal} (after ${seconds} s it is)` : `ended with ${code}: ${why}`));
    });
  });
}

/** What it said last, as JSON. */
export async function figures(command, options) {
  return JSON.parse((await output(command, options)).trim().split("\n").at(-1));
}

/** What it keeps resident, in bytes. Unlike `statm`, which may be behind by some pages for each thread. */
export function residentBytes(pid) {
  return 1024 * Number(/^Rss: *(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))[1]);
}

/** What it keeps resident once it has said a line; then it is ended. */
export async function residentWhenReady(command, options = {}) {
  let resident;
  await output(command, {
    ...options,
    onLine: (_, child) => {
      resident ??= residentBytes(child.pid);
      child.endedByDriver = true;
      child.kill("SIGKILL");
    },
  });
  if (resident === undefined) throw new Error("ended without a word");
  return resident;
}

/** Each line that it says, as JSON, with what it kept resident at that moment. */
export async function steps(command, options = {}) {
  const found = [];
  await output(command, {
    ...options,
    onLine: (line, child) => {
      const step = JSON.parse(line);
      try {
        step.resident = residentBytes(child.pid);
      } catch {
        // It has ended.
      }
      found.push(step);
    },
  });
  return found;
}

/** Microseconds from the start of a program to its end. */
export async function lasting(command, options) {
  const from = performance.now();
  await output(command, options);
  return (performance.now() - from) * 1000;
}
