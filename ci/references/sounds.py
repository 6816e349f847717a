"""Small sound files by another program's libsndfile, and the numbers it reads from them.

Run: python ci/references/sounds.py
"""
import hashlib
import pathlib

import numpy as np
import soundfile
from safetensors.numpy import save_file

VERSION = 1
SCRIPT = pathlib.Path(__file__).resolve()
ROOT = SCRIPT.parents[2]
GOLDEN = ROOT / "Packages/TensorCore/Tests/TensorIOTests/Golden/sound"


def main():
    GOLDEN.mkdir(parents=True, exist_ok=True)
    time = np.arange(6000) / 8000
    tones = np.stack([0.5 * np.sin(2 * np.pi * 440 * time), 0.25 * np.sin(2 * np.pi * 97 * time)], axis=1)
    tones += np.random.default_rng(5).normal(0, 0.01, tones.shape)
    files = {
        "mono.flac": (tones[:, 0], 8000, "PCM_16"), "stereo24.flac": (tones, 44100, "PCM_24"),
        "mono8.flac": (tones[:1500, 1], 16000, "PCM_S8"), "silence.flac": (np.zeros(9000), 22050, "PCM_16"),
        "stereo.ogg": (tones, 8000, "VORBIS"),
    }
    tensors = {}
    for name, (samples, rate, kind) in files.items():
        soundfile.write(GOLDEN / name, samples, rate, subtype=kind)
        read, _ = soundfile.read(GOLDEN / name, dtype="float32", always_2d=True)
        tensors[name] = np.ascontiguousarray(read.T)
    save_file(tensors, GOLDEN / "expected.safetensors", metadata={
        "maker": str(SCRIPT.relative_to(ROOT)), "maker_sha256": hashlib.sha256(SCRIPT.read_bytes()).hexdigest(),
        "version": str(VERSION), "soundfile": soundfile.__version__, "libsndfile": soundfile.__libsndfile_version__,
    })
    print(sum(f.stat().st_size for f in GOLDEN.iterdir()), "bytes in", len(list(GOLDEN.iterdir())), "files")


if __name__ == "__main__":
    main()
