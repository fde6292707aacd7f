#include "local.h"

#define H5_USE_110_API 1
#include <hdf5/serial/hdf5.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// No dataset or attribute is read above this many bytes, whatever the file declares: 2 GiB.
static const uint64_t byte_limit = UINT64_C(1) << 31;
// Deflate cannot make anything smaller than this many times (zlib's documented limit is 1032).
static const uint64_t compression_limit = 1032;

// MARK: reasons

static void one_line(char *text) {
  for (; *text; text++)
    if ((unsigned char)*text < 0x20) *text = ' ';
}

static chdf5_status say(chdf5_status status, chdf5_reason *reason, const char *what) {
  if (reason) snprintf(reason->text, sizeof reason->text, "%s", what);
  return status;
}

static herr_t innermost(unsigned depth, const H5E_error2_t *error, void *context) {
  if (depth == 0 && error->desc) {
    chdf5_reason *reason = context;
    // A failed system call is described with times, names and addresses around what it said itself.
    static const char mark[] = "error message = '";
    const char *said = strstr(error->desc, mark);
    const char *start = said ? said + strlen(mark) : error->desc;
    size_t length = said ? strcspn(start, "'") : strlen(start);
    snprintf(reason->text, sizeof reason->text, "%.*s", (int)length, start);
    one_line(reason->text);
  }
  return 0;
}

// The deepest entry of libhdf5's error stack is the one that tells what was found. The next call empties the stack.
static chdf5_status stack(chdf5_status status, chdf5_reason *reason, const char *otherwise) {
  if (!reason) return status;
  reason->text[0] = 0;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, reason);
  if (!reason->text[0]) say(status, reason, otherwise);
  return status;
}

chdf5_status local_begin(chdf5_reason *reason) {
  static bool prepared = false;
  if (!prepared) {
    // At exit libhdf5 flushes once more what a full disk refused, and crashes.
    H5dont_atexit();
    if (H5open() < 0) return say(chdf5_failed, reason, "libhdf5 does not start");
    H5Lunregister(H5L_TYPE_EXTERNAL);
    H5PLset_loading_state(0);
    prepared = true;
  }
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  H5Eclear2(H5E_DEFAULT);
  return chdf5_ok;
}

// MARK: files

static hid_t access_without_locks(void) {
  hid_t plist = H5Pcreate(H5P_FILE_ACCESS);
  // Locks fail on network and read-only file systems, and every write here goes to a file of its own.
  if (plist >= 0) H5Pset_file_locking(plist, 0, 1);
  if (plist >= 0) H5Pset_fclose_degree(plist, H5F_CLOSE_STRONG);
  return plist;
}

chdf5_status local_open(const char *path, chdf5_file *file, chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  htri_t is_hdf5 = H5Fis_hdf5(path);
  if (is_hdf5 < 0) return stack(chdf5_failed, reason, "cannot be opened");
  if (is_hdf5 == 0) return say(chdf5_foreign, reason, "has no HDF5 signature");
  hid_t plist = access_without_locks();
  *file = H5Fopen(path, H5F_ACC_RDONLY, plist);
  chdf5_status status = *file < 0 ? stack(chdf5_bad_data, reason, "cannot be opened") : chdf5_ok;
  if (plist >= 0) H5Pclose(plist);
  return status;
}

chdf5_status chdf5_create(const char *path, chdf5_file *file, chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  hid_t plist = access_without_locks();
  *file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, plist);
  chdf5_status status = *file < 0 ? stack(chdf5_failed, reason, "cannot be created") : chdf5_ok;
  if (plist >= 0) H5Pclose(plist);
  return status;
}

chdf5_status local_close(chdf5_file file, chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  return H5Fclose(file) < 0 ? stack(chdf5_failed, reason, "cannot be closed") : chdf5_ok;
}

// MARK: links and groups

static bool is_root(const char *path) {
  while (*path == '/' || *path == '.') path++;
  return *path == 0;
}

// H5Lexists fails where a group on the way is missing, so each step is asked for.
static bool link_exists(hid_t file, const char *path) {
  if (is_root(path)) return true;
  char *part = strdup(path);
  if (!part) return false;
  bool found = true;
  for (char *end = part; found && *end;) {
    while (*end == '/') end++;
    if (!*end) break;
    while (*end && *end != '/') end++;
    char kept = *end;
    *end = 0;
    found = H5Lexists(file, part, H5P_DEFAULT) > 0 &&
            H5Oexists_by_name(file, part, H5P_DEFAULT) > 0;
    *end = kept;
  }
  free(part);
  return found;
}

