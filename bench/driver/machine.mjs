// The machine, as far as figures depend on it, and nothing that says whose it is.
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";

function virtual() {
  try {
    return / hypervisor( |$)/m.test(readFileSync("/proc/cpuinfo", "utf8"));
  } catch {
    return false;
  }
}

export function machine() {
  const model = cpus()[0].model.replace(/\((R|TM)\)/g, "").replace(/ +/g, " ").trim();
  return {
    processor: model,
    cores: cpus().length,
    virtual: virtual(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${process.platform === "linux" ? "Linux" : process.platform} ${release().split(".").slice(0, 2).join(".")}`,
  };
}

/** Tasks that wanted a processor in the last minute, for each of them. */
export const load = () => Number((loadavg()[0] / cpus().length).toFixed(2));
