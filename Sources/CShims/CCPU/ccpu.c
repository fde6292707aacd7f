#include "ccpu.h"

#include <stdio.h>
#include <string.h>

const char *ccpu_missing_feature(int needs_avx2, int needs_fma, int needs_avx512) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (needs_avx2 && !__builtin_cpu_supports("avx2")) return "AVX2";
  if (needs_fma && !__builtin_cpu_supports("fma")) return "FMA";
  if (needs_avx512 && !__builtin_cpu_supports("avx512f")) return "AVX-512";
#else
  (void)needs_avx2;
  (void)needs_fma;
  (void)needs_avx512;
#endif
  return NULL;
}

const char *ccpu_name(void) {
  static char name[128] = "unknown CPU";
  FILE *info = fopen("/proc/cpuinfo", "r");
  if (!info) return name;
  char line[256];
  while (fgets(line, sizeof line, info)) {
    if (strncmp(line, "model name", 10) != 0) continue;
    const char *value = strchr(line, ':');
    if (value) {
      snprintf(name, sizeof name, "%s", value + 2);
      name[strcspn(name, "\n")] = 0;
    }
    break;
  }
  fclose(info);
  return name;
}