static chdf5_kind kind_of(hid_t place, const char *name) {
  H5O_info_t info;
  if (H5Oget_info_by_name(place, name, &info, H5P_DEFAULT) < 0)
    return chdf5_other_kind;
  if (info.type == H5O_TYPE_GROUP) return chdf5_group;
  return info.type == H5O_TYPE_DATASET ? chdf5_dataset : chdf5_other_kind;
}

struct link_visit {
  chdf5_link_visitor visit;
  void *context;
};

static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *info, void *context) {
  (void)info;
  struct link_visit *call = context;
  call->visit(name, kind_of(group, name), call->context);
  return 0;
}

chdf5_status local_links(chdf5_file file, const char *group, chdf5_link_visitor visit,
                         void *context, chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  if (!link_exists(file, group)) return say(chdf5_absent, reason, "no such group");
  if (kind_of(file, group) != chdf5_group) return say(chdf5_bad_data, reason, "is no group");
  hid_t opened = H5Gopen2(file, group, H5P_DEFAULT);
  if (opened < 0) return stack(chdf5_bad_data, reason, "the group cannot be opened");
  unsigned order = 0;
  hid_t plist = H5Gget_create_plist(opened);
  if (plist >= 0) {
    H5Pget_link_creation_order(plist, &order);
    H5Pclose(plist);
  }
  H5_index_t index = order & H5P_CRT_ORDER_TRACKED ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
  struct link_visit call = {visit, context};
  herr_t result = H5Literate(opened, index, H5_ITER_INC, NULL, visit_link, &call);
  chdf5_status status = result < 0 ? stack(chdf5_bad_data, reason, "the group cannot be listed")
                                   : chdf5_ok;
  H5Gclose(opened);
  return status;
}

chdf5_status local_find(chdf5_file file, const char *path, chdf5_kind *kind,
                        chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  if (!link_exists(file, path)) return say(chdf5_absent, reason, "no such object");
  *kind = kind_of(file, path);
  return chdf5_ok;
}

static hid_t make_intermediate(void) {
  hid_t plist = H5Pcreate(H5P_LINK_CREATE);
  if (plist >= 0) H5Pset_create_intermediate_group(plist, 1);
  return plist;
}

chdf5_status chdf5_make_group(chdf5_file file, const char *path, chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  if (link_exists(file, path))
    return kind_of(file, path) == chdf5_group ? chdf5_ok
                                              : say(chdf5_failed, reason, "is no group");
  hid_t links = make_intermediate();
  hid_t group = H5Gcreate2(file, path, links, H5P_DEFAULT, H5P_DEFAULT);
  chdf5_status status =
      group < 0 ? stack(chdf5_failed, reason, "the group cannot be made") : chdf5_ok;
  if (links >= 0) H5Pclose(links);
  if (group >= 0) H5Gclose(group);
  return status;
}

// MARK: types and extents

static hid_t native_type(chdf5_type type) {
  switch (type) {
    case chdf5_float32: return H5T_NATIVE_FLOAT;
    case chdf5_float64: return H5T_NATIVE_DOUBLE;
    case chdf5_int8: return H5T_NATIVE_INT8;
    case chdf5_int16: return H5T_NATIVE_INT16;
    case chdf5_int32: return H5T_NATIVE_INT32;
    case chdf5_int64: return H5T_NATIVE_INT64;
    case chdf5_uint8: return H5T_NATIVE_UINT8;
    case chdf5_uint16: return H5T_NATIVE_UINT16;
    case chdf5_uint32: return H5T_NATIVE_UINT32;
    case chdf5_uint64: return H5T_NATIVE_UINT64;
    default: return -1;
  }
}

// IEEE 754 binary16, which libhdf5 1.10 has no constant for: sign, 5 bits of exponent (bias 15), 10 of mantissa.
static hid_t half_type(void) {
  hid_t type = H5Tcopy(H5T_IEEE_F32LE);
  if (type < 0) return type;
  if (H5Tset_fields(type, 15, 10, 5, 0, 10) < 0 || H5Tset_size(type, 2) < 0 ||
      H5Tset_ebias(type, 15) < 0) {
    H5Tclose(type);
    return -1;
  }
  return type;
}

