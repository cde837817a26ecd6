// How long a run of the benchmarks is, by the environment.
//   (nothing)          all of it, for figures that stand on the page
//   BENCH_QUICK=1      fewer rounds of less work: under ten minutes
//   BENCH_QUICK=smoke  the least that shows that everything runs: seconds, beside node only
const LEVELS = {
  full: { rounds: 5, scale: 1 },
  quick: { rounds: 2, scale: 0.2 },
  smoke: { rounds: 1, scale: 0.004 },
};

const asked = process.env.BENCH_QUICK ?? "";
export const level = asked === "smoke" ? "smoke" : asked === "" || asked === "0" ? "full" : "quick";
export const { rounds, scale } = LEVELS[level];

/** What a level has of a list or a figure: `{ full, quick, smoke }`. */
export const at = (choices) => choices[level];
