"""The networks of the speed suite in PyTorch, as a good user would write them."""
import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    """A pre-norm encoder block."""
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.norm1, self.packed, self.output = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.norm2, self.expand, self.contract = nn.LayerNorm(width), nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.heads = heads

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = self.packed(self.norm1(x)).view(b, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v)
        x = x + self.output(mixed.transpose(1, 2).reshape(b, t, c))
        return x + self.contract(F.gelu(self.expand(self.norm2(x))))


def encoder(width, layers):
    return nn.Sequential(*[Block(width, 4, 4 * width) for _ in range(layers)])


class Sine(nn.Module):
    def forward(self, x):
        return torch.sin(30 * x)


def coordinate_network(width, activation):
    sizes = [2] + [width] * 5
    hidden = [layer for i, o in zip(sizes, sizes[1:]) for layer in (nn.Linear(i, o), activation())]
    return nn.Sequential(*hidden, nn.Linear(width, 3))


class Pooled(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


def normalised(inputs, outputs, size=3, stride=1, groups=1):
    convolution = nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]


def plain_network():
    blocks = [(3, 64, 1), (64, 128, 2), (128, 128, 1), (128, 128, 2)]
    layers = [layer for i, o, stride in blocks for layer in normalised(i, o, stride=stride)]
    return nn.Sequential(*layers, Pooled(), nn.Linear(128, 2))


def separable_network():
    layers = normalised(3, 64)
    for i, o, stride in [(64, 128, 2), (128, 128, 1), (128, 128, 2)]:
        layers += normalised(i, i, stride=stride, groups=i) + normalised(i, o, size=1)
    return nn.Sequential(*layers, Pooled(), nn.Linear(128, 2))


def sinusoidal_positions(first, count, channels):
    half = channels // 2
    frequencies = torch.exp(torch.arange(half) * -(torch.log(torch.tensor(10000.0)) / (half - 1)))
    angles = torch.arange(first, first + count)[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], 1)


class Attention(nn.Module):
    """Self-attention, or attention to another sequence; its keys and values can be kept."""
    def __init__(self, width, heads, dropout, is_cross=False):
        super().__init__()
        self.heads, self.dropout, self.width = heads, dropout, width
        self.query = nn.Linear(width, width) if is_cross else None
        self.packed = nn.Linear(width, (2 if is_cross else 3) * width)
        self.output = nn.Linear(width, width)

    def split(self, x, parts):
        b, t, _ = x.shape
        return x.view(b, t, parts, self.heads, self.width // self.heads).permute(2, 0, 3, 1, 4)

    def memory(self, states):
        return self.split(self.packed(states), 2).unbind(0)

    def mixed(self, q, k, v, mask=None, is_causal=False):
        dropout = self.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=dropout, is_causal=is_causal)
        return self.output(y.transpose(1, 2).reshape(q.shape[0], q.shape[2], self.width))

    def forward(self, x, mask=None, is_causal=False):
        return self.mixed(*self.split(self.packed(x), 3).unbind(0), mask, is_causal)

    def across(self, x, memory, mask=None):
        return self.mixed(self.split(self.query(x), 1)[0], *memory, mask)


class FeedForward(nn.Module):
    def __init__(self, width, hidden, dropout):
        super().__init__()
        self.expand, self.contract, self.dropout = nn.Linear(width, hidden), nn.Linear(hidden, width), nn.Dropout(dropout)

    def forward(self, x):
        return self.contract(self.dropout(F.relu(self.expand(x))))


class EncoderLayer(nn.Module):
    def __init__(self, width, heads, hidden, dropout):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.feed = Attention(width, heads, dropout), FeedForward(width, hidden, dropout)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, mask=None):
        x = x + self.dropout(self.attention(self.norm1(x), mask))
        return x + self.dropout(self.feed(self.norm2(x)))


