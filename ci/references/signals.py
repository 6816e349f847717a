"""Golden values of the operations in Signal: value, gradient and second gradient, computed by PyTorch in float64.

The cases are those of operations.py in kind; their Swift table is SignalTests/FourierTests.swift. The name is not
signal.py, which would hide Python's own module from everything in this folder. Run: python ci/references/signals.py
"""
import torch

import golden
import operations

VERSION = 1
WINDOW = torch.hann_window(8, dtype=torch.float64)


def real(z):
    return torch.view_as_real(z)


def spectrum(x):
    return torch.view_as_complex(x)


def stft(x, center=True):
    z = torch.stft(x, 8, 3, window=WINDOW, center=center, return_complex=True)
    return real(z.transpose(-1, -2))


def istft(z):
    return torch.istft(spectrum(z).transpose(-1, -2), 8, 3, window=WINDOW, length=19)


# name: (function, shapes); squares make second gradients of linear maps more than zero
CASES = {
    "fft": (lambda z: real(torch.fft.fft(spectrum(z))) ** 2, [[3, 5, 2]]),
    "fftEven": (lambda z: real(torch.fft.fft(spectrum(z))) ** 2, [[2, 12, 2]]),
    "fft2": (lambda z: real(torch.fft.fft2(spectrum(z))) ** 2, [[2, 3, 4, 2]]),
    "framed": (lambda x: x.unfold(-1, 4, 3) ** 2, [[2, 12]]),
    "ifft": (lambda z: real(torch.fft.ifft(spectrum(z))) ** 2, [[3, 5, 2]]),
    "ifft2": (lambda z: real(torch.fft.ifft2(spectrum(z))) ** 2, [[2, 3, 4, 2]]),
    "irfft2": (lambda z: torch.fft.irfft2(spectrum(z), (5, 7)) ** 2, [[2, 5, 4, 2]]),
    "irfftEven": (lambda z: torch.fft.irfft(spectrum(z), 8) ** 2, [[3, 5, 2]]),
    "irfftOdd": (lambda z: torch.fft.irfft(spectrum(z), 9) ** 2, [[3, 5, 2]]),
    "irfftOne": (lambda z: torch.fft.irfft(spectrum(z), 1) ** 2, [[2, 1, 2]]),
    "istft": (lambda z: istft(z) ** 2, [[2, 7, 5, 2]]),
    "rfft2": (lambda x: real(torch.fft.rfft2(x)) ** 2, [[2, 3, 6]]),
    "rfftEven": (lambda x: real(torch.fft.rfft(x)) ** 2, [[3, 8]]),
    "rfftOdd": (lambda x: real(torch.fft.rfft(x)) ** 2, [[2, 2, 15]]),
    "rfftTwo": (lambda x: real(torch.fft.rfft(x)) ** 2, [[3, 2]]),
    "stft": (lambda x: stft(x) ** 2, [[2, 20]]),
    "stftFromStart": (lambda x: stft(x, center=False) ** 2, [[20]]),
}


def main():
    tensors = {}
    for index, (name, (function, shapes)) in enumerate(CASES.items()):
        generator = torch.Generator().manual_seed(2000 + index)
        inputs = [operations.draw(operations.SMOOTH, shape, generator).requires_grad_() for shape in shapes]
        y = function(*inputs)
        u = torch.randn(y.shape, generator=generator).double()
        directions = [torch.randn(x.shape, generator=generator).double() for x in inputs]
        first = operations.gradients((y * u).sum(), inputs)
        second = operations.gradients(sum((g * v).sum() for g, v in zip(first, directions)), inputs)
        tensors[f"{name}.y"], tensors[f"{name}.u"] = y, u
        for i, x in enumerate(inputs):
            tensors[f"{name}.x{i}"], tensors[f"{name}.v{i}"] = x, directions[i]
            tensors[f"{name}.g{i}"], tensors[f"{name}.h{i}"] = first[i], second[i]
    golden.write("Packages/TensorCore/Tests/SignalTests/Golden/signals.safetensors", tensors, __file__, VERSION)


if __name__ == "__main__":
    main()