// The type numbers of `type` have in the file: little-endian; to be closed.
static hid_t disk_type(chdf5_type type) {
  switch (type) {
    case chdf5_float16: return half_type();
    case chdf5_float32: return H5Tcopy(H5T_IEEE_F32LE);
    case chdf5_float64: return H5Tcopy(H5T_IEEE_F64LE);
    case chdf5_int32: return H5Tcopy(H5T_STD_I32LE);
    case chdf5_int64: return H5Tcopy(H5T_STD_I64LE);
    case chdf5_uint8: return H5Tcopy(H5T_STD_U8LE);
    case chdf5_uint64: return H5Tcopy(H5T_STD_U64LE);
    default: return -1;
  }
}

static chdf5_type type_of(hid_t type) {
  size_t size = H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_STRING: return chdf5_string;
    case H5T_FLOAT:
      return size == 2 ? chdf5_float16 : size == 4 ? chdf5_float32
           : size == 8 ? chdf5_float64 : chdf5_other_type;
    case H5T_ENUM:  // h5py's bool: an enumeration over int8
      return size == 1 ? chdf5_int8 : chdf5_other_type;
    case H5T_INTEGER: {
      bool is_signed = H5Tget_sign(type) == H5T_SGN_2;
      switch (size) {
        case 1: return is_signed ? chdf5_int8 : chdf5_uint8;
        case 2: return is_signed ? chdf5_int16 : chdf5_uint16;
        case 4: return is_signed ? chdf5_int32 : chdf5_uint32;
        case 8: return is_signed ? chdf5_int64 : chdf5_uint64;
        default: return chdf5_other_type;
      }
    }
    default: return chdf5_other_type;
  }
}

// Fills `extent` and tells the bytes a row-major array of it takes; refuses counts that overflow or pass the limit.
static chdf5_status measure(hid_t type, hid_t space, chdf5_extent *extent, uint64_t *bytes,
                            chdf5_reason *reason) {
  memset(extent, 0, sizeof *extent);
  extent->type = type_of(type);
  H5S_class_t class = H5Sget_simple_extent_type(space);
  if (class == H5S_NULL) {
    extent->rank = 1;
    *bytes = 0;
    return chdf5_ok;
  }
  hsize_t dimensions[H5S_MAX_RANK];
  int rank = H5Sget_simple_extent_dims(space, dimensions, NULL);
  if (rank < 0 || rank > chdf5_max_rank)
    return stack(chdf5_bad_data, reason, "the shape cannot be read");
  size_t size = H5Tget_size(type);
  if (size == 0) return stack(chdf5_bad_data, reason, "the type has no size");
  extent->rank = rank;
  // Each step is held against the limit, so no product overflows, here or in the caller, even where a later axis is 0.
  uint64_t count = 1;
  for (int axis = 0; axis < rank; axis++) {
    extent->dimensions[axis] = dimensions[axis];
    if (dimensions[axis] > byte_limit || count * dimensions[axis] > byte_limit)
      return say(chdf5_bad_data, reason, "declares more than 2 GiB of data, the most that is read");
    count *= dimensions[axis];
  }
  extent->count = count;
  if (size > byte_limit || count * size > byte_limit)
    return say(chdf5_bad_data, reason, "declares more than 2 GiB of data, the most that is read");
  *bytes = count * size;
  return chdf5_ok;
}

// MARK: datasets

// Holds what a dataset declares against what the file can contain.
static chdf5_status check_storage(hid_t file, hid_t dataset, uint64_t bytes,
                                  chdf5_reason *reason) {
  hid_t plist = H5Dget_create_plist(dataset);
  if (plist < 0) return stack(chdf5_bad_data, reason, "the dataset's layout cannot be read");
  H5D_layout_t layout = H5Pget_layout(plist);
  int elsewhere = H5Pget_external_count(plist);
  H5Pclose(plist);
  if (layout == H5D_LAYOUT_ERROR || layout == H5D_VIRTUAL || elsewhere != 0)
    return say(chdf5_bad_data, reason, "keeps its data in another file");
  hsize_t stored = H5Dget_storage_size(dataset), size = 0;
  if (H5Fget_filesize(file, &size) < 0) return stack(chdf5_failed, reason, "the file has no size");
  char text[160];
  if (stored > size) {
    snprintf(text, sizeof text, "declares %llu bytes, the whole file has %llu",
             (unsigned long long)stored, (unsigned long long)size);
    return say(chdf5_bad_data, reason, text);
  }
  if (bytes / compression_limit > size) {
    snprintf(text, sizeof text, "declares %llu bytes in a file of %llu",
             (unsigned long long)bytes, (unsigned long long)size);
    return say(chdf5_bad_data, reason, text);
  }
  return chdf5_ok;
}

