"""Golden values of every tensor operation: value, gradient and second gradient, computed by PyTorch in float64.

For a case f with inputs x: y = f(x); g = gradient of <y, u>; h = gradient of <g, v>, with fixed random u and v.
The Swift table that mirrors this one is OperationCases.swift. Run: python ci/references/operations.py
"""
import itertools

import torch
import torch.nn.functional as F

import golden

VERSION = 1


def attention(q, k, v, causal=False):
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    if causal:
        queries, keys = scores.shape[-2:]
        mask = torch.ones(queries, keys, dtype=torch.bool).tril(keys - queries)
        scores = scores.masked_fill(~mask, -torch.inf)
    return scores.softmax(-1) @ v


def packed_attention(x, causal=False):
    q, k, v = (x[:, :, i].transpose(1, 2) for i in range(3))
    return attention(q, k, v, causal).transpose(1, 2)


def recurrence(b, a):
    y = [b[:, 0]]
    for i in range(1, b.shape[1]):
        y.append(a[:, i] * y[-1] + b[:, i])
    return torch.stack(y, 1)


SMOOTH, POSITIVE, SPREAD = "smooth", "positive", "spread"
LABELS = torch.tensor([2, 0, 3])
ROWS = torch.tensor([2, 0, 2, 1])

# name: (function, shapes, how inputs are drawn)
CASES = {
    "add": (lambda a, b: a + b, [[3, 5], [3, 5]], SMOOTH),
    "addBroadcast": (lambda a, b: a + b, [[2, 3, 5], [3, 1]], SMOOTH),
    "subtract": (lambda a, b: a - b, [[3, 5], [5]], SMOOTH),
    "multiply": (lambda a, b: a * b, [[3, 5], [3, 1]], SMOOTH),
    "divide": (lambda a, b: a / b, [[3, 5], [3, 5]], POSITIVE),
    "negate": (lambda a: -a, [[7]], SMOOTH),
    "scaled": (lambda a: 2.5 * a - 1, [[7]], SMOOTH),
    "maximum": (torch.maximum, [[3, 5], [3, 5]], SPREAD),
    "minimum": (torch.minimum, [[3, 5], [3, 5]], SPREAD),
    "selected": (lambda a, b: torch.where(a > b, a, b * 2), [[3, 5], [3, 5]], SPREAD),
    "exp": (torch.exp, [[3, 5]], SMOOTH),
    "expm1": (torch.expm1, [[3, 5]], SMOOTH),
    "log": (torch.log, [[3, 5]], POSITIVE),
    "log1p": (torch.log1p, [[3, 5]], POSITIVE),
    "sqrt": (torch.sqrt, [[3, 5]], POSITIVE),
    "rsqrt": (torch.rsqrt, [[3, 5]], POSITIVE),
    "reciprocal": (torch.reciprocal, [[3, 5]], POSITIVE),
    "squared": (torch.square, [[3, 5]], SMOOTH),
    "raised3": (lambda a: a ** 3, [[3, 5]], SMOOTH),
    "raisedHalf": (lambda a: a ** 1.5, [[3, 5]], POSITIVE),
    "abs": (torch.abs, [[3, 5]], SPREAD),
    "sin": (torch.sin, [[17]], SPREAD),
    "cos": (torch.cos, [[17]], SPREAD),
    "tanh": (torch.tanh, [[17]], SMOOTH),
    "sigmoid": (torch.sigmoid, [[17]], SPREAD),
    "softplus": (F.softplus, [[17]], SPREAD),
    "erf": (torch.erf, [[17]], SMOOTH),
    "relu": (torch.relu, [[17]], SPREAD),
    "gelu": (F.gelu, [[33]], SPREAD),
    "geluTanh": (lambda a: F.gelu(a, approximate="tanh"), [[33]], SPREAD),
    "silu": (F.silu, [[17]], SPREAD),
    "clamped": (lambda a: a.clamp(-1, 1), [[17]], SPREAD),
    "sumAll": (lambda a: a.sum(), [[3, 5]], SMOOTH),
    "sumFirst": (lambda a: a.sum(0), [[3, 5]], SMOOTH),
    "sumOuter": (lambda a: (a * a).sum((0, 2), keepdim=True), [[2, 3, 5]], SMOOTH),
    "mean": (lambda a: a.square().mean(-1), [[3, 5]], SMOOTH),
    "variance": (lambda a: a.var(1), [[3, 5]], SMOOTH),
    "maxAxis": (lambda a: a.max(1).values, [[3, 5]], SPREAD),
    "minAxis": (lambda a: a.min(0).values, [[3, 5]], SPREAD),
    "logSumExp": (lambda a: a.logsumexp(1), [[3, 5]], SMOOTH),
    "norm": (lambda a: a.norm(dim=1), [[3, 5]], SMOOTH),
    "l2Normalised": (lambda a: F.normalize(a, dim=-1), [[3, 5]], SMOOTH),
    "reshaped": (lambda a: a.reshape(5, 6) ** 2, [[2, 3, 5]], SMOOTH),
    "permuted": (lambda a: a.permute(2, 0, 1) ** 2, [[2, 3, 5]], SMOOTH),
    "expanded": (lambda a: a.expand(4, 3, 5) ** 2, [[3, 1]], SMOOTH),
    "slicedStep": (lambda a: a[:, 1:7:2] ** 2, [[3, 8]], SMOOTH),
    "flipped": (lambda a: a.flip(1) ** 2, [[3, 5]], SMOOTH),
    "padded": (lambda a: F.pad(a, (1, 2)) ** 2, [[3, 5]], SMOOTH),
    "concatenated": (lambda a, b: torch.cat([a, b], 1) ** 2, [[2, 3], [2, 4]], SMOOTH),
    "stacked": (lambda a, b: torch.stack([a, b], 1) ** 2, [[2, 3], [2, 3]], SMOOTH),
    "matmul": (torch.matmul, [[3, 5], [5, 4]], SMOOTH),
    "matmulBatch": (torch.matmul, [[2, 1, 3, 5], [4, 5, 6]], SMOOTH),
    "matmulShared": (torch.matmul, [[2, 3, 5], [5, 4]], SMOOTH),
    "matmulTransposed": (lambda a, b: a.transpose(0, 1) @ b.transpose(0, 1), [[5, 3], [4, 5]], SMOOTH),
    "linear": (lambda x, w, b: F.linear(x, w, b), [[2, 3, 5], [4, 5], [4]], SMOOTH),
    "linearNoBias": (lambda x, w: F.linear(x, w), [[3, 5], [4, 5]], SMOOTH),
    "linearRelu": (lambda x, w, b: F.linear(x, w, b).relu(), [[3, 5], [4, 5], [4]], SMOOTH),
    "linearGelu": (lambda x, w, b: F.gelu(F.linear(x, w, b)), [[3, 5], [4, 5], [4]], SMOOTH),
    "linearSine": (lambda x, w, b: torch.sin(30 * F.linear(x, w / 20, b / 20)), [[3, 5], [4, 5], [4]], SMOOTH),
    "linearPerBatch": (
        lambda x, w, b: (x @ w.transpose(1, 2) + b).relu(), [[3, 5], [2, 4, 5], [4]], SMOOTH),
    "layerNorm": (lambda x, w, b: F.layer_norm(x, [7], w, b), [[2, 3, 7], [7], [7]], SMOOTH),
    "layerNormPlain": (lambda x: F.layer_norm(x, [7]), [[3, 7]], SMOOTH),
    "softmax": (lambda a: a.softmax(-1), [[3, 5]], SMOOTH),
    "softmaxFirst": (lambda a: (a * 0.5).softmax(0), [[3, 5]], SMOOTH),
    "logSoftmax": (lambda a: a.log_softmax(-1), [[3, 5]], SMOOTH),
    "attention": (attention, [[2, 2, 3, 4], [2, 2, 5, 4], [2, 2, 5, 6]], SMOOTH),
    "attentionCausal": (lambda q, k, v: attention(q, k, v, True), [[1, 2, 3, 4], [1, 2, 5, 4], [1, 2, 5, 4]], SMOOTH),
    "attentionSharedQuery": (attention, [[1, 2, 3, 4], [2, 2, 5, 4], [2, 2, 5, 4]], SMOOTH),
    "selfAttention": (packed_attention, [[2, 5, 3, 2, 4]], SMOOTH),
    "selfAttentionCausal": (lambda x: packed_attention(x, True), [[2, 5, 3, 2, 4]], SMOOTH),
    "gathered": (lambda a: a[ROWS] ** 2, [[3, 5]], SMOOTH),
    "scatterAdded": (lambda a: torch.zeros(3, 5, dtype=a.dtype).index_add(0, ROWS, a) ** 2, [[4, 5]], SMOOTH),
    "picked": (lambda a: a[torch.arange(3), LABELS] ** 2, [[3, 5]], SMOOTH),
    "meanSquaredError": (F.mse_loss, [[3, 5], [3, 5]], SMOOTH),
    "crossEntropy": (lambda a: F.cross_entropy(a, LABELS), [[3, 5]], SMOOTH),
    "crossEntropySmoothed": (
        lambda a: F.cross_entropy(a, torch.tensor([2, -100, 3]), label_smoothing=0.1), [[3, 5]], SMOOTH),
    "conv2d": (lambda x, w, b: F.conv2d(x, w, b), [[2, 3, 5, 6], [4, 3, 3, 2], [4]], SMOOTH),
    "conv2dStrided": (
        lambda x, w: F.conv2d(F.pad(x, (0, 2, 1, 0)), w, stride=(2, 3), dilation=(2, 1)),
        [[2, 2, 7, 6], [3, 2, 2, 3]], SMOOTH),
    "conv2dGrouped": (lambda x, w: F.conv2d(x, w, padding=1, groups=2), [[2, 4, 4, 3], [6, 2, 3, 3]], SMOOTH),
    "conv2dDepthwise": (
        lambda x, w: F.conv2d(x, w, padding=1, stride=2, groups=3), [[2, 3, 5, 5], [3, 1, 3, 3]], SMOOTH),
    "conv2dSame": (lambda x, w: F.conv2d(F.pad(x, (0, 1, 0, 1)), w, stride=2), [[1, 2, 4, 6], [2, 2, 3, 3]], SMOOTH),
    "conv1d": (lambda x, w, b: F.conv1d(x, w, b, padding=2, dilation=2), [[2, 3, 7], [4, 3, 3], [4]], SMOOTH),
    "conv1dCausal": (lambda x, w: F.conv1d(F.pad(x, (4, 0)), w, dilation=2), [[1, 2, 7], [3, 2, 3]], SMOOTH),
    "convTranspose2d": (
        lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, padding=1, output_padding=(1, 0)),
        [[2, 4, 3, 4], [4, 3, 3, 2], [3]], SMOOTH),
    "convTranspose2dGrouped": (
        lambda x, w: F.conv_transpose2d(x, w, dilation=2, output_padding=1, groups=2), [[1, 4, 3, 2], [4, 2, 2, 3]],
        SMOOTH),
    "convTranspose1d": (
        lambda x, w: F.conv_transpose1d(x, w, stride=3, padding=1, output_padding=2), [[2, 2, 4], [2, 3, 3]], SMOOTH),
    "batchNorm": (
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), [[3, 2, 2, 3], [2], [2]], SMOOTH),
    "batchNormInference": (
        lambda x, m, v, w, b: ((x.mT - m) / (v + 1e-5).sqrt() * w + b).mT,
        [[3, 2, 4], [2], [2], [2], [2]], POSITIVE),
    "groupNorm": (lambda x, w, b: F.group_norm(x, 2, w, b), [[2, 4, 2, 3], [4], [4]], SMOOTH),
    "rmsNorm": (lambda x, w: F.rms_norm(x, [7], w, 1e-6), [[2, 3, 7], [7]], SMOOTH),
    "maxPool": (lambda x: F.max_pool2d(x, (3, 2), (2, 1), (1, 0)) ** 2, [[2, 2, 5, 4]], SPREAD),
    "maxPoolCeil": (lambda x: F.max_pool2d(x, 2, 2, ceil_mode=True) ** 2, [[1, 2, 5, 3]], SPREAD),
    "averagePool": (lambda x: F.avg_pool2d(x, (3, 2), (2, 1), (1, 0)) ** 2, [[2, 2, 5, 4]], SMOOTH),
    "averagePoolCeil": (
        lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False) ** 2, [[1, 2, 6, 5]], SMOOTH),
    "adaptiveAveragePool": (lambda x: F.adaptive_avg_pool2d(x, (3, 2)) ** 2, [[2, 2, 7, 5]], SMOOTH),
    "resized": (lambda x: F.interpolate(x, (7, 3), mode="bilinear", align_corners=False) ** 2, [[1, 2, 4, 5]], SMOOTH),
    "resizedAligned": (
        lambda x: F.interpolate(x, (7, 3), mode="bilinear", align_corners=True) ** 2, [[1, 2, 4, 5]], SMOOTH),
    "cumulativeSum": (lambda x: x.cumsum(1) ** 2, [[2, 5, 3]], SMOOTH),
    "cumulativeSumBack": (
        lambda x: F.pad(x.flip(-1).cumsum(-1)[..., :-1], (1, 0)).flip(-1) ** 2, [[3, 5]], SMOOTH),
    "cumulativeProduct": (lambda x: x.cumprod(1), [[2, 5, 3]], SMOOTH),
    "cumulativeProductExclusive": (
        lambda x: torch.cat([torch.ones_like(x[:, :1]), x[:, :-1].cumprod(1)], 1), [[3, 5]], SMOOTH),
    "linearRecurrence": (recurrence, [[2, 5, 3], [2, 5, 3]], SMOOTH),
    "linearRecurrenceBack": (
        lambda b, a: recurrence(b.flip(1), a.flip(1)).flip(1), [[2, 5, 3], [2, 5, 3]], SMOOTH),
    "glu": (F.glu, [[3, 6]], SMOOTH),
    "swiGLU": (lambda x: F.silu(x[:, :3]) * x[:, 3:], [[3, 6]], SMOOTH),
    "prelu": (F.prelu, [[2, 3, 4], [3]], SPREAD),
    "leakyRelu": (lambda x: F.leaky_relu(x, 0.2) ** 2, [[17]], SPREAD),
    "elu": (lambda x: F.elu(x, 0.5), [[17]], SPREAD),
    "klDivergence": (
        lambda x, t: F.kl_div(x.log_softmax(-1), t, reduction="batchmean"), [[3, 5], [3, 5]], POSITIVE),
    "klDivergenceLog": (
        lambda x, t: F.kl_div(x.log_softmax(-1), t.log_softmax(-1), reduction="sum", log_target=True),
        [[3, 5], [3, 5]], SMOOTH),
}




