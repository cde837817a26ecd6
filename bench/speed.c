// What a guest pays for being stoppable: loops of different kinds and a recursion, each timed by itself. Prints `NAME MICROSECONDS`, a line each.
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

__attribute__((import_module("wasi_snapshot_preview1"), import_name("clock_time_get"))) u32 clock_time_get(u32, u64, u64 *);
__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_write"))) u32 fd_write(u32, const void *, u32, u32 *);

static u64 microseconds(void) {
  u64 now = 0;
  clock_time_get(1, 1, &now);
  return now / 1000;
}

static void print(const char *name, u64 number) {
  char line[64];
  u32 length = 0, digits = 0, written;
  char reversed[24];
  while (*name) line[length++] = *name++;
  line[length++] = ' ';
  do reversed[digits++] = '0' + number % 10; while (number /= 10);
  while (digits) line[length++] = reversed[--digits];
  line[length++] = '\n';
  struct { const char *at; u32 bytes; } buffer = {line, length};
  fd_write(1, &buffer, 1, &written);
}

static u8 composite[4000000];
static u64 volatile sink;

static void sieve(void) {
  u32 primes = 0;
  for (u32 n = 0; n < sizeof composite; n++) composite[n] = 0;
  for (u32 n = 2; n < sizeof composite; n++) {
    if (composite[n]) continue;
    primes++;
    for (u32 multiple = 2 * n; multiple < sizeof composite; multiple += n) composite[multiple] = 1;
  }
  sink = primes;
}

__attribute__((noinline)) static u32 fib(u32 n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
static void recursion(void) { sink = fib(34); }

static void hash(void) {
  u64 state = 1469598103934665603u;
  for (u64 n = 0; n < 100000000; n++) state = (state ^ (n & 255)) * 1099511628211u;
  sink = state;
}

__attribute__((noinline)) static u64 mixed(u64 a, u64 b) {
  a ^= b >> 7; a *= 0x9e3779b97f4a7c15u; a ^= a >> 29;
  return a + b;
}
// A call of a short function at each turn.
static void calls(void) {
  u64 state = 1;
  for (u64 n = 0; n < 100000000; n++) state = mixed(state, n);
  sink = state;
}

static u32 matrix[3][256][256];
static void matrices(void) {
  for (u32 i = 0; i < 256; i++) for (u32 j = 0; j < 256; j++) matrix[0][i][j] = i * j, matrix[1][i][j] = i + j;
  for (u32 i = 0; i < 256; i++) for (u32 j = 0; j < 256; j++) {
    u32 sum = 0;
    for (u32 k = 0; k < 256; k++) sum += matrix[0][i][k] * matrix[1][k][j];
    matrix[2][i][j] = sum;
  }
  sink = matrix[2][7][7];
}

static const struct { const char *name; void (*run)(void); } kinds[] = {
  {"sieve", sieve}, {"fib", recursion}, {"hash", hash}, {"calls", calls}, {"matrices", matrices},
};

__attribute__((export_name("_start"))) void start(void) {
  for (u32 kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
    u64 least = -1;
    // The least of several: what else the machine does only adds to it.
    for (u32 round = 0; round < 5; round++) {
      u64 before = microseconds();
      kinds[kind].run();
      u64 took = microseconds() - before;
      if (took < least) least = took;
    }
    print(kinds[kind].name, least);
  }
}
