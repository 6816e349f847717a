"""Writes golden files: tensors as safetensors with the maker, its hash and its versions in the header."""
import hashlib
import pathlib

import torch
from safetensors.numpy import save_file

ROOT = pathlib.Path(__file__).resolve().parents[2]


def write(path, tensors, maker, version):
    """Saves float32 tensors at a path relative to the repository; `maker` is the calling script's `__file__`."""
    script = pathlib.Path(maker).resolve()
    arrays = {name: t.detach().to(torch.float32).contiguous().numpy() for name, t in tensors.items()}
    target = ROOT / path
    target.parent.mkdir(parents=True, exist_ok=True)
    save_file(arrays, target, metadata={
        "maker": str(script.relative_to(ROOT)),
        "maker_sha256": hashlib.sha256(script.read_bytes()).hexdigest(),
        "version": str(version),
        "torch": torch.__version__.split("+")[0],
    })
    print(f"{path}: {len(arrays)} tensors, {target.stat().st_size} bytes")
