// What the parts that call libhdf5 share: how errors are said, types, extents.
#ifndef EMOJIFY_CHDF5_PARTS_H
#define EMOJIFY_CHDF5_PARTS_H

#include "local.h"

#define H5_USE_110_API 1
#include <hdf5/serial/hdf5.h>
#include <stdbool.h>

// The deepest entry of libhdf5's error stack is the one that tells what was found. The next call empties the stack.
chdf5_status hdf5_stack(chdf5_status status, chdf5_reason *reason, const char *otherwise);

// H5Lexists fails where a group on the way is missing, so each step is asked for.
bool hdf5_link_exists(hid_t file, const char *path);
chdf5_kind hdf5_kind_of(hid_t place, const char *name);
hid_t hdf5_make_intermediate(void);

hid_t hdf5_native_type(chdf5_type type);
// The type numbers of `type` have in the file: little-endian; to be closed.
hid_t hdf5_disk_type(chdf5_type type);
hid_t hdf5_make_space(int32_t rank, const uint64_t *dimensions);
// Fills `extent` and tells the bytes a row-major array of it takes; refuses counts that overflow or pass the limit.
chdf5_status hdf5_measure(hid_t type, hid_t space, chdf5_extent *extent, uint64_t *bytes,
                          chdf5_reason *reason);
chdf5_status hdf5_check_numbers(const chdf5_extent *extent, uint64_t count, chdf5_reason *reason);

#endif
