"""PyTorch files with their numbers as safetensors, and hostile ones; random weights, published ones are not copied.

Run: python ci/references/torch_files.py
"""
import pickle
import struct
import zipfile
from collections import OrderedDict

import torch
from torch import nn

import golden

VERSION = 1
FOLDER = "Packages/TensorCore/Tests/TensorIOTests/Golden/torch"
TARGET = golden.ROOT / FOLDER
TYPES = {
    "bool": torch.bool, "uint8": torch.uint8, "int8": torch.int8, "int16": torch.int16, "int32": torch.int32,
    "int64": torch.int64, "float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32,
    "float64": torch.float64,
}


class Tied(nn.Module):
    """Two linear maps with one weight, and running statistics with their counter of whole numbers."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(3, 4), nn.Linear(3, 4)
        self.second.weight = self.first.weight
        self.norm = nn.BatchNorm1d(4)


def flattened(value, name=""):
    """Tensors by dotted name, as the reader names them."""
    if isinstance(value, torch.Tensor):
        return {name: value}
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    return {k: v for key, x in pairs for k, v in flattened(x, f"{name}.{key}" if name else str(key)).items()}


def contents():
    torch.manual_seed(7)
    numbers = torch.tensor([[0.0, 1.0, 2.0], [100.0, 1 / 3, 127.0]])
    types = {name: numbers.to(dtype) for name, dtype in TYPES.items()}
    types["extremes"] = torch.tensor([-2**63, 2**63 - 1, -1], dtype=torch.int64)
    types["special"] = torch.tensor([float("inf"), -0.0, 1e300], dtype=torch.float64)
    base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
    views = {
        "base": base, "transposed": base.permute(2, 0, 1), "column": base[:, 1, 2], "every_second": base[..., 1::2],
        "repeated": torch.tensor([1.5, 2.5]).unsqueeze(0).expand(3, 2), "bytes": base.to(torch.uint8).permute(2, 1, 0)[1:, 1],
        "empty": torch.zeros(0, 3), "empty_view": base[:0], "scalar": torch.tensor(2.5), "parameter": nn.Parameter(base),
    }
    tied = Tied()
    prefixed = OrderedDict((f"module.{name}", x) for name, x in tied.state_dict().items())
    optimiser = torch.optim.Adam(tied.parameters())
    (tied.first(torch.randn(2, 3)).sum() + tied.norm(torch.randn(2, 4)).sum()).backward()
    optimiser.step()
    nested = {
        "state_dict": tied.state_dict(), "optimizer": optimiser.state_dict(), "epoch": 300, "best": 0.1, "done": False,
        "name": "é", "negative": -70000, "wide": 2**40, "sizes": [torch.Size([3, 4]), None], "averaged": (base, base),
    }
    return {"types": types, "views": views, "state": tied.state_dict(), "prefixed": prefixed, "nested": nested}


def well_formed():
    for name, content in contents().items():
        torch.save(content, TARGET / f"{name}.pth")
        golden.write(f"{FOLDER}/{name}.safetensors", flattened(content), __file__, VERSION)
    torch.save(Tied().state_dict(), TARGET / "before_1_6.pth", _use_new_zipfile_serialization=False)
    torch.save(Tied(), TARGET / "module.pth")


def archive(path, data, storages=None, **options):
    """A file of PyTorch's layout around a pickle."""
    with zipfile.ZipFile(TARGET / path, "w") as z:
        for name, content in {"data.pkl": data, "byteorder": b"little", **(storages or {})}.items():
            z.writestr(zipfile.ZipInfo(f"x/{name}"), content, **options)


def tensor(numbers=4, offset=0, shape=(4,), strides=(1,), kind=b"FloatStorage"):
    """The opcodes of one tensor of storage 0."""
    def integer(n):
        return b"\x8a\x08" + n.to_bytes(8, "little", signed=True)

    def tuple_of(values):
        return b"(" + b"".join(integer(v) for v in values) + b"t"
    return (b"ctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\n" + kind + b"\nX\1\0\0\0" + b"0"
            + b"X\3\0\0\0cpu" + integer(numbers) + b"tQ" + integer(offset) + tuple_of(shape) + tuple_of(strides)
            + b"\x89NtR")


def named(value):
    return b"\x80\2}X\1\0\0\0a" + value + b"s."


def hostile():
    class Command:
        def __reduce__(self):
            import os
            return os.system, ("true",)
    four = {"data/0": struct.pack("<4f", 1, 2, 3, 4)}
    archive("os_system.pth", pickle.dumps({"a": Command()}, protocol=2))
    archive("list_in_itself.pth", b"\x80\2]q\0h\0a.")
    archive("deep_lists.pth", b"\x80\2" + b"]" * 5000 + b"a" * 4999 + b".")
    archive("deep_dictionaries.pth", b"\x80\2" + b"}X\1\0\0\0a" * 5000 + b"N" + b"s" * 5000 + b".")
    # Each pair holds the one before twice: 2³⁰ ways to the innermost.
    pairs = b"".join(b"h%ch%c\x86q%c" % (i, i, i + 1) for i in range(30))
    archive("doubled_pairs.pth", b"\x80\2(K\1q\0" + pairs + b"t.")
    archive("huge_number.pth", b"\x80\2\x8b" + struct.pack("<I", 2**31 - 1) + b"\0.")
    archive("long_number.pth", b"\x80\2\x8a\x09" + b"\1" * 9 + b".")
    archive("no_storage.pth", named(tensor()))
    archive("short_storage.pth", named(tensor()), {"data/0": b"\0" * 12})
    archive("long_storage.pth", named(tensor()), {"data/0": b"\0" * 20})
    archive("outside.pth", named(tensor(offset=1)), four)
    archive("negative_offset.pth", named(tensor(offset=-1, shape=(2,))), four)
    archive("negative_extent.pth", named(tensor(shape=(-4,))), four)
    archive("negative_stride.pth", named(tensor(strides=(-1,), offset=3)), four)
    archive("overflowing.pth", named(tensor(shape=(2**62, 4), strides=(2**62, 1))), four)
    archive("repeated_widely.pth", named(tensor(shape=(2**23, 1), strides=(0, 1))), four)
    archive("repeated_beyond_memory.pth", named(tensor(shape=(2**61, 1), strides=(0, 1))), four)
    archive("seven_axes.pth", named(tensor(shape=(1,) * 7, strides=(1,) * 7)), four)
    archive("two_types.pth", b"\x80\2}(X\1\0\0\0a" + tensor() + b"X\1\0\0\0b" + tensor(kind=b"IntStorage") + b"u.", four)
    archive("complex.pth", named(tensor(kind=b"ComplexFloatStorage")), four)
    archive("compressed.pth", named(tensor()), four, compress_type=zipfile.ZIP_DEFLATED)
    archive("protocol_4.pth", pickle.dumps({"a": 1}, protocol=4))
    archive("attributes.pth", b"\x80\2ccollections\nOrderedDict\n)R}X\1\0\0\0xK\1sb.")
    archive("twice.pth", b"\x80\2}(X\1\0\0\0aK\1X\1\0\0\0aK\2u.")
    archive("called_number.pth", b"\x80\2K\1)R.")
    archive("empty_stack.pth", b"\x80\2R.")


if __name__ == "__main__":
    TARGET.mkdir(parents=True, exist_ok=True)
    for old in TARGET.iterdir():
        old.unlink()
    well_formed()
    hostile()
    print(sum(f.stat().st_size for f in TARGET.iterdir()), "bytes in", len(list(TARGET.iterdir())), "files")