def held(x, extent, padding, aligned):
    """The coordinate that is read for x, as PyTorch's grid_sample has it."""
    if padding == "border":
        x = x.clamp(0, extent - 1)
    if padding == "reflection":
        low, span = (0, extent - 1) if aligned else (-0.5, extent)
        distance = (x - low).abs()
        flips = (distance / span).floor()
        rest = distance - flips * span
        x = (torch.where(flips % 2 == 0, rest, span - rest) + low).clamp(0, extent - 1)
    return x


def cubic(distance, a=-0.75):
    inner = ((a + 2) * distance - (a + 3)) * distance ** 2 + 1
    outer = ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a
    return torch.where(distance < 1, inner, outer)


def sampled(mode, padding, aligned):
    """grid_sample with a second derivative, which PyTorch's own has not; value and gradient are compared with it."""
    def taps(g, extent):
        x = (g + 1) * ((extent - 1) / 2) if aligned else ((g + 1) * extent - 1) / 2
        if mode == "bicubic":
            first = x.detach().floor()
            return [(held(first + k, extent, padding, aligned).round(), cubic((x - first - k).abs()))
                    for k in (-1, 0, 1, 2)]
        x = held(x, extent, padding, aligned)
        if mode == "nearest":
            return [(x.detach().round(), torch.ones_like(x))]
        first = x.detach().floor()
        return [(first, 1 - (x - first)), (first + 1, x - first)]

    def function(picture, grid):
        (n, _, height, width), total = picture.shape, 0
        batch = torch.arange(n)[:, None, None]
        for i, wi in taps(grid[..., 1], height):
            for j, wj in taps(grid[..., 0], width):
                inside = (i >= 0) & (i < height) & (j >= 0) & (j < width)
                pixel = picture[batch, :, i.clamp(0, height - 1).long(), j.clamp(0, width - 1).long()]
                total = total + pixel * (wi * wj * inside)[..., None]
        y = total.permute(0, 3, 1, 2)
        peer = F.grid_sample(picture, grid, mode, padding, aligned)
        cotangent = torch.linspace(-1, 1, y.numel(), dtype=y.dtype).reshape(y.shape)
        ours, theirs = (gradients((v * cotangent).sum(), [picture, grid]) for v in (y, peer))
        torch.testing.assert_close(y, peer)
        torch.testing.assert_close(ours, theirs)
        return y ** 2
    return function


