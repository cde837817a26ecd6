// A plugin in C: a reactor. It has no main; the app calls what it exports.
#include <stdlib.h>

#define EXPORT(name) __attribute__((export_name(name)))

// Strings cross as bytes in the guest's memory: the app asks for room here, writes, calls, reads and gives the room back.
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
  return changed;
}

// Traps where b is 0. Built with -g, the error names this file and the line.
EXPORT("divide") int divide(int a, int b) { return a / b; }
