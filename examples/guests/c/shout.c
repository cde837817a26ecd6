// A plugin in C: a reactor. It has no main; the app calls its exports.
#include <stdlib.h>
#include <string.h>

#define EXPORT(name) __attribute__((export_name(name)))

// What the host provides: `imports: { env: { log: (ptr, length) => … } }`.
__attribute__((import_module("env"), import_name("log"))) void host_log(const char *text, int length);

// Strings cross as bytes in the guest's memory. The app asks for room here, writes, calls, and frees.
EXPORT("alloc") void *guest_alloc(int size) { return malloc(size); }
EXPORT("release") void guest_release(void *at) { free(at); }

// Makes ASCII letters large, in place; returns how many it changed.
EXPORT("shout") int shout(char *text, int length) {
  int changed = 0;
  for (int i = 0; i < length; i++) {
    if (text[i] >= 'a' && text[i] <= 'z') {
      text[i] -= 'a' - 'A';
      changed++;
    }
  }
  host_log(text, length);
  return changed;
}

static int divide(int a, int b) { return a / b; }

// Traps where b is 0. Built with -g, the error names this file and line.
EXPORT("divide") int exported_divide(int a, int b) { return divide(a, b); }
