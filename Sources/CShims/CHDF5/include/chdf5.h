// A narrow door to libhdf5 (1.10, Debian's libhdf5-dev): what Keras' HDF5 files need and no more.
//
// Every call returns a status and, where that is not chdf5_ok, writes one line that says why into `reason` (which may
// be NULL). Nothing is printed and no libhdf5 type crosses. Objects are named by path from the root ("." or "/" is the
// root). Links that leave the file, filters loaded from plug-ins and data kept in other files are refused: a file
// somebody sent must not read or run anything but itself.
//
// A file that is opened for reading is read in a child process of its own (contained.c): libhdf5 crashes or loops on some
// damaged files, which is then chdf5_bad_data.
//
// libhdf5 is not thread-safe here: the caller makes one call at a time in the whole process.
#ifndef EMOJIFY_CHDF5_H
#define EMOJIFY_CHDF5_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int64_t chdf5_file;

typedef enum {
  chdf5_ok = 0,
  chdf5_absent = 1,    // no such object or attribute
  chdf5_foreign = 2,   // the file is not HDF5
  chdf5_bad_data = 3,  // it is there, but not what was asked for, damaged or too large
  chdf5_failed = 4,    // libhdf5 or the system failed
} chdf5_status;

typedef enum {
  chdf5_float16,
  chdf5_float32,
  chdf5_float64,
  chdf5_int8,
  chdf5_int16,
  chdf5_int32,
  chdf5_int64,
  chdf5_uint8,
  chdf5_uint16,
  chdf5_uint32,
  chdf5_uint64,
  chdf5_string,
  chdf5_other_type,
} chdf5_type;

typedef enum { chdf5_group, chdf5_dataset, chdf5_other_kind } chdf5_kind;

enum { chdf5_max_rank = 32, chdf5_reason_size = 400 };

typedef struct {
  char text[chdf5_reason_size];
} chdf5_reason;

// The version of the libhdf5 this process runs with, as three numbers.
void chdf5_version(uint32_t *major, uint32_t *minor, uint32_t *release);

// Type and shape of a dataset or attribute. A scalar has rank 0 and count 1; an empty one has count 0.
typedef struct {
  chdf5_type type;
  int32_t rank;
  uint64_t dimensions[chdf5_max_rank];
  uint64_t count;
} chdf5_extent;

// Opens an existing file for reading.
chdf5_status chdf5_open(const char *path, chdf5_file *file, chdf5_reason *reason);
// Makes an empty file, or empties the one that is there.
chdf5_status chdf5_create(const char *path, chdf5_file *file, chdf5_reason *reason);
// Writes what is pending and closes; the handle is gone whatever the status.
chdf5_status chdf5_close(chdf5_file file, chdf5_reason *reason);

// Calls `visit` for each link of a group: in the order of creation where the group keeps it, else by name.
typedef void (*chdf5_link_visitor)(const char *name, chdf5_kind kind, void *context);
chdf5_status chdf5_links(chdf5_file file, const char *group, chdf5_link_visitor visit,
                         void *context, chdf5_reason *reason);
// The kind of the object at `path`; chdf5_absent where there is none.
chdf5_status chdf5_find(chdf5_file file, const char *path, chdf5_kind *kind, chdf5_reason *reason);
// Makes a group and the groups above it; one that is there already is left as it is.
chdf5_status chdf5_make_group(chdf5_file file, const char *path, chdf5_reason *reason);

// The extent of a dataset, after its declared size was held against the file's.
chdf5_status chdf5_dataset_extent(chdf5_file file, const char *path, chdf5_extent *extent,
                                  chdf5_reason *reason);
// Reads a whole dataset of numbers, converted to `type`, row-major; `count` must be the extent's.
chdf5_status chdf5_dataset_read(chdf5_file file, const char *path, chdf5_type type, void *out,
                                uint64_t count, chdf5_reason *reason);
// Writes a new contiguous dataset: `memory` is the type of `data`, `disk` the type in the file (float16 only there).
chdf5_status chdf5_dataset_write(chdf5_file file, const char *path, chdf5_type memory,
                                 chdf5_type disk, int32_t rank, const uint64_t *dimensions,
                                 const void *data, chdf5_reason *reason);

chdf5_status chdf5_attribute_extent(chdf5_file file, const char *object, const char *name,
                                    chdf5_extent *extent, chdf5_reason *reason);
// Calls `visit` with each string of a scalar or array attribute, in order, freed of its padding. An empty attribute of
// any type has no strings: Keras writes an empty name list as float64 of shape (0).
typedef void (*chdf5_string_visitor)(const char *bytes, size_t length, void *context);
chdf5_status chdf5_attribute_strings(chdf5_file file, const char *object, const char *name,
                                     chdf5_string_visitor visit, void *context,
                                     chdf5_reason *reason);
// Reads an attribute of numbers, converted to `type`; `count` must be the extent's.
chdf5_status chdf5_attribute_read(chdf5_file file, const char *object, const char *name,
                                  chdf5_type type, void *out, uint64_t count,
                                  chdf5_reason *reason);
// Writes a scalar variable-length UTF-8 string, as h5py does for `str`; any length. Replaces one of that name.
chdf5_status chdf5_attribute_write_text(chdf5_file file, const char *object, const char *name,
                                        const char *text, chdf5_reason *reason);
// Writes `count` null-padded strings of `width` bytes each, as h5py does for numpy's 'S': `bytes` holds them back to
// back, `utf8` tells the character set. Replaces one of that name.
chdf5_status chdf5_attribute_write_strings(chdf5_file file, const char *object, const char *name,
                                           const char *bytes, uint64_t width, uint64_t count,
                                           int32_t utf8, chdf5_reason *reason);
// Writes numbers, kept in the file as `type`; rank 0 is a scalar. Replaces one of that name.
chdf5_status chdf5_attribute_write(chdf5_file file, const char *object, const char *name,
                                   chdf5_type type, int32_t rank, const uint64_t *dimensions,
                                   const void *data, chdf5_reason *reason);

#ifdef __cplusplus
}
#endif
#endif