def ctc(x):
    """The sum over all alignments, differentiable twice; value and gradient are compared with PyTorch's own."""
    targets, lengths = [[1, 2], [3, 3], []], [5, 4, 3]
    log = x.log_softmax(-1)
    losses = []
    for row, target, length in zip(log, targets, lengths):
        paths = []
        for path in itertools.product(range(x.shape[2]), repeat=length):
            spelt = [c for c, _ in itertools.groupby(path) if c != 0]
            if spelt == target:
                paths.append(sum(row[t, c] for t, c in enumerate(path)))
        losses.append(-torch.stack(paths).logsumexp(0))
    y = torch.stack(losses)
    padded = torch.tensor([t + [1] * (2 - len(t)) for t in targets])
    peer = F.ctc_loss(log.transpose(0, 1), padded, lengths, [len(t) for t in targets], reduction="none")
    torch.testing.assert_close(y, peer)
    torch.testing.assert_close(gradients(y.sum(), [x]), gradients(peer.sum(), [x]))
    return y


GRID = "grid"
PLACES = torch.tensor([[[2, 0]], [[1, 1]]])

# The same for operations that read or write at given places, and for losses over alignments.
PLACED = {
    "bceWithLogits": (F.binary_cross_entropy_with_logits, [[3, 5], [3, 5]], SMOOTH),
    "ctc": (ctc, [[3, 5, 4]], SMOOTH),
    "gatheredAlong": (lambda x: x[:, :, torch.tensor([[2, 0, 2], [1, 3, 3]])] ** 2, [[2, 3, 4, 2]], SMOOTH),
    "lowerTriangle": (lambda x: x.tril(1) ** 2, [[2, 3, 4]], SMOOTH),
    "maxAll": (torch.amax, [[3, 5]], SPREAD),
    "minAll": (torch.amin, [[3, 5]], SPREAD),
    "paddedCircular": (lambda x: F.pad(x, (3, 5), "circular") ** 2, [[2, 3, 5]], SMOOTH),
    "paddedReflected": (lambda x: F.pad(x, (3, 4), "reflect") ** 2, [[2, 3, 5]], SMOOTH),
    "paddedReplicated": (lambda x: F.pad(x, (3, 7), "replicate") ** 2, [[2, 3, 5]], SMOOTH),
    "product": (lambda x: x.prod(1), [[2, 4, 3]], SMOOTH),
    "repeated": (lambda x: x.repeat_interleave(3, 1) ** 2, [[2, 3, 2]], SMOOTH),
    "rolled": (lambda x: x.roll(-2, 1) * torch.arange(10).reshape(2, 5), [[2, 5]], SMOOTH),
    "sampledBicubic": (sampled("bicubic", "zeros", False), [[2, 2, 3, 4], [2, 3, 2, 2]], GRID),
    "sampledBicubicBorder": (sampled("bicubic", "border", True), [[2, 2, 3, 4], [2, 3, 2, 2]], GRID),
    "sampledBilinear": (sampled("bilinear", "zeros", False), [[2, 2, 3, 4], [2, 3, 2, 2]], GRID),
    "sampledBilinearBorder": (sampled("bilinear", "border", False), [[2, 2, 3, 4], [2, 3, 2, 2]], GRID),
    "sampledBilinearReflected": (sampled("bilinear", "reflection", True), [[2, 2, 3, 4], [2, 3, 2, 2]], GRID),
    "sampledNearestReflected": (sampled("nearest", "reflection", False), [[2, 2, 3, 4], [2, 3, 2, 2]], GRID),
    "taken": (lambda x: x.gather(2, PLACES) ** 2, [[2, 3, 4]], SMOOTH),
    "tiled": (lambda x: x.tile(1, 3, 1) * torch.arange(18).reshape(9, 2), [[2, 3, 2]], SMOOTH),
    "unstacked": (lambda x: torch.stack(list(x.unbind(1))[::-1]) ** 2, [[2, 5, 3]], SMOOTH),
    "upperTriangle": (lambda x: x.triu(-1) ** 2, [[4, 3]], SMOOTH),
}


