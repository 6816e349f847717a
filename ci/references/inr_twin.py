"""PyTorch twins of the three INR methods, parameter names and shapes as in Packages/INR. Imported by goldens and peers."""
import dataclasses
import math

import torch
import torch.nn.functional as F
from torch import nn


@dataclasses.dataclass
class Configuration:
    image_size: int = 32
    patch_size: int = 4
    encoder_width: int = 128
    layer_count: int = 3
    head_count: int = 4
    table_deviation: float = 0.5
    token_count: int = 32
    latent_width: int = 64
    hidden_width: int = 64
    hidden_layer_count: int = 4
    frequency_count: int = 16
    bandwidth: float = 16
    group_count: int = 8
    query_bandwidth: float = 4
    bands: tuple = (16, 6)
    attention_head_count: int = 2
    attention_head_width: int = 32
    attention_gain: float = 2

    @property
    def feature_count(self):
        return 4 * self.frequency_count

    @property
    def patch_count(self):
        return (self.image_size // self.patch_size) ** 2

    @property
    def hyponet_sizes(self):
        hidden = [(self.hidden_width if i else self.feature_count, self.hidden_width) for i in range(self.hidden_layer_count)]
        return hidden + [(self.hidden_width, 3)]


def cell_centres(size):
    axis = -1 + 2 * (torch.arange(size, dtype=torch.float64) + 0.5) / size
    return torch.stack(torch.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2).float()


def fourier(coordinates, bandwidth, n):
    steps = torch.arange(n, dtype=coordinates.dtype) / max(n - 1, 1)
    angles = (coordinates[:, :, None] * (torch.exp(math.log(bandwidth) * steps) * math.pi)).flatten(1)
    return torch.cat([angles.cos(), angles.sin()], 1)


class SelfAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.packed, self.output, self.heads = nn.Linear(width, 3 * width), nn.Linear(width, width), heads

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = self.packed(x).view(b, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        return self.output(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, t, c))


class Block(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.attentionNorm, self.attention = nn.LayerNorm(width), SelfAttention(width, heads)
        self.feedForwardNorm = nn.LayerNorm(width)
        self.expand, self.contract = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x):
        x = x + self.attention(self.attentionNorm(x))
        return x + self.contract(F.gelu(self.expand(self.feedForwardNorm(x))))


class Transformer(nn.Module):
    def __init__(self, width, layers, heads, hidden):
        super().__init__()
        self.blocks = nn.ModuleList(Block(width, heads, hidden) for _ in range(layers))

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x


class TokenEncoder(nn.Module):
    def __init__(self, c, tokens):
        super().__init__()
        self.c = c
        self.embedding = nn.Linear(3 * c.patch_size**2, c.encoder_width)
        self.positions = nn.Parameter(torch.randn(c.patch_count, c.encoder_width) * c.table_deviation)
        self.tokens = nn.Parameter(torch.randn(tokens, c.encoder_width) * c.table_deviation)
        self.transformer = Transformer(c.encoder_width, c.layer_count, c.head_count, 4 * c.encoder_width)

    def forward(self, images):
        s, side = self.c.patch_size, self.c.image_size // self.c.patch_size
        x = ((images - 0.45) / 0.25).reshape(-1, side, s, side, s, 3).permute(0, 1, 3, 5, 2, 4).flatten(3).flatten(1, 2)
        x = self.embedding(x) + self.positions
        x = torch.cat([x, self.tokens.expand(x.shape[0], -1, -1)], 1)
        return self.transformer(x)[:, self.c.patch_count:]


class ReadOut(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.norm, self.linear = nn.LayerNorm(inputs), nn.Linear(inputs, outputs)

    def forward(self, x):
        return self.linear(self.norm(x))


class HyponetLayer(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs).uniform_(-1, 1) / inputs**0.5)
        self.bias = nn.Parameter(torch.zeros(outputs))


def hyponet(c, coordinates, weights, biases):
    h = fourier(coordinates, c.bandwidth, c.frequency_count)
    for i, (w, b) in enumerate(zip(weights, biases)):
        h = h @ w.transpose(-1, -2) + b
        h = h if i == len(weights) - 1 else h.relu()
    return h + 0.5


class TransINR(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.groups = [min(c.group_count, o) for _, o in c.hyponet_sizes]
        self.encoder = TokenEncoder(c, sum(self.groups))
        self.readOuts = nn.ModuleList(ReadOut(c.encoder_width, i) for i, _ in c.hyponet_sizes)
        self.layers = nn.ModuleList(HyponetLayer(i, o) for i, o in c.hyponet_sizes)

    def forward(self, images, coordinates):
        weights = []
        for read, layer, tokens, g in zip(self.readOuts, self.layers, self.encoder(images).split(self.groups, 1), self.groups):
            o, i = layer.weight.shape
            w = (layer.weight.view(o // g, g, i) * read(tokens)[:, None]).reshape(-1, o, i)
            weights.append(F.normalize(w, dim=-1))
        return hyponet(self.c, coordinates, weights, [l.bias for l in self.layers])


class InstancePatternComposers(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        sizes = c.hyponet_sizes
        inputs, outputs = sizes[1]
        self.encoder = TokenEncoder(c, c.token_count)
        self.readOut = ReadOut(c.encoder_width, inputs)
        self.patterns = nn.Parameter(torch.randn(c.token_count, outputs) / (c.token_count * inputs) ** 0.5)
        self.patternBias = nn.Parameter(torch.zeros(outputs))
        self.layers = nn.ModuleList(HyponetLayer(i, o) for l, (i, o) in enumerate(sizes) if l != 1)

    def forward(self, images, coordinates):
        composed = self.patterns.T @ self.readOut(self.encoder(images))
        weights, biases = [l.weight for l in self.layers], [l.bias for l in self.layers]
        weights.insert(1, composed)
        biases.insert(1, self.patternBias)
        return hyponet(self.c, coordinates, [F.normalize(w, dim=-1) for w in weights], biases)


class Aggregation(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        inner = c.attention_head_count * c.attention_head_width
        self.frequency = nn.Linear(c.feature_count, c.hidden_width)
        self.query = nn.Linear(c.hidden_width, inner, bias=False)
        self.key = nn.Linear(c.latent_width, inner, bias=False)
        self.value = nn.Linear(c.latent_width, inner, bias=False)
        self.output = nn.Linear(inner, c.hidden_width)
        with torch.no_grad():
            self.query.weight.mul_(c.attention_gain)
            self.key.weight.mul_(c.attention_gain)

    def split(self, x):
        return x.view(x.shape[0], x.shape[1], self.c.attention_head_count, -1).transpose(1, 2)

    def forward(self, tokens, coordinates):
        features = fourier(coordinates, self.c.query_bandwidth, self.c.frequency_count)
        q = self.split(self.query(self.frequency(features).relu())[None]).expand(tokens.shape[0], -1, -1, -1)
        m = F.scaled_dot_product_attention(q, self.split(self.key(tokens)), self.split(self.value(tokens)))
        return self.output(m.transpose(1, 2).flatten(2))


class Modulation(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c, w = c, c.hidden_width
        self.features = nn.ModuleList(nn.Linear(c.feature_count, w) for _ in c.bands)
        self.shifts = nn.ModuleList(nn.Linear(w, w) for _ in c.bands)
        self.compositions = nn.ModuleList(nn.Linear(w, w) for _ in c.bands[1:])
        self.outputs = nn.ModuleList(nn.Linear(w, 3) for _ in c.bands)

    def forward(self, coordinates, m):
        y = 0.5
        for l, sigma in enumerate(self.c.bands):
            band = fourier(coordinates, sigma, self.c.frequency_count)
            g = (self.features[l](band).relu() + self.shifts[l](m)).relu()
            h = g if l == 0 else self.compositions[l - 1](g + h).relu()
            y = y + self.outputs[l](h)
        return y


class LocalityAwareINR(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.encoder = TokenEncoder(c, c.token_count)
        self.readOut = ReadOut(c.encoder_width, c.latent_width)
        self.aggregation, self.modulation = Aggregation(c), Modulation(c)

    def forward(self, images, coordinates):
        return self.modulation(coordinates, self.aggregation(self.readOut(self.encoder(images)), coordinates))


METHODS = {"transinr": TransINR, "ipc": InstancePatternComposers, "la-ginr": LocalityAwareINR}
