// Figures of lists, and how they are written: three digits, and the unit that fits.

export const quantile = (list, share) => {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
};
export const median = (list) => quantile(list, 0.5);

function digits(number) {
  if (number === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(number)));
  const text = number.toFixed(Math.min(3, Math.max(0, 2 - size)));
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A number without a unit. */
export const plain = (number) => digits(number);

function scaled(number, units) {
  let [factor, name] = units[0];
  for (const unit of units) if (Math.abs(number) >= unit[0]) [factor, name] = unit;
  return `${digits(number / factor)} ${name}`;
}

/** Microseconds as people write them. */
export const time = (micros) => scaled(micros, [[0.001, "ns"], [1, "µs"], [1000, "ms"], [1e6, "s"]]);
export const bytes = (count) => scaled(count, [[1, "B"], [1024, "KiB"], [1024 ** 2, "MiB"], [1024 ** 3, "GiB"]]);
export const rate = (perSecond) => scaled(perSecond, [[1, "a second"], [1e3, "thousand a second"], [1e6, "million a second"]]);
export const ratio = (number) => number >= 99.5 ? digits(Math.round(number)) : digits(Number(number.toPrecision(2)));
export const share = (number) => `${digits(Number((number * 100).toPrecision(2)))}%`;
