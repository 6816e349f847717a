"""Golden values of the encoder-decoder in Sequences: a twin by hand, in float64, its loss, gradients and ten AdamW steps.

Parameter names and shapes are those of Packages/TensorCore/Sources/Sequences/EncoderDecoder.swift.
Run: python ci/references/sequences.py
"""
import math

import torch
import torch.nn.functional as F
from torch import nn

import golden

VERSION = 1
VOCABULARY, WIDTH, HIDDEN, HEADS = 11, 16, 24, 4
PADDING, START, END, SMOOTHING = 1, 0, 2, 0.1
SOURCES = [[5, 3, 9, 4, 2], [7, 2], [3, 10, 8, 6, 5, 2]]
TARGETS = [[4, 9, 3, 5], [10, 6, 8, 4, 7], [7]]


def padded(rows, value):
    longest = max(len(row) for row in rows)
    return torch.tensor([row + [value] * (longest - len(row)) for row in rows])


def positions(count, first=2):
    """fairseq's table: sines, then cosines; the first token at the padding index plus one."""
    half = WIDTH // 2
    frequencies = torch.exp(-math.log(10000) / (half - 1) * torch.arange(half))
    angles = torch.arange(first, first + count)[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], 1)


def attend(query, key, value, allowed):
    def split(x):
        return x.unflatten(-1, (HEADS, WIDTH // HEADS)).transpose(1, 2)

    scores = split(query) @ split(key).transpose(2, 3) / math.sqrt(WIDTH // HEADS)
    weights = scores.masked_fill(~allowed, -math.inf).softmax(-1)
    return (weights @ split(value)).transpose(1, 2).flatten(2)


class SelfAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.packed, self.output = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x, allowed):
        return self.output(attend(*self.packed(x).chunk(3, -1), allowed))


class CrossAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.packed = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 2 * WIDTH)
        self.output = nn.Linear(WIDTH, WIDTH)

    def forward(self, x, memory, allowed):
        return self.output(attend(self.query(x), *self.packed(memory).chunk(2, -1), allowed))


class Block(nn.Module):
    def __init__(self, is_decoder, is_pre_norm, activation):
        super().__init__()
        self.is_pre_norm, self.activation = is_pre_norm, activation
        self.attentionNorm, self.attention = nn.LayerNorm(WIDTH), SelfAttention()
        if is_decoder:
            self.crossAttentionNorm, self.crossAttention = nn.LayerNorm(WIDTH), CrossAttention()
        self.feedForwardNorm = nn.LayerNorm(WIDTH)
        self.expand, self.contract = nn.Linear(WIDTH, HIDDEN), nn.Linear(HIDDEN, WIDTH)

    def residual(self, x, norm, part):
        return x + part(norm(x)) if self.is_pre_norm else norm(x + part(x))

    def forward(self, x, allowed, memory=None, memory_allowed=None):
        x = self.residual(x, self.attentionNorm, lambda x: self.attention(x, allowed))
        if memory is not None:
            x = self.residual(x, self.crossAttentionNorm, lambda x: self.crossAttention(x, memory, memory_allowed))
        return self.residual(x, self.feedForwardNorm, lambda x: self.contract(self.activation(self.expand(x))))


class Stack(nn.Module):
    def __init__(self, count, *settings):
        super().__init__()
        self.blocks = nn.ModuleList(Block(*settings) for _ in range(count))


class Pair(nn.Module):
    """1 + 1 pre-norm blocks, ReLU, sines, tied output: for twins that encode and decode apart."""

    def __init__(self, vocabulary):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, WIDTH)
        self.encoder, self.decoder = Stack(1, False, True, F.relu), Stack(1, True, True, F.relu)
        self.encoderNorm, self.decoderNorm = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)

    def embed(self, tokens):
        return self.embedding(tokens) * math.sqrt(WIDTH) + positions(tokens.shape[1])

    def encode(self, x, allowed):
        for block in self.encoder.blocks:
            x = block(x, allowed)
        return self.encoderNorm(x)

    def decode(self, inputs, memory, allowed):
        causal = torch.ones(inputs.shape[1], inputs.shape[1], dtype=torch.bool).tril()
        x = self.embed(inputs)
        for block in self.decoder.blocks:
            x = block(x, causal, memory, allowed)
        return self.decoderNorm(x) @ self.embedding.weight.T


