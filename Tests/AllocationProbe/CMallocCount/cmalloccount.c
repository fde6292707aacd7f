#include "cmalloccount.h"

#include <errno.h>
#include <execinfo.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

// glibc's own allocator under its second names. A program's malloc replaces the library's in all shared libraries too.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static atomic_long allocations;
static atomic_long traced;
static atomic_flag printing = ATOMIC_FLAG_INIT;

long malloc_count(void) { return atomic_load(&allocations); }

void malloc_count_trace(long count) {
  void *frames[1];
  backtrace(frames, 1);  // loads what it needs, which allocates
  atomic_store(&traced, count);
}

__attribute__((unused)) static void count(void) {
  atomic_fetch_add(&allocations, 1);
  if (atomic_load(&traced) <= 0 || atomic_fetch_sub(&traced, 1) <= 0) return;
  void *frames[24];
  int depth = backtrace(frames, 24);
  while (atomic_flag_test_and_set(&printing)) {
  }
  backtrace_symbols_fd(frames, depth, STDERR_FILENO);
  (void)!write(STDERR_FILENO, "\n", 1);
  atomic_flag_clear(&printing);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_OTHER_MALLOC  // the sanitizer's; nothing is counted then
#endif
#endif

#ifndef HAS_OTHER_MALLOC
void *malloc(size_t size) {
  count();
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count();
  return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
  count();
  return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **target, size_t alignment, size_t size) {
  void *block = memalign(alignment, size);
  if (!block) return ENOMEM;
  *target = block;
  return 0;
}
#endif
