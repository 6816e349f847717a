"""Golden values of the speech translator: a twin in float64, its CIKD loss, every gradient and ten Adam steps.

The shared part is the encoder-decoder of sequences.py. Dropout would make the two passes differ; the twin has none, so the
second pass sees the same utterances with noise on their features. Parameter names and shapes are those of
Packages/SpeechTranslation/Sources/SpeechTranslation/Models/SpeechTranslator.swift.
Run: python ci/references/speech_translation.py
"""
import math

import torch
import torch.nn.functional as F
from torch import nn

import golden
import sequences
from sequences import PADDING, START, WIDTH, padded, positions

VERSION = 1
VOCABULARY, BANDS, CHANNELS, KERNELS = sequences.VOCABULARY, 6, 12, (5, 3)
FRAMES = [17, 9, 24]
SOURCES = [[5, 3, 2], [7, 2], [3, 10, 8, 2]]
TARGETS = [[4, 9, 3, 2], [10, 2], [7, 5, 6, 8, 2]]
SMOOTHING, LAMBDA, TEMPERATURE, ALPHA = 0.1, 0.8, 2.0, 1.5


class GatedConvolution(nn.Module):
    def __init__(self, inputs, outputs, size):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.empty(outputs, inputs, size)), nn.Parameter(torch.empty(outputs))

    def forward(self, x):
        return F.glu(F.conv1d(x, self.weight, self.bias, stride=2, padding=self.weight.shape[2] // 2), dim=1)


class Front(nn.Module):
    def __init__(self):
        super().__init__()
        self.convolutions = nn.ModuleList([
            GatedConvolution(BANDS, CHANNELS, KERNELS[0]), GatedConvolution(CHANNELS // 2, 2 * WIDTH, KERNELS[1])])
        self.encoder = sequences.Stack(1, False, True, F.relu)
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, features, lengths):
        x = features.transpose(1, 2)
        for convolution in self.convolutions:
            x = convolution(x)
            lengths = [(n - 1) // 2 + 1 for n in lengths]
            valid = torch.arange(x.shape[2]) < torch.tensor(lengths)[:, None]
            x = x * valid[:, None]
        x = x.transpose(1, 2) * math.sqrt(WIDTH)
        x = x + positions(x.shape[1])
        allowed = valid[:, None, None]
        for block in self.encoder.blocks:
            x = block(x, allowed)
        return self.norm(x), allowed


class SpeechTranslator(nn.Module):
    def __init__(self):
        super().__init__()
        self.front, self.text = Front(), sequences.Pair(VOCABULARY)

    def speech(self, features, lengths, inputs):
        return self.translated(inputs, *self.front(features, lengths))

    def written(self, source, inputs):
        return self.translated(inputs, self.text.embed(source), (source != PADDING)[:, None, None])

    def translated(self, inputs, embedded, allowed):
        return self.text.decode(inputs, self.text.encode(embedded, allowed), allowed)


def divergence(q, p):
    return F.kl_div(p, q, reduction="none", log_target=True).sum(-1)


def cikd_loss(first, second, teacher, labels):
    real = labels >= 0
    count = real.sum()
    cross_entropy = 0.5 * (sequences.label_smoothed(first, labels) + sequences.label_smoothed(second, labels))
    p1, p2 = first.log_softmax(-1), second.log_softmax(-1)
    consistency = 0.5 * (divergence(p1, p2) + divergence(p2, p1))
    q = (teacher / TEMPERATURE).log_softmax(-1)
    distillation = sum(
        0.5 * TEMPERATURE**2 * divergence(q, (logits / TEMPERATURE).log_softmax(-1)) for logits in (first, second))
    weights = torch.exp(-consistency.detach())
    weights = weights / weights[real].mean()
    return cross_entropy + LAMBDA * (weights * distillation)[real].sum() / count + ALPHA * consistency[real].sum() / count


def main():
    torch.set_default_dtype(torch.float64)
    generator = torch.Generator().manual_seed(4001)
    model = SpeechTranslator()
    tensors = {}
    for name, p in sorted(model.named_parameters()):
        noise = torch.randn(p.shape, generator=generator)
        is_norm = "Norm.weight" in name or name.endswith("norm.weight")
        p.data = (1 + 0.1 * noise if is_norm else 0.25 * noise).float().double()
        tensors[f"parameter.{name}"] = p.data.clone()
    features = torch.zeros(3, max(FRAMES), BANDS)
    noisy = torch.zeros_like(features)
    for row, frames in enumerate(FRAMES):
        features[row, :frames] = torch.randn(frames, BANDS, generator=generator).float().double()
        noisy[row, :frames] = (features[row, :frames] + 0.3 * torch.randn(frames, BANDS, generator=generator)).float().double()
    tensors |= {"features": features, "noisy": noisy}
    inputs = padded([[START] + row[:-1] for row in TARGETS], PADDING)
    labels = padded(TARGETS, -100)
    teacher = model.written(padded(SOURCES, PADDING), inputs).detach() * 1.5
    tensors["teacher"] = teacher
    teacher = teacher.float().double()

    def loss():
        return cikd_loss(
            model.speech(features, FRAMES, inputs), model.speech(noisy, FRAMES, inputs), teacher, labels)

    tensors["prediction"] = model.speech(features, FRAMES, inputs).detach()
    value = loss()
    value.backward()
    tensors["loss"] = value
    tensors |= {f"gradient.{name}": p.grad.clone() for name, p in model.named_parameters()}
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, betas=(0.9, 0.98), eps=1e-8)
    losses = []
    for _ in range(10):
        optimiser.zero_grad()
        value = loss()
        value.backward()
        optimiser.step()
        losses.append(value.detach())
    tensors["losses"] = torch.stack(losses)
    golden.write(
        "Packages/SpeechTranslation/Tests/SpeechTranslationTests/Golden/speech_translator.safetensors", tensors, __file__,
        VERSION)


if __name__ == "__main__":
    main()
