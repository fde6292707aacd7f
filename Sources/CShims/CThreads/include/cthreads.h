// What Swift cannot say about threads: the CPU's hint for waiting loops, and a closure lent to another thread without
// an allocation.
#ifndef EMOJIFY_CTHREADS_H
#define EMOJIFY_CTHREADS_H

#include <stdint.h>

/// A Swift closure `(Int, Int) -> Void` as the two words it is passed in. Valid as long as the call that lent it lasts.
struct cthreads_closure {
  void *function;
  void *context;
};

/// Calls a lent closure.
void cthreads_call(const struct cthreads_closure *closure, intptr_t first, intptr_t second);

/// Tells the CPU that this is a waiting loop: it saves power, and a hyper-thread beside it gets the core.
static inline void cthreads_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ volatile("yield");
#endif
}

#endif