def draw(kind, shape, generator):
    """Inputs that float32 holds exactly: `spread` keeps elements apart so that no kink or tie is near.

    `grid` is for points on pictures of 3 × 4 pixels, whose coordinates keep away from multiples of one half pixel.
    """
    if kind == GRID and shape[-1] == 2:
        extent = torch.tensor([4.0, 3.0])
        while True:
            g = (torch.rand(shape, generator=generator) * 2.8 - 1.4).double()
            x = torch.stack([(g + 1) * extent, (g + 1) * (extent - 1)])
            g = torch.where(((x - x.round()).abs() < 0.1).any(0), 0.05, g)  # 0.05 is at 4.2, 3.15, 3.15 and 2.1
            x = torch.stack([(g + 1) * extent, (g + 1) * (extent - 1)])
            if ((x - x.round()).abs() > 0.09).all():
                return g.float().double()
    if kind == SPREAD:
        count = int(torch.tensor(shape).prod())
        steps = (torch.randperm(count, generator=generator) - count / 2 + 0.25) * (8 / count)
        x = steps.reshape(shape).float()
    else:
        x = torch.randn(shape, generator=generator)
        x = x.abs() + 0.5 if kind == POSITIVE else x
    return x.double()


def gradients(value, inputs):
    found = torch.autograd.grad(value, inputs, create_graph=True, allow_unused=True) if value.requires_grad else [None] * len(inputs)
    return [torch.zeros_like(x) if g is None else g for g, x in zip(found, inputs)]


def write(cases, first_seed, name):
    tensors = {}
    for index, (case, (function, shapes, kind)) in enumerate(cases.items()):
        generator = torch.Generator().manual_seed(first_seed + index)
        inputs = [draw(kind, shape, generator).requires_grad_() for shape in shapes]
        y = function(*inputs)
        u = torch.randn(y.shape, generator=generator).double()
        directions = [torch.randn(x.shape, generator=generator).double() for x in inputs]
        first = gradients((y * u).sum(), inputs)
        second = gradients(sum((g * v).sum() for g, v in zip(first, directions)), inputs)
        tensors[f"{case}.y"], tensors[f"{case}.u"] = y, u
        for i, x in enumerate(inputs):
            tensors[f"{case}.x{i}"], tensors[f"{case}.v{i}"] = x, directions[i]
            tensors[f"{case}.g{i}"], tensors[f"{case}.h{i}"] = first[i], second[i]
    golden.write(f"Packages/TensorCore/Tests/TensorsTests/Golden/{name}.safetensors", tensors, __file__, VERSION)


def main():
    write(CASES, 1000, "operations")
    write(PLACED, 2000, "placed")


if __name__ == "__main__":
    main()
