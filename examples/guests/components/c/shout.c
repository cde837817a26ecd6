// A plugin in C. What it is given is its own to free; what it gives, the caller has freed when it has read it.
#include <ctype.h>
#include <stdlib.h>

#include "plugin.h"

void exports_plugin_shout(plugin_string_t *text, plugin_string_t *ret) {
  demo_shout_app_log(text);
  ret->len = text->len + 1;
  ret->ptr = malloc(ret->len);
  if (ret->ptr == NULL) abort();
  for (size_t i = 0; i < text->len; i++) ret->ptr[i] = toupper(text->ptr[i]);
  ret->ptr[text->len] = '!';
  plugin_string_free(text);
}

// Where the world says `result`, false stands for an error.
bool exports_plugin_divide(int32_t a, int32_t b, int32_t *ret, plugin_string_t *err) {
  if (b == 0) {
    plugin_string_dup(err, "division by zero");
    return false;
  }
  *ret = a / b;
  return true;
}
