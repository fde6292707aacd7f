// Types of numbers and the extents of arrays.
#include "parts.h"

#include <stdbool.h>
#include <string.h>

// No dataset or attribute is read above this many bytes, whatever the file declares: 2 GiB.
static const uint64_t byte_limit = UINT64_C(1) << 31;

hid_t hdf5_native_type(chdf5_type type) {
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

hid_t hdf5_disk_type(chdf5_type type) {
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

chdf5_status hdf5_measure(hid_t type, hid_t space, chdf5_extent *extent, uint64_t *bytes,
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
    return hdf5_stack(chdf5_bad_data, reason, "the shape cannot be read");
  size_t size = H5Tget_size(type);
  if (size == 0) return hdf5_stack(chdf5_bad_data, reason, "the type has no size");
  extent->rank = rank;
  // Each step is held against the limit, so no product overflows, here or in the caller, even where a later axis is 0.
  uint64_t count = 1;
  for (int axis = 0; axis < rank; axis++) {
    extent->dimensions[axis] = dimensions[axis];
    if (dimensions[axis] > byte_limit || count * dimensions[axis] > byte_limit)
      return hdf5_say(chdf5_bad_data, reason, "declares more than 2 GiB of data, the most that is read");
    count *= dimensions[axis];
  }
  extent->count = count;
  if (size > byte_limit || count * size > byte_limit)
    return hdf5_say(chdf5_bad_data, reason, "declares more than 2 GiB of data, the most that is read");
  *bytes = count * size;
  return chdf5_ok;
}

hid_t hdf5_make_space(int32_t rank, const uint64_t *dimensions) {
  hsize_t extents[chdf5_max_rank];
  if (rank < 0 || rank > chdf5_max_rank) return -1;
  if (rank == 0) return H5Screate(H5S_SCALAR);
  for (int axis = 0; axis < rank; axis++) extents[axis] = dimensions[axis];
  return H5Screate_simple(rank, extents, NULL);
}

chdf5_status hdf5_check_numbers(const chdf5_extent *extent, uint64_t count,
                                  chdf5_reason *reason) {
  if (extent->type >= chdf5_string) return hdf5_say(chdf5_bad_data, reason, "does not hold numbers");
  if (extent->count != count) return hdf5_say(chdf5_failed, reason, "was asked for another count");
  return chdf5_ok;
}