class DecoderLayer(nn.Module):
    def __init__(self, width, heads, hidden, dropout):
        super().__init__()
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.feed = Attention(width, heads, dropout), FeedForward(width, hidden, dropout)
        self.cross = Attention(width, heads, dropout, is_cross=True)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, states, mask=None):
        x = x + self.dropout(self.attention(self.norm1(x), is_causal=True))
        x = x + self.dropout(self.cross.across(self.norm2(x), self.cross.memory(states), mask))
        return x + self.dropout(self.feed(self.norm3(x)))

    def after(self, x, memory, keys, values, count, mask=None):
        """One token; its key and value are written behind `count` earlier ones of preallocated caches."""
        q, k, v = self.attention.split(self.attention.packed(self.norm1(x)), 3).unbind(0)
        keys[:, :, count:count + 1], values[:, :, count:count + 1] = k, v
        x = x + self.attention.mixed(q, keys[:, :, :count + 1], values[:, :, :count + 1])
        x = x + self.cross.across(self.norm2(x), memory, mask)
        return x + self.feed(self.norm3(x))


class EncoderDecoder(nn.Module):
    """Embedding, source, target and output share one table; pre-norm, ReLU.

    Positions are sines from 2 on, or two learned tables of `learned` rows.
    """
    def __init__(self, vocabulary, width, heads, hidden, layers, dropout, decoder_layers=None, learned=None):
        super().__init__()
        self.embedding, self.width = nn.Embedding(vocabulary, width), width
        nn.init.normal_(self.embedding.weight, std=width**-0.5)
        self.encoder = nn.ModuleList(EncoderLayer(width, heads, hidden, dropout) for _ in range(layers))
        self.decoder = nn.ModuleList(
            DecoderLayer(width, heads, hidden, dropout) for _ in range(decoder_layers or layers))
        self.encoder_norm, self.decoder_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)
        if learned:
            self.source_positions = nn.Parameter(torch.randn(learned, width) * width**-0.5)
            self.positions = nn.Parameter(torch.randn(learned, width) * width**-0.5)
        else:
            self.register_buffer("positions", sinusoidal_positions(2, 512, width))
            self.source_positions = self.positions

    def embed(self, tokens, first=0, positions=None):
        positions = self.positions if positions is None else positions
        return self.dropout(self.embedding(tokens) * self.width**0.5 + positions[first:first + tokens.shape[1]])

    def encode(self, tokens, mask=None):
        return self.encode_embedded(self.embed(tokens, positions=self.source_positions), mask)

    def encode_embedded(self, x, mask=None):
        for layer in self.encoder:
            x = layer(x, mask)
        return self.encoder_norm(x)

    def scores(self, x):
        return F.linear(self.decoder_norm(x), self.embedding.weight)

    def given(self, states, inputs, mask=None):
        x = self.embed(inputs)
        for layer in self.decoder:
            x = layer(x, states, mask)
        return self.scores(x)

    def forward(self, source, inputs):
        return self.given(self.encode(source), inputs)

    def decode(self, source, beam, length):
        """The best of `beam` sequences of `length` tokens, kept on with cached keys and values; the last token is 1."""
        states = self.encode(source)
        memories = [layer.cross.memory(states) for layer in self.decoder]
        memories = [tuple(x.expand(beam, -1, -1, -1) for x in memory) for memory in memories]
        heads = self.decoder[0].attention.heads
        caches = [[torch.empty(beam, heads, length, self.width // heads) for _ in range(2)] for _ in self.decoder]
        tokens, best = torch.ones(beam, 1, dtype=torch.long), torch.full((beam,), float("-inf"))
        best[0] = 0
        chosen = torch.empty(beam, 0, dtype=torch.long)
        for count in range(length):
            x = self.embed(tokens, count)
            for layer, memory, (keys, values) in zip(self.decoder, memories, caches):
                x = layer.after(x, memory, keys, values, count)
            scores = self.scores(x)[:, 0].log_softmax(-1)
            if count == length - 1:
                return chosen[(best + scores[:, 1]).argmax()]
            scores[:, 1] = float("-inf")
            if beam == 1:
                tokens = scores.argmax(1, keepdim=True)
                chosen = torch.cat([chosen, tokens], 1)
                continue
            best, flat = (best[:, None] + scores).flatten().topk(beam)
            parents, tokens = flat // scores.shape[1], (flat % scores.shape[1])[:, None]
            chosen = torch.cat([chosen[parents], tokens], 1)
            for cache in caches:
                for kind in range(2):
                    cache[kind] = cache[kind].index_select(0, parents)
