#include "parts.h"

#include <stdlib.h>
#include <string.h>

// Opens an attribute of the object at `path`; to be closed where the status is chdf5_ok.
static chdf5_status open_attribute(hid_t file, const char *path, const char *name,
                                   hid_t *attribute, chdf5_reason *reason) {
  if (!hdf5_link_exists(file, path)) return hdf5_say(chdf5_absent, reason, "no such object");
  htri_t there = H5Aexists_by_name(file, path, name, H5P_DEFAULT);
  if (there < 0) return hdf5_stack(chdf5_bad_data, reason, "the attributes cannot be read");
  if (there == 0) return hdf5_say(chdf5_absent, reason, "no such attribute");
  *attribute = H5Aopen_by_name(file, path, name, H5P_DEFAULT, H5P_DEFAULT);
  return *attribute < 0 ? hdf5_stack(chdf5_bad_data, reason, "the attribute cannot be opened")
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
                            ? hdf5_stack(chdf5_bad_data, reason, "type or shape cannot be read")
                            : hdf5_measure(*type, space, extent, &bytes, reason);
  if (!status && (H5Fget_filesize(file, &size) < 0 || bytes > size))
    status = hdf5_say(chdf5_bad_data, reason, "declares more bytes than the file has");
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
    status = hdf5_stack(chdf5_bad_data, reason, "the strings cannot be read");
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
    status = hdf5_stack(chdf5_bad_data, reason, "the strings cannot be read");
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
      status = hdf5_say(chdf5_bad_data, reason, "does not hold strings");
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
  hid_t attribute = -1, stored = -1, native = hdf5_native_type(type);
  if (native < 0) return hdf5_say(chdf5_failed, reason, "no such type in memory");
  chdf5_extent extent;
  chdf5_status status = open_attribute(file, object, name, &attribute, reason);
  if (status) return status;
  status = measure_attribute(file, attribute, &stored, &extent, reason);
  if (!status) {
    status = hdf5_check_numbers(&extent, count, reason);
    if (!status && count > 0 && H5Aread(attribute, native, out) < 0)
      status = hdf5_stack(chdf5_bad_data, reason, "the numbers cannot be read");
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
  if (type >= 0 && space >= 0 && hdf5_link_exists(file, object)) {
    if (H5Aexists_by_name(file, object, name, H5P_DEFAULT) > 0)
      H5Adelete_by_name(file, object, name, H5P_DEFAULT);
    attribute = H5Acreate_by_name(file, object, name, type, space, H5P_DEFAULT, H5P_DEFAULT,
                                  H5P_DEFAULT);
  }
  if (attribute < 0 || (H5Sget_simple_extent_npoints(space) > 0 &&
                        H5Awrite(attribute, memory < 0 ? type : memory, data) < 0))
    status = hdf5_stack(chdf5_failed, reason, "the attribute cannot be written");
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
    return hdf5_stack(chdf5_failed, reason, "no string type");
  return write_attribute(file, object, name, type, H5Screate(H5S_SCALAR), -1, &text, reason);
}

chdf5_status chdf5_attribute_write_strings(chdf5_file file, const char *object, const char *name,
                                           const char *bytes, uint64_t width, uint64_t count,
                                           int32_t utf8, chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  hid_t type = H5Tcopy(H5T_C_S1);
  if (type < 0 || H5Tset_size(type, width) < 0 || H5Tset_strpad(type, H5T_STR_NULLPAD) < 0 ||
      (utf8 && H5Tset_cset(type, H5T_CSET_UTF8) < 0))
    return hdf5_stack(chdf5_failed, reason, "no string type");
  return write_attribute(file, object, name, type, hdf5_make_space(1, &count), -1, bytes, reason);
}

chdf5_status chdf5_attribute_write(chdf5_file file, const char *object, const char *name,
                                   chdf5_type type, int32_t rank, const uint64_t *dimensions,
                                   const void *data, chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  hid_t native = hdf5_native_type(type);
  if (native < 0) return hdf5_say(chdf5_failed, reason, "no such type in memory");
  return write_attribute(file, object, name, hdf5_disk_type(type), hdf5_make_space(rank, dimensions), native,
                         data, reason);
}
