// What the reading child (child.c) and the process that asks it (contained.c) say to each other over their socket.
#ifndef EMOJIFY_CHDF5_PROTOCOL_H
#define EMOJIFY_CHDF5_PROTOCOL_H

#include "local.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/types.h>

enum operation {
  ask_links, ask_find, ask_dataset_extent, ask_dataset_read, ask_attribute_extent, ask_attribute_strings,
  ask_attribute_read,
};

// A request; the bytes of `path` and `name` follow.
struct request {
  uint32_t operation, type;
  uint64_t count, path_length, name_length;
};

enum { item = -1 };

// A reply; `length` bytes follow. A link or string is an `item`; the last reply has the status, and the reason or result.
struct reply {
  int32_t status, kind;
  uint64_t length;
};

static inline uint64_t size_of(chdf5_type type) {
  switch (type) {
    case chdf5_int8: case chdf5_uint8: return 1;
    case chdf5_float16: case chdf5_int16: case chdf5_uint16: return 2;
    case chdf5_float32: case chdf5_int32: case chdf5_uint32: return 4;
    case chdf5_float64: case chdf5_int64: case chdf5_uint64: return 8;
    default: return 0;
  }
}

static inline bool send_all(int socket, const void *bytes, uint64_t count) {
  const char *next = bytes;
  while (count > 0) {
    ssize_t sent = send(socket, next, count < 1 << 20 ? count : 1 << 20, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    next += sent;
    count -= (uint64_t)sent;
  }
  return true;
}

// Reads `path` for whoever asks at the other end of `socket`; `file_size` is what its limits follow.
_Noreturn void chdf5_be_child(int socket, const char *path, uint64_t file_size);

#endif
