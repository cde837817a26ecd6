// The plugin's half of callBytes and callText, to be copied beside a plugin. docs/plugins.md says what the app does with it.
#ifndef BYTES_H
#define BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define EXPORT(name) __attribute__((export_name(name)))
// However many files include this, the plugin has it once.
#define ONCE __attribute__((weak))

// Room for an input. Where there is none it gives 0: the app's call fails with 5006, and no function has been called.
EXPORT("alloc") ONCE void *bytes_alloc(size_t length) { return malloc(length); }
// Takes back an input or a result.
EXPORT("release") ONCE void bytes_release(void *at, size_t length) {
  (void)length;
  free(at);
}

// Room for a result. Where there is none the plugin traps, and the app's call fails with 5002.
static inline void *bytes_room(size_t length) {
  void *at = malloc(length > 0 ? length : 1);
  if (at == NULL) abort();
  return at;
}

// What a function of bytes or text returns: where its result begins, in the upper half, and how long it is, in the lower. The result is in
// room of its own, which is the app's from now on, or begins where the input does.
static inline uint64_t bytes_result(const void *at, size_t length) {
  return (uint64_t)(uintptr_t)at << 32 | (uint32_t)length;
}

#endif