// Opens a dataset, measures it and checks its storage; the handle is to be closed where the status is chdf5_ok.
static chdf5_status open_dataset(hid_t file, const char *path, hid_t *dataset,
                                 chdf5_extent *extent, chdf5_reason *reason) {
  if (!link_exists(file, path)) return say(chdf5_absent, reason, "no such dataset");
  if (kind_of(file, path) != chdf5_dataset) return say(chdf5_bad_data, reason, "is no dataset");
  *dataset = H5Dopen2(file, path, H5P_DEFAULT);
  if (*dataset < 0) return stack(chdf5_bad_data, reason, "the dataset cannot be opened");
  hid_t type = H5Dget_type(*dataset), space = H5Dget_space(*dataset);
  uint64_t bytes = 0;
  chdf5_status status = type < 0 || space < 0
                            ? stack(chdf5_bad_data, reason, "type or shape cannot be read")
                            : measure(type, space, extent, &bytes, reason);
  if (type >= 0) H5Tclose(type);
  if (space >= 0) H5Sclose(space);
  if (!status) status = check_storage(file, *dataset, bytes, reason);
  if (status) H5Dclose(*dataset);
  return status;
}

static chdf5_status check_numbers(const chdf5_extent *extent, uint64_t count,
                                  chdf5_reason *reason) {
  if (extent->type >= chdf5_string) return say(chdf5_bad_data, reason, "does not hold numbers");
  if (extent->count != count) return say(chdf5_failed, reason, "was asked for another count");
  return chdf5_ok;
}

chdf5_status local_dataset_extent(chdf5_file file, const char *path, chdf5_extent *extent,
                                  chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  hid_t dataset = -1;
  chdf5_status status = open_dataset(file, path, &dataset, extent, reason);
  if (!status) H5Dclose(dataset);
  return status;
}

chdf5_status local_dataset_read(chdf5_file file, const char *path, chdf5_type type, void *out,
                                uint64_t count, chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  hid_t dataset = -1, native = native_type(type);
  if (native < 0) return say(chdf5_failed, reason, "no such type in memory");
  chdf5_extent extent;
  chdf5_status status = open_dataset(file, path, &dataset, &extent, reason);
  if (status) return status;
  status = check_numbers(&extent, count, reason);
  if (!status && count > 0 && H5Dread(dataset, native, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) < 0)
    status = stack(chdf5_bad_data, reason, "the data cannot be read");
  H5Dclose(dataset);
  return status;
}

static hid_t make_space(int32_t rank, const uint64_t *dimensions) {
  hsize_t extents[chdf5_max_rank];
  if (rank < 0 || rank > chdf5_max_rank) return -1;
  if (rank == 0) return H5Screate(H5S_SCALAR);
  for (int axis = 0; axis < rank; axis++) extents[axis] = dimensions[axis];
  return H5Screate_simple(rank, extents, NULL);
}