class EncoderDecoder(nn.Module):
    """Variant "pre": 2 + 2 pre-norm blocks, ReLU, sines, tied output.

    Variant "post": 1 + 1 post-norm blocks, GELU, learned positions, embedding norms, an output of its own.
    """

    def __init__(self, is_pre_norm):
        super().__init__()
        count, activation = (2, F.relu) if is_pre_norm else (1, F.gelu)
        self.is_pre_norm = is_pre_norm
        self.embedding = nn.Embedding(VOCABULARY, WIDTH)
        self.encoder = Stack(count, False, is_pre_norm, activation)
        self.decoder = Stack(count, True, is_pre_norm, activation)
        if is_pre_norm:
            self.encoderNorm, self.decoderNorm = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        else:
            self.encoderPositions = nn.Parameter(torch.empty(12, WIDTH))
            self.decoderPositions = nn.Parameter(torch.empty(12, WIDTH))
            self.encoderEmbeddingNorm, self.decoderEmbeddingNorm = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
            self.output = nn.Linear(WIDTH, VOCABULARY, bias=False)

    def embed(self, tokens, side):
        x = self.embedding(tokens) * math.sqrt(WIDTH)
        count = tokens.shape[1]
        if self.is_pre_norm:
            return x + positions(count)
        return getattr(self, f"{side}EmbeddingNorm")(x + getattr(self, f"{side}Positions")[2:2 + count])

    def forward(self, source, inputs):
        allowed = (source != PADDING)[:, None, None]
        memory = self.embed(source, "encoder")
        for block in self.encoder.blocks:
            memory = block(memory, allowed)
        x = self.embed(inputs, "decoder")
        causal = torch.ones(inputs.shape[1], inputs.shape[1], dtype=torch.bool).tril()
        if self.is_pre_norm:
            memory = self.encoderNorm(memory)
        for block in self.decoder.blocks:
            x = block(x, causal, memory, allowed)
        return self.decoderNorm(x) @ self.embedding.weight.T if self.is_pre_norm else self.output(x)


def label_smoothed(logits, labels):
    """fairseq's label_smoothed_cross_entropy, as a mean over real tokens."""
    l = logits.log_softmax(-1)
    other = SMOOTHING / (VOCABULARY - 1)
    hit = -l.gather(-1, labels.clamp(min=0)[..., None])[..., 0]
    losses = (1 - SMOOTHING - other) * hit + other * -l.sum(-1)
    return losses[labels >= 0].mean()


def main():
    torch.set_default_dtype(torch.float64)
    source = padded(SOURCES, PADDING)
    inputs = padded([[START] + row for row in TARGETS], PADDING)
    labels = padded([row + [END] for row in TARGETS], -100)
    tensors = {}
    for variant, is_pre_norm in [("pre", True), ("post", False)]:
        generator = torch.Generator().manual_seed(3000 + is_pre_norm)
        model = EncoderDecoder(is_pre_norm)
        for name, p in sorted(model.named_parameters()):
            noise = torch.randn(p.shape, generator=generator)
            p.data = 1 + 0.1 * noise if "Norm.weight" in name else 0.25 * noise
            p.data = p.data.float().double()  # the twin starts from the numbers in the file
            tensors[f"{variant}.parameter.{name}"] = p.data.clone()
        optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3, betas=(0.9, 0.98), eps=1e-8, weight_decay=0.01)
        losses = []
        for step in range(10):
            optimiser.zero_grad()
            logits = model(source, inputs)
            loss = label_smoothed(logits, labels)
            loss.backward()
            losses.append(loss.detach())
            if step == 0:
                tensors[f"{variant}.logits"] = logits
                for name, p in model.named_parameters():
                    tensors[f"{variant}.gradient.{name}"] = p.grad.clone()
            optimiser.step()
        tensors[f"{variant}.losses"] = torch.stack(losses)
    golden.write("Packages/TensorCore/Tests/SequencesTests/Golden/encoder_decoder.safetensors", tensors, __file__, VERSION)


if __name__ == "__main__":
    main()
