#include "parts.h"

#include <string.h>

// Deflate cannot make anything smaller than this many times (zlib's documented limit is 1032).
static const uint64_t compression_limit = 1032;

// Refuses data that lies in another file. Comes before all else: the shape alone of a virtual dataset without a fixed end
// makes the library open the files it is made of.
static chdf5_status check_place(hid_t dataset, chdf5_reason *reason) {
  hid_t plist = H5Dget_create_plist(dataset);
  if (plist < 0) return hdf5_stack(chdf5_bad_data, reason, "the dataset's layout cannot be read");
  H5D_layout_t layout = H5Pget_layout(plist);
  int elsewhere = H5Pget_external_count(plist);
  H5Pclose(plist);
  if (layout == H5D_LAYOUT_ERROR || layout == H5D_VIRTUAL || elsewhere != 0)
    return hdf5_say(chdf5_bad_data, reason, "keeps its data in another file");
  return chdf5_ok;
}

// Holds what a dataset declares against what the file can contain.
static chdf5_status check_storage(hid_t file, hid_t dataset, uint64_t bytes,
                                  chdf5_reason *reason) {
  hsize_t stored = H5Dget_storage_size(dataset), size = 0;
  if (H5Fget_filesize(file, &size) < 0) return hdf5_stack(chdf5_failed, reason, "the file has no size");
  char text[160];
  if (stored > size) {
    snprintf(text, sizeof text, "declares %llu bytes, the whole file has %llu",
             (unsigned long long)stored, (unsigned long long)size);
    return hdf5_say(chdf5_bad_data, reason, text);
  }
  if (bytes / compression_limit > size) {
    snprintf(text, sizeof text, "declares %llu bytes in a file of %llu",
             (unsigned long long)bytes, (unsigned long long)size);
    return hdf5_say(chdf5_bad_data, reason, text);
  }
  return chdf5_ok;
}

// Opens a dataset, measures it and checks its storage; the handle is to be closed where the status is chdf5_ok.
static chdf5_status open_dataset(hid_t file, const char *path, hid_t *dataset,
                                 chdf5_extent *extent, chdf5_reason *reason) {
  if (!hdf5_link_exists(file, path)) return hdf5_say(chdf5_absent, reason, "no such dataset");
  if (hdf5_kind_of(file, path) != chdf5_dataset) return hdf5_say(chdf5_bad_data, reason, "is no dataset");
  *dataset = H5Dopen2(file, path, H5P_DEFAULT);
  if (*dataset < 0) return hdf5_stack(chdf5_bad_data, reason, "the dataset cannot be opened");
  chdf5_status status = check_place(*dataset, reason);
  if (status) {
    H5Dclose(*dataset);
    return status;
  }
  hid_t type = H5Dget_type(*dataset), space = H5Dget_space(*dataset);
  uint64_t bytes = 0;
  status = type < 0 || space < 0 ? hdf5_stack(chdf5_bad_data, reason, "type or shape cannot be read")
                                 : hdf5_measure(type, space, extent, &bytes, reason);
  if (type >= 0) H5Tclose(type);
  if (space >= 0) H5Sclose(space);
  if (!status) status = check_storage(file, *dataset, bytes, reason);
  if (status) H5Dclose(*dataset);
  return status;
}

chdf5_status local_dataset_extent(chdf5_file file, const char *path, chdf5_extent *extent,
                                  chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  hid_t dataset = -1;
  chdf5_status status = open_dataset(file, path, &dataset, extent, reason);
  if (!status) H5Dclose(dataset);
  return status;
}

// An IEEE 754 binary16 number as binary32, which has all of them.
static uint32_t widened(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31, fraction = half & 1023;
  if (exponent == 31) return sign | 0x7f800000 | fraction << 13;
  if (exponent > 0) return sign | (exponent + 112) << 23 | fraction << 13;
  if (fraction == 0) return sign;
  int shift = __builtin_clz(fraction) - 21;  // 1 to 10: brings the leading one where binary32 leaves it out
  return sign | (uint32_t)(113 - shift) << 23 | (fraction << shift & 1023) << 13;
}

// Reads numbers of 16 bits as they are and widens them here: H5Dread copies them bit by bit, at 100 ns each.
static herr_t read_halves(hid_t dataset, hid_t type, void *out, uint64_t count) {
  unsigned char *floats = out, *halves = floats + 2 * count;
  herr_t result = H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, halves);
  if (result < 0) return result;
  // From the front: what is written ends before the next half that is read.
  for (uint64_t i = 0; i < count; i++) {
    uint16_t half;
    memcpy(&half, halves + 2 * i, sizeof half);
    uint32_t whole = widened(half);
    memcpy(floats + 4 * i, &whole, sizeof whole);
  }
  return result;
}

chdf5_status local_dataset_read(chdf5_file file, const char *path, chdf5_type type, void *out,
                                uint64_t count, chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  hid_t dataset = -1, native = hdf5_native_type(type);
  if (native < 0) return hdf5_say(chdf5_failed, reason, "no such type in memory");
  chdf5_extent extent;
  chdf5_status status = open_dataset(file, path, &dataset, &extent, reason);
  if (status) return status;
  status = hdf5_check_numbers(&extent, count, reason);
  if (!status && count > 0) {
    hid_t stored = H5Dget_type(dataset), half = hdf5_disk_type(chdf5_float16);
    bool is_half = type == chdf5_float32 && stored >= 0 && half >= 0 && H5Tequal(stored, half) > 0;
    herr_t result = is_half ? read_halves(dataset, half, out, count)
                            : H5Dread(dataset, native, H5S_ALL, H5S_ALL, H5P_DEFAULT, out);
    if (result < 0) status = hdf5_stack(chdf5_bad_data, reason, "the data cannot be read");
    if (half >= 0) H5Tclose(half);
    if (stored >= 0) H5Tclose(stored);
  }
  H5Dclose(dataset);
  return status;
}

chdf5_status chdf5_dataset_write(chdf5_file file, const char *path, chdf5_type memory,
                                 chdf5_type disk, int32_t rank, const uint64_t *dimensions,
                                 const void *data, chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  hid_t native = hdf5_native_type(memory), type = hdf5_disk_type(disk);
  hid_t space = hdf5_make_space(rank, dimensions), links = hdf5_make_intermediate();
  hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  // Without a time in it, the same numbers make the same file.
  if (creation >= 0) H5Pset_obj_track_times(creation, 0);
  hid_t dataset = -1;
  if (native >= 0 && type >= 0 && space >= 0)
    dataset = H5Dcreate2(file, path, type, space, links, creation, H5P_DEFAULT);
  chdf5_status status = chdf5_ok;
  if (dataset < 0 || (H5Sget_simple_extent_npoints(space) > 0 &&
                      H5Dwrite(dataset, native, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0))
    status = hdf5_stack(chdf5_failed, reason, "the dataset cannot be written");
  if (dataset >= 0) H5Dclose(dataset);
  if (creation >= 0) H5Pclose(creation);
  if (links >= 0) H5Pclose(links);
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  return status;
}
