// A plugin in C: a reactor. It has no main; the app calls what it exports.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

// A function of the app's.
IMPORT("env", "log") void host_log(const char *text, int length);

// Strings cross as bytes in the guest's memory: the app asks for room here, writes, calls, reads and gives the room back.
EXPORT("alloc") void *guest_alloc(int size) { return malloc(size); }
EXPORT("release") void guest_release(void *at, int size) { free(at); }

// Makes ASCII letters large and adds a mark. Where the new text is stands in the upper half of the result, its length in the lower.
EXPORT("shout") uint64_t shout(const char *text, int length) {
  char *loud = malloc(length + 1);
  if (loud == NULL) return 0;
  for (int i = 0; i < length; i++) {
    loud[i] = text[i] >= 'a' && text[i] <= 'z' ? text[i] - ('a' - 'A') : text[i];
  }
  loud[length] = '!';
  printf("shouting %d bytes\n", length + 1);
  fflush(stdout); // Nothing else does: a reactor never exits.
  host_log(text, length);
  return (uint64_t)(uintptr_t)loud << 32 | (uint32_t)(length + 1);
}

// Traps where b is 0. Built with -g, the error names this file and the line.
EXPORT("divide") int divide(int a, int b) { return a / b; }
