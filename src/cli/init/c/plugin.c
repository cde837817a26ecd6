// The plugin, in C. It has no main: the app calls what it exports. How text crosses is in bytes.h.
#include "bytes.h"

// Makes ASCII letters large and adds a mark.
EXPORT("shout") uint64_t plugin_shout(const char *text, size_t length) {
  char *loud = bytes_room(length + 1);
  for (size_t i = 0; i < length; i++) {
    loud[i] = text[i] >= 'a' && text[i] <= 'z' ? text[i] - ('a' - 'A') : text[i];
  }
  loud[length] = '!';
  return bytes_result(loud, length + 1);
}

// What a plugin should not do.
EXPORT("spin") void plugin_spin(void) {
  for (;;) {}
}
