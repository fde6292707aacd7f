#include "cthreads.h"

// Swift passes a closure as its code and its context, and calls the code with the context in a register of its own
// (clang's swiftcall and swift_context). Swift can lend a non-escaping closure to other threads by
// `withoutActuallyEscaping`, but pays two heap objects for a check that a pool which waits for its threads does not need.

typedef __attribute__((swiftcall)) void (*closure_code)(
    intptr_t first, intptr_t second, __attribute__((swift_context)) void *context);

/// Declared in Swift (WorkerCrew.swift) as taking a closure.
__attribute__((swiftcall)) void cthreads_lend(
    void *function, void *context, struct cthreads_closure *target) {
  target->function = function;
  target->context = context;
}

void cthreads_call(const struct cthreads_closure *closure, intptr_t first, intptr_t second) {
  ((closure_code)closure->function)(first, second, closure->context);
}
