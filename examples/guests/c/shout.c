// A plugin in C: a reactor. It has no main; the app calls what it exports.
#include "bytes.h"
#include <stdio.h>

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

// A function of the app's.
IMPORT("env", "log") void host_log(const char *text, size_t length);

// Text in, text out: makes ASCII letters large and adds a mark.
EXPORT("shout") uint64_t shout(const char *text, size_t length) {
  char *loud = bytes_room(length + 1);
  for (size_t i = 0; i < length; i++) {
    loud[i] = text[i] >= 'a' && text[i] <= 'z' ? text[i] - ('a' - 'A') : text[i];
  }
  loud[length] = '!';
  printf("shouting %zu bytes\n", length + 1);
  fflush(stdout); // Nothing else does: a reactor never exits.
  host_log(text, length);
  return bytes_result(loud, length + 1);
}

// Bytes in, bytes out: turns them round, where they are.
EXPORT("reverse") uint64_t reverse(uint8_t *bytes, size_t length) {
  for (size_t i = 0; i < length / 2; i++) {
    uint8_t last = bytes[length - 1 - i];
    bytes[length - 1 - i] = bytes[i];
    bytes[i] = last;
  }
  return bytes_result(bytes, length);
}

// Traps where b is 0. Built with -g, the error names this file and the line.
EXPORT("divide") int divide(int a, int b) { return a / b; }
