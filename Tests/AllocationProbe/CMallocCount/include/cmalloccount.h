// Counts the heap allocations of the whole process: this file's malloc takes the C library's place.
#ifndef EMOJIFY_CMALLOCCOUNT_H
#define EMOJIFY_CMALLOCCOUNT_H

/// Calls of malloc, calloc, realloc and their aligned kin so far, of every thread.
long malloc_count(void);

/// Prints the call stacks of the next `count` allocations to stderr.
void malloc_count_trace(long count);

#endif
