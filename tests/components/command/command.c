// A program for a shell, as a component: it says what it was given, reads what it may and leaves a file.
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

int main(int argc, char **argv) {
  for (int i = 0; i < argc; i++) printf("argument %d: %s\n", i, argv[i]);
  for (char **each = environ; *each != NULL; each++) printf("environment: %s\n", *each);

  char text[4096];
  size_t length = fread(text, 1, sizeof text, stdin);
  printf("input: %zu bytes: %.*s\n", length, (int)length, text);

  const char *folder = argc > 1 ? argv[1] : "/";
  char *names[64];
  int count = 0;
  DIR *open = opendir(folder);
  if (open == NULL) {
    fprintf(stderr, "%s: %s\n", folder, strerror(errno));
    return 3;
  }
  for (struct dirent *each; count < 64 && (each = readdir(open)) != NULL;) {
    if (strcmp(each->d_name, ".") != 0 && strcmp(each->d_name, "..") != 0) names[count++] = strdup(each->d_name);
  }
  closedir(open);
  qsort(names, count, sizeof *names, by_name);
  for (int i = 0; i < count; i++) printf("entry: %s\n", names[i]);

  snprintf(text, sizeof text, "%s/written.txt", folder);
  FILE *file = fopen(text, "w");
  if (file == NULL) {
    fprintf(stderr, "%s: %s\n", text, strerror(errno));
    return 4;
  }
  fprintf(file, "by a command of %d arguments\n", argc);
  fclose(file);
  fprintf(stderr, "done\n");
  return argc > 2 ? atoi(argv[2]) : 0;
}
