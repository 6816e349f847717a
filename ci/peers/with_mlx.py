"""The speed suite's work in MLX on the CPU."""
import worker

OPTIONS = worker.options("mlx")

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optimisers

mx.set_default_device(mx.cpu)
mx.random.seed(1)


def size(full, tiny):
    return tiny if OPTIONS.tiny else full


def calls(function, *arguments):
    return lambda: mx.eval(function(*arguments))


def gradient(loss, *arguments):
    return calls(mx.grad(loss, argnums=tuple(range(len(arguments)))), *arguments)


def training(model, loss):
    optimiser = optimisers.AdamW(learning_rate=1e-4, weight_decay=0.01)
    value_and_gradient = nn.value_and_grad(model, loss)

    def step():
        value, gradients = value_and_gradient()
        optimiser.update(model, gradients)
        mx.eval(model.parameters(), optimiser.state, value)
    return step


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.packed, self.output = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.norm2, self.expand = nn.LayerNorm(width), nn.Linear(width, 4 * width)
        self.contract, self.heads = nn.Linear(4 * width, width), heads

    def __call__(self, x):
        b, t, c = x.shape
        q, k, v = self.packed(self.norm1(x)).reshape(b, t, 3, self.heads, c // self.heads).transpose(2, 0, 3, 1, 4)
        mixed = mx.fast.scaled_dot_product_attention(q, k, v, scale=(c // self.heads) ** -0.5)
        x = x + self.output(mixed.transpose(0, 2, 1, 3).reshape(b, t, c))
        return x + self.contract(nn.gelu(self.expand(self.norm2(x))))


def encoder():
    width = size(256, 16)
    model = nn.Sequential(*[Block(width, 4) for _ in range(size(6, 1))])
    x = mx.random.normal((size(16, 2), size(128, 8), width))
    return training(model, lambda: mx.mean(mx.square(model(x))))


def coordinates(activation):
    points, width = size(16384, 32), size(256, 8)
    x, target = mx.random.uniform(-1, 1, (points, 2)), mx.random.uniform(0, 1, (points, 3))
    sizes = [2] + [width] * 5
    hidden = [layer for i, o in zip(sizes, sizes[1:]) for layer in (nn.Linear(i, o), activation)]
    model = nn.Sequential(*hidden, nn.Linear(width, 3))
    return training(model, lambda: mx.mean(mx.square(model(x) - target)))


def elementwise(name):
    x, rows = mx.random.normal((size(2048, 8), 1024)), mx.random.normal((size(16384, 8), 128))
    maps = {"exp": mx.exp, "sin": mx.sin, "gelu": nn.gelu}
    if name in maps:
        return calls(maps[name], x)
    if name == "gelu_gradient":
        return gradient(lambda x: nn.gelu(x).sum(), x)
    if name == "softmax":
        return calls(lambda x: mx.softmax(x, -1), rows)
    if name == "softmax_gradient":
        return gradient(lambda x: mx.square(mx.softmax(x, -1)).sum(), rows)
    if name.startswith("layer_norm"):
        arguments = mx.random.normal((size(8192, 8), 256)), mx.ones(256), mx.zeros(256)
        if name == "layer_norm":
            return calls(lambda *a: mx.fast.layer_norm(*a, 1e-5), *arguments)
        return gradient(lambda *a: mx.square(mx.fast.layer_norm(*a, 1e-5)).sum(), *arguments)
    return None


def product(shape):
    lead, m, n, k, is_transposed = worker.product_shape(shape, OPTIONS.tiny)
    b = mx.random.normal((*lead, k, n))
    a = mx.random.normal((*lead, k, m)).swapaxes(-1, -2) if is_transposed else mx.random.normal((*lead, m, k))
    mx.eval(a, b)
    return calls(mx.matmul, a, b)


def planes():
    x = mx.random.normal((size(64, 1), size(224, 32), size(224, 32)))
    mx.eval(x)
    return calls(mx.fft.rfft2, x)


KINDS = {"matmul": product, "elementwise": elementwise}
TABLE = {
    "w1.encoder": encoder, "w3.sine": lambda: coordinates(lambda x: mx.sin(30 * x)),
    "w3.relu": lambda: coordinates(nn.relu), "w9.rfft2": planes,
}

worker.serve(worker.maker(KINDS, TABLE))
