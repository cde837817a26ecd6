// The world in C. What a function is given is its own: what it gives back unchanged, it passes on; the rest it frees.
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "every_type.h"

#define API(name) exports_demo_all_api_##name
#define TEXT(literal) (&(every_type_string_t){(uint8_t *)(literal), sizeof(literal) - 1})

// Scalars return as they came.
#define ECHO(name, type) \
  type API(echo_##name)(type v) { return v; }
ECHO(bool, bool)
ECHO(u8, uint8_t)
ECHO(s8, int8_t)
ECHO(u16, uint16_t)
ECHO(s16, int16_t)
ECHO(u32, uint32_t)
ECHO(s32, int32_t)
ECHO(u64, uint64_t)
ECHO(s64, int64_t)
ECHO(f32, float)
ECHO(f64, double)
ECHO(char, uint32_t)
ECHO(enum, exports_demo_all_api_level_t)
ECHO(flags, exports_demo_all_api_permissions_t)
ECHO(many_flags, exports_demo_all_api_many_flags_t)
ECHO(counter, exports_demo_all_api_own_counter_t)

// What lies in memory, too: the caller frees it after it has read it.
#define MOVE(name, type) \
  void API(echo_##name)(type *v, type *ret) { *ret = *v; }
MOVE(string, every_type_string_t)
MOVE(list_bool, every_type_list_bool_t)
MOVE(list_u8, every_type_list_u8_t)
MOVE(list_s8, every_type_list_s8_t)
MOVE(list_u16, every_type_list_u16_t)
MOVE(list_s16, every_type_list_s16_t)
MOVE(list_u32, every_type_list_u32_t)
MOVE(list_s32, every_type_list_s32_t)
MOVE(list_u64, every_type_list_u64_t)
MOVE(list_s64, every_type_list_s64_t)
MOVE(list_f32, every_type_list_f32_t)
MOVE(list_f64, every_type_list_f64_t)
MOVE(list_char, every_type_list_char32_t)
MOVE(list_string, every_type_list_string_t)
MOVE(list_list, every_type_list_list_u32_t)
MOVE(list_record, exports_demo_all_api_list_point_t)
MOVE(list_variant, exports_demo_all_api_list_shape_t)
MOVE(list_option, every_type_list_option_string_t)
MOVE(tuple, every_type_tuple3_u8_string_f64_t)
MOVE(record, exports_demo_all_api_point_t)
MOVE(nested_record, exports_demo_all_api_line_t)
MOVE(wide_record, exports_demo_all_api_wide_t)
MOVE(variant, exports_demo_all_api_shape_t)

// An option that is none is a null pointer as a parameter, and false when it returns.
#define OPTION(name, type) \
  bool API(name)(type *v, type *ret) { \
    if (v != NULL) *ret = *v; \
    return v != NULL; \
  }
OPTION(echo_option, uint32_t)
OPTION(echo_option_string, every_type_string_t)
OPTION(echo_option_option, every_type_option_u32_t)
OPTION(echo_option_record, exports_demo_all_api_point_t)
OPTION(return_option_result, exports_demo_all_api_result_u32_string_t)

#define IN_TUPLE(name, type, tuple) \
  void API(echo_##name)(type *v, tuple *ret) { ret->f0 = *v; }
IN_TUPLE(result, exports_demo_all_api_result_u32_string_t, exports_demo_all_api_tuple1_result_u32_string_t)
IN_TUPLE(result_err_only, demo_all_host_result_void_string_t, exports_demo_all_api_tuple1_result_void_string_t)
IN_TUPLE(result_ok_only, exports_demo_all_api_result_u32_void_t, exports_demo_all_api_tuple1_result_u32_void_t)
IN_TUPLE(result_empty, exports_demo_all_api_result_void_void_t, exports_demo_all_api_tuple1_result_void_void_t)

bool API(return_result)(exports_demo_all_api_result_u32_string_t *v, uint32_t *ret, every_type_string_t *err) {
  if (v->is_err) *err = v->val.err;
  else *ret = v->val.ok;
  return !v->is_err;
}
bool API(return_result_err_only)(demo_all_host_result_void_string_t *v, every_type_string_t *err) {
  if (v->is_err) *err = v->val.err;
  return !v->is_err;
}
bool API(return_result_ok_only)(exports_demo_all_api_result_u32_void_t *v, uint32_t *ret) {
  if (!v->is_err) *ret = v->val.ok;
  return !v->is_err;
}
bool API(return_result_empty)(exports_demo_all_api_result_void_void_t *v) { return !v->is_err; }
bool API(return_result_variant)(exports_demo_all_api_result_f64_problem_t *v, double *ret, exports_demo_all_api_problem_t *err) {
  if (v->is_err) *err = v->val.err;
  else *ret = v->val.ok;
  return !v->is_err;
}

// A text that grows.
typedef struct {
  char *at;
  size_t length;
} text_t;

static void append(text_t *text, const char *format, ...) {
  va_list words;
  va_start(words, format);
  int more = vsnprintf(NULL, 0, format, words);
  va_end(words);
  text->at = realloc(text->at, text->length + more + 1);
  if (text->at == NULL) abort();
  va_start(words, format);
  vsnprintf(text->at + text->length, more + 1, format, words);
  va_end(words);
  text->length += more;
}

// For `%.*s`.
#define SHOW(string) (int)(string).len, (const char *)(string).ptr

static void give(text_t text, every_type_string_t *ret) {
  ret->ptr = (uint8_t *)text.at;
  ret->len = text.length;
}

static void append_char(text_t *text, uint32_t c) {
  if (c < 0x80) append(text, "%c", (int)c);
  else if (c < 0x800) append(text, "%c%c", (int)(0xc0 | c >> 6), (int)(0x80 | (c & 0x3f)));
  else if (c < 0x10000) append(text, "%c%c%c", (int)(0xe0 | c >> 12), (int)(0x80 | (c >> 6 & 0x3f)), (int)(0x80 | (c & 0x3f)));
  else append(text, "%c%c%c%c", (int)(0xf0 | c >> 18), (int)(0x80 | (c >> 12 & 0x3f)), (int)(0x80 | (c >> 6 & 0x3f)), (int)(0x80 | (c & 0x3f)));
}

static const char *const LEVELS[] = {"low", "mid-high", "high"};

void API(many_parameters)(uint8_t a, int8_t b, uint16_t c, int16_t d, uint32_t e, int32_t f, uint64_t g, int64_t h, float i, double j,
                          bool k, uint32_t l, every_type_string_t *m, uint32_t *n, exports_demo_all_api_level_t o, uint32_t p,
                          every_type_string_t *ret) {
  text_t text = {0};
  append(&text, "%d %d %d %d %u %d %llu %lld %g %g %s ", a, b, c, d, e, f, g, h, i, j, k ? "true" : "false");
  append_char(&text, l);
  append(&text, " %.*s ", SHOW(*m));
  if (n == NULL) append(&text, "none");
  else append(&text, "%u", *n);
  append(&text, " %s %u", LEVELS[o], p);
  every_type_string_free(m);
  give(text, ret);
}

void API(many_results)(every_type_tuple6_u32_u64_f32_f64_string_bool_t *ret) {
  *ret = (every_type_tuple6_u32_u64_f32_f64_string_bool_t){1, 1ull << 63, 1.5f, -2.25, {0}, true};
  every_type_string_dup(&ret->f4, "four");
}
void API(nothing)(void) {}
uint32_t API(delete)(uint32_t v) { return v + 1; }
uint32_t exports_every_type_add(uint32_t a, uint32_t b) { return a + b; }

// The resource that this exports. A handle that is owned is dropped by whoever has it last: that calls the destructor.
struct exports_demo_all_api_counter_t {
  int32_t value;
};
static uint32_t live;

exports_demo_all_api_own_counter_t API(constructor_counter)(int32_t start) {
  exports_demo_all_api_counter_t *counter = malloc(sizeof *counter);
  if (counter == NULL) abort();
  counter->value = start;
  live++;
  return API(counter_new)(counter);
}
void API(counter_destructor)(exports_demo_all_api_counter_t *counter) {
  live--;
  free(counter);
}
static int32_t sum(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
static int32_t take(exports_demo_all_api_own_counter_t it) {
  int32_t value = API(counter_rep)(it)->value;
  API(counter_drop_own)(it);
  return value;
}
int32_t API(method_counter_value)(exports_demo_all_api_counter_t *self) { return self->value; }
int32_t API(method_counter_add)(exports_demo_all_api_counter_t *self, int32_t by) { return self->value = sum(self->value, by); }
bool API(static_counter_try_new)(int32_t start, exports_demo_all_api_own_counter_t *ret, every_type_string_t *err) {
  if (start < 0) {
    text_t text = {0};
    append(&text, "%d is negative", start);
    give(text, err);
    return false;
  }
  *ret = API(constructor_counter)(start);
  return true;
}
exports_demo_all_api_own_counter_t API(static_counter_merge)(exports_demo_all_api_own_counter_t first,
                                                             exports_demo_all_api_own_counter_t second) {
  return API(constructor_counter)(sum(take(first), take(second)));
}
void API(static_counter_up_to)(uint32_t count, exports_demo_all_api_list_own_counter_t *ret) {
  ret->ptr = malloc(count * sizeof *ret->ptr);
  ret->len = count;
  if (count > 0 && ret->ptr == NULL) abort();
  for (uint32_t index = 0; index < count; index++) ret->ptr[index] = API(constructor_counter)((int32_t)index);
}
int32_t API(read_counter)(exports_demo_all_api_counter_t *of) { return of->value; }
int32_t API(take_counter)(exports_demo_all_api_own_counter_t it) { return take(it); }
int32_t API(sum_counters)(exports_demo_all_api_list_borrow_counter_t *all) {
  int32_t total = 0;
  for (size_t index = 0; index < all->len; index++) total = sum(total, all->ptr[index]->value);
  exports_demo_all_api_list_borrow_counter_free(all);
  return total;
}
int32_t API(take_counters)(exports_demo_all_api_list_own_counter_t *all) {
  int32_t total = 0;
  for (size_t index = 0; index < all->len; index++) total = sum(total, take(all->ptr[index]));
  exports_demo_all_api_list_own_counter_free(all); // The list, not what it holds.
  return total;
}
bool API(maybe_counter)(int32_t *start, exports_demo_all_api_own_counter_t *ret) {
  if (start != NULL) *ret = API(constructor_counter)(*start);
  return start != NULL;
}
uint32_t API(live_counters)(void) { return live; }

// The resource that the app has.
exports_demo_all_api_own_store_t API(open_store)(every_type_string_t *name) {
  exports_demo_all_api_own_store_t store = demo_all_host_constructor_store(name);
  every_type_string_free(name);
  return store;
}
uint32_t API(fill_store)(exports_demo_all_api_borrow_store_t it, every_type_string_t *key, every_type_string_t *value) {
  demo_all_host_method_store_set(it, key, value);
  uint32_t size = demo_all_host_store_size(it);
  every_type_string_free(key);
  every_type_string_free(value);
  demo_all_host_store_drop_borrow(it);
  return size;
}
exports_demo_all_api_own_store_t API(pass_store)(exports_demo_all_api_own_store_t it) { return it; }
void API(drop_store)(exports_demo_all_api_own_store_t it) { demo_all_host_store_drop_own(it); }

static void append_area(text_t *text, demo_all_types_shape_t shape) {
  double area;
  demo_all_host_problem_t problem;
  if (demo_all_host_area(&shape, &area, &problem)) {
    append(text, "area ok %g\n", area);
    return;
  }
  switch (problem.tag) {
    case DEMO_ALL_TYPES_PROBLEM_NOT_FOUND: append(text, "area error not-found %.*s\n", SHOW(problem.val.not_found)); break;
    case DEMO_ALL_TYPES_PROBLEM_ERROR_CODE: append(text, "area error error-code %u\n", problem.val.error_code); break;
    default: append(text, "area error refused\n");
  }
  demo_all_host_problem_free(&problem);
}

static void append_check(text_t *text, every_type_string_t *what) {
  every_type_string_t error;
  if (demo_all_host_check(what, &error)) {
    append(text, "check ok\n");
    return;
  }
  append(text, "check error %.*s\n", SHOW(error));
  every_type_string_free(&error);
}

static void append_got(text_t *text, demo_all_host_borrow_store_t store, every_type_string_t *key) {
  every_type_string_t got;
  if (!demo_all_host_method_store_get(store, key, &got)) {
    append(text, " none");
    return;
  }
  append(text, " %.*s", SHOW(got));
  every_type_string_free(&got);
}

void API(call_host)(every_type_string_t *name, every_type_string_t *ret) {
  text_t text = {0};
  every_type_string_t said;

  append(&text, "a call of %.*s", SHOW(*name));
  give(text, &said);
  demo_all_host_log(&said);
  every_type_string_free(&said);
  text = (text_t){0};

  demo_all_host_greet(name, &said);
  append(&text, "%.*s\n", SHOW(said));
  every_type_string_free(&said);
  append(&text, "id %llu\n", demo_all_host_next_id());
  append(&text, "roll %u\n", every_type_roll(6));

  demo_all_host_point_t moved;
  demo_all_host_move_point(&(demo_all_host_point_t){1, -2, {true, *name}}, 2, &moved);
  append(&text, "moved %g %g ", moved.x, moved.y);
  if (moved.label_text.is_some) append(&text, "%.*s\n", SHOW(moved.label_text.val));
  else append(&text, "none\n");
  demo_all_host_point_free(&moved);

  append_area(&text, (demo_all_types_shape_t){DEMO_ALL_TYPES_SHAPE_RECT, {.rect = {3, 4}}});
  append_area(&text, (demo_all_types_shape_t){DEMO_ALL_TYPES_SHAPE_NOWHERE, {0}});
  append_area(&text, (demo_all_types_shape_t){DEMO_ALL_TYPES_SHAPE_SIDES, {.sides = 5}});
  append_area(&text, (demo_all_types_shape_t){DEMO_ALL_TYPES_SHAPE_TITLED, {.titled = *TEXT("a circle")}});
  append_check(&text, TEXT("fine"));
  append_check(&text, name);

  every_type_list_u8_t reversed;
  demo_all_host_reverse(&(every_type_list_u8_t){(uint8_t[]){1, 2, 255}, 3}, &reversed);
  append(&text, "reversed");
  for (size_t index = 0; index < reversed.len; index++) append(&text, " %d", reversed.ptr[index]);
  every_type_list_u8_free(&reversed);

  demo_all_host_permissions_t granted = demo_all_host_grant(
      DEMO_ALL_TYPES_LEVEL_MID_HIGH, DEMO_ALL_TYPES_PERMISSIONS_CAN_READ | DEMO_ALL_TYPES_PERMISSIONS_CAN_RUN);
  append(&text, "\ngranted %d%d%d\n", granted & 1, granted >> 1 & 1, granted >> 2 & 1);

  demo_all_host_own_store_t store = demo_all_host_constructor_store(name);
  demo_all_host_borrow_store_t borrowed = demo_all_host_borrow_store(store);
  demo_all_host_method_store_set(borrowed, TEXT("a"), TEXT("1"));
  demo_all_host_method_store_set(borrowed, TEXT("b"), TEXT("2"));
  append(&text, "store");
  append_got(&text, borrowed, TEXT("a"));
  append_got(&text, borrowed, TEXT("z"));
  append(&text, " %u\n", demo_all_host_store_size(borrowed));
  demo_all_host_close_store(store, &said);
  append(&text, "closed %.*s\n", SHOW(said));
  every_type_string_free(&said);

  if (!demo_all_host_static_store_open(TEXT(""), &store, &said)) {
    append(&text, "open error %.*s\n", SHOW(said));
    every_type_string_free(&said);
  }
  if (demo_all_host_static_store_open(TEXT("other"), &store, &said)) {
    append(&text, "open ok");
    append_got(&text, demo_all_host_borrow_store(store), TEXT("name"));
    demo_all_host_store_drop_own(store);
  }
  every_type_string_free(name);
  give(text, ret);
}

bool API(ask_host_then_return)(every_type_string_t *text, every_type_string_t *ret, every_type_string_t *err) {
  bool fine = demo_all_host_check(text, err);
  if (fine) demo_all_host_greet(text, ret);
  every_type_string_free(text);
  return fine;
}

void API(spin)(void) {
  for (volatile int turn = 0;; turn++);
}
void API(trap)(void) { __builtin_trap(); }
