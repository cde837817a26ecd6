// The guest that the benchmarks stop in each of its states. Built by bench/build.sh; no library but WASI's calls themselves.

typedef unsigned int u32;
typedef unsigned long long u64;

#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define WASI(name) IMPORT("wasi_snapshot_preview1", name)

// Tells the app that the guest is about to do what its caller asked for.
IMPORT("app", "begun") void begun(void);
// An answer that never comes.
IMPORT("app", "never") void never(void);
WASI("poll_oneoff") u32 poll_oneoff(const void *, void *, u32, u32 *);
WASI("fd_read") u32 fd_read(u32, const void *, u32, u32 *);
WASI("fd_write") u32 fd_write(u32, const void *, u32, u32 *);

static char bytes[65536];
static volatile u32 sink;

EXPORT("add") u32 add(u32 a, u32 b) { return a + b; }

EXPORT("spin") void spin(void) {
  begun();
  for (;;) sink++;
}

EXPORT("fill") void fill(void) {
  // 64 MiB at a time.
  u32 pages = __builtin_wasm_memory_grow(0, 1024);
  begun();
  for (;;) __builtin_memset((char *)(pages * 65536), sink++, 1024 * 65536);
}

EXPORT("grow") void grow(void) {
  begun();
  for (;;) sink += __builtin_wasm_memory_grow(0, 1);
}

__attribute__((noinline, optnone)) static u32 deeper(u32 depth) { return depth == 0 ? sink : deeper(depth - 1) + sink; }

EXPORT("recurse") void recurse(void) {
  begun();
  for (;;) sink += deeper(5000);
}

EXPORT("sleep") void sleep(void) {
  // One subscription to the monotonic clock: an hour from now.
  struct { u64 userdata; u64 tag; u32 clock; u32 pad; u64 timeout; u64 precision; u64 flags; } hour = {
    .clock = 1, .timeout = 3600ull * 1000000000ull,
  };
  static char event[32];
  begun();
  poll_oneoff(&hour, event, 1, (u32 *)&sink);
}

EXPORT("read") void read(void) {
  struct { char *at; u32 size; } to = { bytes, sizeof bytes };
  begun();
  fd_read(0, &to, 1, (u32 *)&sink);
}

EXPORT("write") void write(void) {
  struct { char *at; u32 size; } from = { bytes, sizeof bytes };
  begun();
  for (;;) fd_write(1, &from, 1, (u32 *)&sink);
}

EXPORT("wait") void wait(void) {
  begun();
  never();
}

EXPORT("trap") void trap(void) { __builtin_trap(); }
EXPORT("memory_size") u32 size(void) { return __builtin_wasm_memory_size(0); }
