"""Makes virtual.h5, a dataset without a fixed end whose data are in source.h5, which is not made: needs libhdf5 1.10 as a
shared library (h5py cannot say the open end). Run in this folder."""

import ctypes
import ctypes.util

h5 = ctypes.CDLL(ctypes.util.find_library("hdf5") or "libhdf5_serial.so")
hid, hsize = ctypes.c_int64, ctypes.c_uint64
unlimited = 2**64 - 1
set_selection = 0  # H5S_SELECT_SET


def one(value):
    return (hsize * 1)(value)


def function(name, result, *arguments):
    call = getattr(h5, name)
    call.restype, call.argtypes = result, arguments
    return call


h5.H5open()
sizes = ctypes.POINTER(hsize)
space = function("H5Screate_simple", hid, ctypes.c_int, sizes, sizes)
select = function("H5Sselect_hyperslab", ctypes.c_int, hid, ctypes.c_int, sizes, sizes, sizes, sizes)
properties = function("H5Pcreate", hid, hid)
virtual = function("H5Pset_virtual", ctypes.c_int, hid, hid, ctypes.c_char_p, ctypes.c_char_p, hid)
file_create = function("H5Fcreate", hid, ctypes.c_char_p, ctypes.c_uint, hid, hid)
create = function("H5Dcreate2", hid, hid, ctypes.c_char_p, hid, hid, hid, hid, hid)
close_dataset, close_file = function("H5Dclose", ctypes.c_int, hid), function("H5Fclose", ctypes.c_int, hid)


def named(name):
    return hid.in_dll(h5, name)


def whole_axis():
    axis = space(1, one(4), one(unlimited))
    assert select(axis, set_selection, one(0), None, one(unlimited), one(1)) >= 0
    return axis


axis, source = whole_axis(), whole_axis()
creation = properties(named("H5P_CLS_DATASET_CREATE_ID_g"))
assert virtual(creation, axis, b"source.h5", b"data", source) >= 0
file = file_create(b"virtual.h5", 2, 0, 0)  # H5F_ACC_TRUNC
dataset = create(file, b"endless", named("H5T_IEEE_F32LE_g"), axis, 0, creation, 0)
assert dataset >= 0
close_dataset(dataset)
close_file(file)