chdf5_status chdf5_dataset_write(chdf5_file file, const char *path, chdf5_type memory,
                                 chdf5_type disk, int32_t rank, const uint64_t *dimensions,
                                 const void *data, chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  hid_t native = native_type(memory), type = disk_type(disk);
  hid_t space = make_space(rank, dimensions), links = make_intermediate();
  hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  // Without a time in it, the same numbers make the same file.
  if (creation >= 0) H5Pset_obj_track_times(creation, 0);
  hid_t dataset = -1;
  if (native >= 0 && type >= 0 && space >= 0)
    dataset = H5Dcreate2(file, path, type, space, links, creation, H5P_DEFAULT);
  chdf5_status status = chdf5_ok;
  if (dataset < 0 || (H5Sget_simple_extent_npoints(space) > 0 &&
                      H5Dwrite(dataset, native, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0))
    status = stack(chdf5_failed, reason, "the dataset cannot be written");
  if (dataset >= 0) H5Dclose(dataset);
  if (creation >= 0) H5Pclose(creation);
  if (links >= 0) H5Pclose(links);
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  return status;
}

// MARK: attributes

// Opens an attribute of the object at `path`; to be closed where the status is chdf5_ok.
static chdf5_status open_attribute(hid_t file, const char *path, const char *name,
                                   hid_t *attribute, chdf5_reason *reason) {
  if (!link_exists(file, path)) return say(chdf5_absent, reason, "no such object");
  htri_t there = H5Aexists_by_name(file, path, name, H5P_DEFAULT);
  if (there < 0) return stack(chdf5_bad_data, reason, "the attributes cannot be read");
  if (there == 0) return say(chdf5_absent, reason, "no such attribute");
  *attribute = H5Aopen_by_name(file, path, name, H5P_DEFAULT, H5P_DEFAULT);
  return *attribute < 0 ? stack(chdf5_bad_data, reason, "the attribute cannot be opened")
                        : chdf5_ok;
}

// Type (to be closed) and extent of an attribute, its declared size held against the file's.
static chdf5_status measure_attribute(hid_t file, hid_t attribute, hid_t *type,
                                      chdf5_extent *extent, chdf5_reason *reason) {
  *type = H5Aget_type(attribute);
  hid_t space = H5Aget_space(attribute);
  uint64_t bytes = 0;
  hsize_t size = 0;
  chdf5_status status = *type < 0 || space < 0
                            ? stack(chdf5_bad_data, reason, "type or shape cannot be read")
                            : measure(*type, space, extent, &bytes, reason);
  if (!status && (H5Fget_filesize(file, &size) < 0 || bytes > size))
    status = say(chdf5_bad_data, reason, "declares more bytes than the file has");
  if (space >= 0) H5Sclose(space);
  if (status && *type >= 0) H5Tclose(*type);
  return status;
}

chdf5_status local_attribute_extent(chdf5_file file, const char *object, const char *name,
                                    chdf5_extent *extent, chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  hid_t attribute = -1, type = -1;
  chdf5_status status = open_attribute(file, object, name, &attribute, reason);
  if (status) return status;
  status = measure_attribute(file, attribute, &type, extent, reason);
  if (!status) H5Tclose(type);
  H5Aclose(attribute);
  return status;
}

static chdf5_status variable_strings(hid_t attribute, hid_t type, uint64_t count,
                                     chdf5_string_visitor visit, void *context,
                                     chdf5_reason *reason) {
  char **strings = calloc(count, sizeof *strings);
  hid_t space = H5Aget_space(attribute);
  chdf5_status status = chdf5_ok;
  if (!strings || space < 0 || H5Aread(attribute, type, strings) < 0) {
    status = stack(chdf5_bad_data, reason, "the strings cannot be read");
  } else {
    for (uint64_t i = 0; i < count; i++)
      visit(strings[i] ? strings[i] : "", strings[i] ? strlen(strings[i]) : 0, context);
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, strings);
  }
  if (space >= 0) H5Sclose(space);
  free(strings);
  return status;
}

static chdf5_status fixed_strings(hid_t attribute, hid_t type, uint64_t count,
                                  chdf5_string_visitor visit, void *context,
                                  chdf5_reason *reason) {
  size_t width = H5Tget_size(type);
  H5T_str_t padding = H5Tget_strpad(type);
  char *bytes = calloc(count, width);
  chdf5_status status = chdf5_ok;
  if (!bytes || H5Aread(attribute, type, bytes) < 0) {
    status = stack(chdf5_bad_data, reason, "the strings cannot be read");
  } else {
    for (uint64_t i = 0; i < count; i++) {
      const char *string = bytes + i * width;
      size_t length = width;
      if (padding == H5T_STR_NULLTERM) length = strnlen(string, width);
      char pad = padding == H5T_STR_SPACEPAD ? ' ' : 0;
      while (length > 0 && string[length - 1] == pad) length--;
      visit(string, length, context);
    }
  }
  free(bytes);
  return status;
}

