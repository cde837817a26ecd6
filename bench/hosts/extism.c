// The guest of the benchmarks as a plug-in of Extism's: bytes come and go through its kernel. Built by bench/build.sh.

typedef unsigned int u32;
typedef unsigned long long u64;

#define EXPORT(name) __attribute__((export_name(name)))
#define KERNEL(name) __attribute__((import_module("extism:host/env"), import_name(name)))

KERNEL("input_offset") u64 input_offset(void);
KERNEL("input_length") u64 input_length(void);
KERNEL("input_load_u64") u64 input_load_u64(u64 at);
KERNEL("alloc") u64 alloc(u64 length);
KERNEL("store_u64") void store_u64(u64 at, u64 value);
KERNEL("output_set") void output_set(u64 at, u64 length);

/// Adds two numbers of four bytes.
EXPORT("add") u32 add(void) {
  u64 both = input_load_u64(0);
  u64 at = alloc(8);
  store_u64(at, (u32)both + (u32)(both >> 32));
  output_set(at, 8);
  return 0;
}

/// The input is the output.
EXPORT("echo") u32 echo(void) {
  output_set(input_offset(), input_length());
  return 0;
}

static volatile u32 sink;
EXPORT("spin") u32 spin(void) {
  for (;;) sink++;
}
