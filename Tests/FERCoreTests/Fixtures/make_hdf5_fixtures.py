"""Makes kinds.h5 and hostile.h5: needs h5py. Run in this folder."""

import struct

import h5py
import numpy as np

with h5py.File("kinds.h5", "w", track_order=True) as f:
    values = np.array([[0.5, -2.0, 3.0], [100.0, 0.0, 7.0]])
    for dtype in ["<f2", "<f4", "<f8", ">f4", ">f8", "<i4", ">i2", "i1"]:
        name = {"<": "little", ">": "big", "i": ""}[dtype[0]] + dtype.strip("<>")
        f.create_dataset(name, data=values.astype(dtype))
    f.create_dataset("u1", data=np.array([0, 7, 255], "u1"))
    f.create_dataset("scalar", data=np.float32(2.5))
    f.create_dataset("empty", data=np.zeros((0, 3), "f4"))
    f.create_dataset("null", data=h5py.Empty("f4"))
    f.create_dataset("gzip", data=np.arange(1000, dtype="f4"), chunks=(100,), compression="gzip")
    f.create_dataset("words", data=np.array([b"no", b"number"]))
    f.create_group("b/deep/er")
    f.create_group("a")
    f["soft"] = h5py.SoftLink("/b/deep")
    f["dangling"] = h5py.SoftLink("/nowhere")

    a = f["a"].attrs
    a["vlen_utf8"] = "smile é 😄"
    a.create("vlen_ascii", "plain", dtype=h5py.string_dtype("ascii"))
    a["fixed_null_padded"] = np.bytes_(b"padded")
    a["vlen_array"] = ["one", "", "three"]
    a["fixed_array"] = np.array([b"conv2d_1", b"dense", b""])
    a["empty_float"] = np.array([])
    a["null"] = h5py.Empty("f4")
    a["integer"] = 42
    a["half"] = np.float16(0.5)
    a["numbers"] = np.array([1.5, 2.5], ">f8")
    a["flag"] = True
    for name, padding in [("null_terminated", h5py.h5t.STR_NULLTERM), ("spaces", h5py.h5t.STR_SPACEPAD)]:
        text = h5py.h5t.C_S1.copy()
        text.set_size(8)
        text.set_strpad(padding)
        space = h5py.h5s.create_simple((2,))
        data = [b"ab\0\0\0\0\0\0", b"cde\0\0\0\0\0"]
        if padding == h5py.h5t.STR_SPACEPAD:
            data = [d.replace(b"\0", b" ") for d in data]
        attribute = h5py.h5a.create(f["a"].id, name.encode(), text, space)
        attribute.write(np.array(data, "S8"), mtype=text)
    long = [f"layer_{i:04d}_{'x' * 60}".encode() for i in range(1500)]
    for i, piece in enumerate(np.array_split(np.array(long), 2)):
        f["b"].attrs[f"layer_names{i}"] = piece[:100]  # short, so that the fixture stays small

with h5py.File("hostile.h5", "w") as f:
    f.create_dataset("unwritten", (10**12,), "f4")
    f.create_dataset("chunked", (10**12,), "f4", chunks=(1000,))
    f.create_dataset("overflow", (2**40, 2**40), "f4", chunks=(1, 1))
    f.create_dataset("sparse", (5 * 10**8,), "u1", chunks=(1000,))
    f.create_dataset("external", (4,), "f4", external=[("kinds.h5", 0, 16)])
    layout = h5py.VirtualLayout((2, 3), "f4")
    layout[:] = h5py.VirtualSource("kinds.h5", "littlef4", (2, 3))
    f.create_virtual_dataset("virtual", layout)
    f["link"] = h5py.ExternalLink("kinds.h5", "/littlef4")
    f.create_dataset("beyond", data=np.ones(1021, "f4"))  # made to lie below

data = open("hostile.h5", "rb").read()
for true, lie in [(1021, 1021 << 12), (1021 * 4, 1021 * 4 << 12)]:
    assert data.count(struct.pack("<Q", true)) >= 1, true
    data = data.replace(struct.pack("<Q", true), struct.pack("<Q", lie))
open("hostile.h5", "wb").write(data)
