// The plugin, in C. It has no main: the app calls what it exports.
#include <stdint.h>
#include <stdlib.h>

#define EXPORT(name) __attribute__((export_name(name)))

// Text crosses as bytes in this memory: the app asks for room, writes, calls, reads and gives the room back.
EXPORT("alloc") void *plugin_alloc(int size) { return malloc(size); }
EXPORT("release") void plugin_release(void *at, int size) { free(at); }

// Makes ASCII letters large and adds a mark. The place of the new text is in the upper half of the result, its length in the lower.
EXPORT("shout") uint64_t plugin_shout(const char *text, int length) {
  char *loud = malloc(length + 1);
  if (loud == NULL) abort();
  for (int i = 0; i < length; i++) {
    loud[i] = text[i] >= 'a' && text[i] <= 'z' ? text[i] - ('a' - 'A') : text[i];
  }
  loud[length] = '!';
  return (uint64_t)(uintptr_t)loud << 32 | (uint32_t)(length + 1);
}

// What a plugin should not do.
EXPORT("spin") void plugin_spin(void) {
  for (;;) {}
}
