"""Golden files of TensorIO's formats, written by the formats' own libraries, and pictures resized by Pillow.

Run: python ci/references/formats.py
"""
import hashlib
import json
import pathlib
import struct

import numpy as np
import safetensors
from PIL import Image, __version__ as pillow_version
from safetensors.numpy import save_file

VERSION = 1
SCRIPT = pathlib.Path(__file__).resolve()
ROOT = SCRIPT.parents[2]
GOLDEN = ROOT / "Packages/TensorCore/Tests/TensorIOTests/Golden"
MAKER = {
    "maker": str(SCRIPT.relative_to(ROOT)),
    "maker_sha256": hashlib.sha256(SCRIPT.read_bytes()).hexdigest(),
    "version": str(VERSION),
    "numpy": np.__version__, "safetensors": safetensors.__version__, "pillow": pillow_version,
}
# Per type the smallest and largest number, and what lies around zero: the reader must give the nearest Float32.
INTEGERS = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]
FLOATS = ["f2", "f4", "f8"]


def numbers(kind):
    if kind == "b1":
        return np.array([[True, False, True], [False, False, True]])
    dtype = np.dtype(kind)
    if dtype.kind == "f":
        return np.array([[0.0, -0.0, 1 / 3], [-65504.0, np.inf, 6e-8]]).astype(dtype)
    limits = np.iinfo(dtype)
    return np.array([[0, 1, limits.max], [limits.min, 100, limits.max // 3]], dtype=dtype)


def every_type():
    """safetensors of every type, and the Float32 values that the numbers of each must become."""
    arrays = {kind: numbers(kind) for kind in ["b1"] + INTEGERS + FLOATS}
    arrays |= {"scalar": np.float32(2.5), "empty": np.zeros((0, 3), "f4")}
    arrays = {name: np.asarray(a) for name, a in arrays.items()}
    expected = {name: a.astype(np.float32) for name, a in arrays.items()}
    save_file(arrays, GOLDEN / "every_type.safetensors", metadata={"text": 'a "quoted" \\ line\nand é 😀'})
    # bfloat16 is not a numpy type: the upper halves of Float32, and a header by hand.
    upper = (expected["f4"].view(np.uint32) >> 16).astype(np.uint16)
    header = json.dumps({"bf16": {"dtype": "BF16", "shape": [2, 3], "data_offsets": [0, 12]}}).encode()
    (GOLDEN / "bfloat16.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + upper.tobytes())
    expected["bf16"] = (upper.astype(np.uint32) << 16).view(np.float32)
    save_file(expected, GOLDEN / "every_type_expected.safetensors", metadata=MAKER)
    # One metadata entry, because the library's order of several is arbitrary: our writer must give the same bytes.
    x = np.arange(6, dtype="f4").reshape(2, 3) / 7
    save_file({"b": x, "a.weight": x[0].copy(), "c": np.float32(1).reshape(())}, GOLDEN / "written.safetensors",
              metadata={"é\n": "\u0001"})


def numpy_files():
    for kind in ["b1"] + INTEGERS + FLOATS:
        np.save(GOLDEN / f"{kind}.npy", numbers(kind))
    np.save(GOLDEN / "big_endian.npy", numbers("f4").astype(">f4"))
    np.save(GOLDEN / "fortran.npy", np.asfortranarray(np.arange(24, dtype="f4").reshape(2, 3, 4)))
    np.save(GOLDEN / "scalar.npy", np.float32(2.5))
    np.save(GOLDEN / "empty.npy", np.zeros((0, 3), "f4"))
    np.save(GOLDEN / "complex.npy", np.zeros(2, "c8"))
    np.save(GOLDEN / "records.npy", np.zeros(2, [("x", "f4"), ("y", "i4")]))
    for version in (2, 3):
        with open(GOLDEN / f"version_{version}.npy", "wb") as f:
            np.lib.format.write_array(f, numbers("f4"), version=(version, 0))
    arrays = {"f4": numbers("f4"), "ramp": np.arange(4096, dtype="i4") // 64}
    np.savez(GOLDEN / "stored.npz", **arrays)
    np.savez_compressed(GOLDEN / "deflated.npz", **arrays)


def resizes():
    """A picture of noise, edges and a ramp at several sizes, by each filter: values 0...255 as `[height, width, 3]`."""
    generator = np.random.default_rng(3)
    pixels = generator.integers(0, 256, (23, 31, 3), dtype=np.uint8)
    pixels[:8, :12] = 255
    pixels[:8, 12:18] = 0
    pixels[15:, :, 0] = np.linspace(0, 255, 31).astype(np.uint8)
    picture = Image.fromarray(pixels)
    tensors = {"source": pixels.astype(np.float32)}
    filters = {"area": Image.BOX, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC}
    for name, pillow_filter in filters.items():
        for width, height in [(10, 7), (31, 5), (45, 23), (40, 50), (1, 1), (30, 24)]:
            resized = np.asarray(picture.resize((width, height), pillow_filter))
            tensors[f"{name}.{width}x{height}"] = resized.astype(np.float32)
    save_file(tensors, GOLDEN / "resized.safetensors", metadata=MAKER)


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    every_type()
    numpy_files()
    resizes()
    print(sum(f.stat().st_size for f in GOLDEN.iterdir()), "bytes in", len(list(GOLDEN.iterdir())), "files")
