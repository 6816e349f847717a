"""Golden mel-frequency cepstra of the specification's waveform, computed by kaldi-native-fbank: needs that package.

Run: python ci/references/cepstra.py
"""
import kaldi_native_fbank
import numpy
import torch

import golden

VERSION = 1


def waveform(count):
    """A chirp pair with hum and integer noise, on the scale of 16 bits."""
    t = numpy.arange(count) / 16000
    v = (8000 * numpy.sin(2 * numpy.pi * (200 * t + 1500 * t * t)) + 4000 * numpy.sin(2 * numpy.pi * (3000 * t - 800 * t * t))
         + 1000 * numpy.sin(2 * numpy.pi * 60 * t))
    state, noise = 12345, []
    for _ in range(count):
        state = (1103515245 * state + 12345) % 2 ** 31
        noise.append((state >> 16) % 201 - 100)
    return numpy.floor(v + 0.5) + numpy.array(noise)


def main():
    options = kaldi_native_fbank.MfccOptions()
    options.frame_opts.dither, options.mel_opts.num_bins, options.use_energy = 0, 23, False
    mfcc = kaldi_native_fbank.OnlineMfcc(options)
    mfcc.accept_waveform(16000, waveform(8000).tolist())
    mfcc.input_finished()
    frames = torch.tensor(numpy.stack([mfcc.get_frame(i) for i in range(mfcc.num_frames_ready)]))
    golden.write("Packages/TensorCore/Tests/SignalTests/Golden/cepstra.safetensors", {"cepstra": frames}, __file__, VERSION)


if __name__ == "__main__":
    main()
