// The guest that computes, for the benchmarks. Built by bench/build.sh; it imports nothing.

typedef unsigned int u32;

#define EXPORT(name) __attribute__((export_name(name)))

/// Steps of a generator of numbers: each needs the one before, so none is left out.
EXPORT("work") u32 work(u32 steps) {
  u32 x = 2463534242u;
  for (u32 i = 0; i < steps; i++) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
  }
  return x;
}

EXPORT("fib") u32 fib(u32 n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static char composite[1 << 20];

/// How many primes are there below a million or so? A tight loop with stores.
EXPORT("sieve") u32 sieve(u32 rounds) {
  u32 primes = 0;
  for (u32 round = 0; round < rounds; round++) {
    primes = 0;
    for (u32 i = 0; i < sizeof composite; i++) composite[i] = 0;
    for (u32 i = 2; i < sizeof composite; i++) {
      if (composite[i]) continue;
      primes++;
      for (u32 j = i + i; j < sizeof composite; j += i) composite[j] = 1;
    }
  }
  return primes;
}