chdf5_status local_attribute_strings(chdf5_file file, const char *object, const char *name,
                                     chdf5_string_visitor visit, void *context,
                                     chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  hid_t attribute = -1, type = -1;
  chdf5_extent extent;
  chdf5_status status = open_attribute(file, object, name, &attribute, reason);
  if (status) return status;
  status = measure_attribute(file, attribute, &type, &extent, reason);
  if (!status) {
    if (extent.count == 0) {
      // no strings, whatever the type
    } else if (extent.type != chdf5_string) {
      status = say(chdf5_bad_data, reason, "does not hold strings");
    } else if (H5Tis_variable_str(type) > 0) {
      status = variable_strings(attribute, type, extent.count, visit, context, reason);
    } else {
      status = fixed_strings(attribute, type, extent.count, visit, context, reason);
    }
    H5Tclose(type);
  }
  H5Aclose(attribute);
  return status;
}

chdf5_status local_attribute_read(chdf5_file file, const char *object, const char *name,
                                  chdf5_type type, void *out, uint64_t count,
                                  chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  hid_t attribute = -1, stored = -1, native = native_type(type);
  if (native < 0) return say(chdf5_failed, reason, "no such type in memory");
  chdf5_extent extent;
  chdf5_status status = open_attribute(file, object, name, &attribute, reason);
  if (status) return status;
  status = measure_attribute(file, attribute, &stored, &extent, reason);
  if (!status) {
    status = check_numbers(&extent, count, reason);
    if (!status && count > 0 && H5Aread(attribute, native, out) < 0)
      status = stack(chdf5_bad_data, reason, "the numbers cannot be read");
    H5Tclose(stored);
  }
  H5Aclose(attribute);
  return status;
}

// Replaces attribute `name` by one of `type` and `space`; `memory` is the type of `data`. Closes type and space.
static chdf5_status write_attribute(hid_t file, const char *object, const char *name, hid_t type,
                                    hid_t space, hid_t memory, const void *data,
                                    chdf5_reason *reason) {
  hid_t attribute = -1;
  chdf5_status status = chdf5_ok;
  if (type >= 0 && space >= 0 && link_exists(file, object)) {
    if (H5Aexists_by_name(file, object, name, H5P_DEFAULT) > 0)
      H5Adelete_by_name(file, object, name, H5P_DEFAULT);
    attribute = H5Acreate_by_name(file, object, name, type, space, H5P_DEFAULT, H5P_DEFAULT,
                                  H5P_DEFAULT);
  }
  if (attribute < 0 || (H5Sget_simple_extent_npoints(space) > 0 &&
                        H5Awrite(attribute, memory < 0 ? type : memory, data) < 0))
    status = stack(chdf5_failed, reason, "the attribute cannot be written");
  if (attribute >= 0) H5Aclose(attribute);
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  return status;
}

chdf5_status chdf5_attribute_write_text(chdf5_file file, const char *object, const char *name,
                                        const char *text, chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  hid_t type = H5Tcopy(H5T_C_S1);
  if (type < 0 || H5Tset_size(type, H5T_VARIABLE) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0)
    return stack(chdf5_failed, reason, "no string type");
  return write_attribute(file, object, name, type, H5Screate(H5S_SCALAR), -1, &text, reason);
}

chdf5_status chdf5_attribute_write_strings(chdf5_file file, const char *object, const char *name,
                                           const char *bytes, uint64_t width, uint64_t count,
                                           int32_t utf8, chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  hid_t type = H5Tcopy(H5T_C_S1);
  if (type < 0 || H5Tset_size(type, width) < 0 || H5Tset_strpad(type, H5T_STR_NULLPAD) < 0 ||
      (utf8 && H5Tset_cset(type, H5T_CSET_UTF8) < 0))
    return stack(chdf5_failed, reason, "no string type");
  return write_attribute(file, object, name, type, make_space(1, &count), -1, bytes, reason);
}

chdf5_status chdf5_attribute_write(chdf5_file file, const char *object, const char *name,
                                   chdf5_type type, int32_t rank, const uint64_t *dimensions,
                                   const void *data, chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  hid_t native = native_type(type);
  if (native < 0) return say(chdf5_failed, reason, "no such type in memory");
  return write_attribute(file, object, name, disk_type(type), make_space(rank, dimensions), native,
                         data, reason);
}

void chdf5_version(uint32_t *major, uint32_t *minor, uint32_t *release) {
  unsigned numbers[3] = {0, 0, 0};
  H5get_libversion(&numbers[0], &numbers[1], &numbers[2]);
  *major = numbers[0];
  *minor = numbers[1];
  *release = numbers[2];
}
