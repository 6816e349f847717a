"""The speed suite's work in JAX, every step one jitted function; AdamW by hand, as JAX has none of its own."""
import os

import worker

OPTIONS = worker.options("jax", "jaxlib")
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
import numpy
from jax import lax

RANDOM = numpy.random.default_rng(1)


def size(full, tiny):
    return tiny if OPTIONS.tiny else full


def normal(*shape):
    return jnp.asarray(RANDOM.standard_normal(shape, dtype=numpy.float32))


def uniform(bound, *shape):
    return jnp.asarray(RANDOM.uniform(-bound, bound, shape).astype(numpy.float32))


def calls(function, *arguments):
    function = jax.jit(function)
    return lambda: jax.block_until_ready(function(*arguments))


def gradient(loss, *arguments):
    return calls(jax.grad(loss, argnums=tuple(range(len(arguments)))), *arguments)


def training(parameters, loss):
    """`loss(parameters)` is a scalar, or a scalar with statistics to remember."""
    zeros = jax.tree.map(jnp.zeros_like, parameters)

    @jax.jit
    def update(parameters, first, second, t):
        (_, kept), gradients = jax.value_and_grad(loss, has_aux=True)(parameters)
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
        rate = 1e-4 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        parameters = jax.tree.map(
            lambda p, m, v: p * (1 - 1e-6) - rate * m / (jnp.sqrt(v) + 1e-8), parameters, first, second)
        return parameters, first, second, kept
    state = [parameters, zeros, zeros, None]
    count = 0

    def step():
        nonlocal count
        count += 1
        state[:] = update(*state[:3], jnp.float32(count))
        jax.block_until_ready(state)
    return step


def linear(inputs, outputs):
    bound = inputs**-0.5
    return {"w": uniform(bound, inputs, outputs), "b": uniform(bound, outputs)}


def apply(layer, x):
    return x @ layer["w"] + layer["b"]


def layer_norm(x, weight, bias):
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) * lax.rsqrt(variance + 1e-5) * weight + bias


def encoder():
    width, layers, heads = size(256, 16), size(6, 1), 4
    x = normal(size(16, 2), size(128, 8), width)

    def norm():
        return {"w": jnp.ones(width), "b": jnp.zeros(width)}
    parameters = [
        {"norm1": norm(), "packed": linear(width, 3 * width), "output": linear(width, width), "norm2": norm(),
         "expand": linear(width, 4 * width), "contract": linear(4 * width, width)} for _ in range(layers)]

    def loss(parameters):
        y = x
        b, t, c = x.shape
        for block in parameters:
            packed = apply(block["packed"], layer_norm(y, block["norm1"]["w"], block["norm1"]["b"]))
            q, k, v = jnp.moveaxis(packed.reshape(b, t, 3, heads, c // heads), 2, 0)
            y = y + apply(block["output"], jax.nn.dot_product_attention(q, k, v).reshape(b, t, c))
            hidden = apply(block["expand"], layer_norm(y, block["norm2"]["w"], block["norm2"]["b"]))
            y = y + apply(block["contract"], jax.nn.gelu(hidden, approximate=False))
        return jnp.mean(y * y), ()
    return training(parameters, loss)


def coordinates(activation):
    points, width = size(16384, 32), size(256, 8)
    x, target = uniform(1, points, 2), uniform(1, points, 3)
    sizes = [2] + [width] * 5 + [3]

    def loss(layers):
        y = x
        for layer in layers[:-1]:
            y = activation(apply(layer, y))
        return jnp.mean((apply(layers[-1], y) - target) ** 2), ()
    return training([linear(i, o) for i, o in zip(sizes, sizes[1:])], loss)


def convolved(x, weight, stride=1, groups=1):
    padding = [(weight.shape[-1] // 2,) * 2] * 2
    return lax.conv_general_dilated(x, weight, (stride, stride), padding, feature_group_count=groups)


def batch_norm(x, weight, bias):
    mean, variance = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
    y = (x - mean) * lax.rsqrt(variance + 1e-5) * weight[:, None, None] + bias[:, None, None]
    return y, (mean.ravel(), variance.ravel())


PLAIN = [(3, 64, 3, 1, 1), (64, 128, 3, 2, 1), (128, 128, 3, 1, 1), (128, 128, 3, 2, 1)]
SEPARABLE = [
    (3, 64, 3, 1, 1), (64, 64, 3, 2, 64), (64, 128, 1, 1, 1), (128, 128, 3, 1, 128), (128, 128, 1, 1, 1),
    (128, 128, 3, 2, 128), (128, 128, 1, 1, 1)]


def network(layers):
    """Parameters, and the function of parameters, pictures and remembered statistics to logits and new statistics."""
    parameters = {"layers": [], "decision": linear(128, 2)}
    for inputs, outputs, side, _, groups in layers:
        bound = (inputs // groups * side * side) ** -0.5
        parameters["layers"].append({
            "c": uniform(bound, outputs, inputs // groups, side, side), "w": jnp.ones(outputs), "b": jnp.zeros(outputs)})

    def forward(parameters, x, statistics):
        updated = []
        for layer, (_, _, _, stride, groups), (mean, variance) in zip(parameters["layers"], layers, statistics):
            x, (m, v) = batch_norm(convolved(x, layer["c"], stride, groups), layer["w"], layer["b"])
            updated.append((0.9 * mean + 0.1 * m, 0.9 * variance + 0.1 * v))
            x = jax.nn.relu(x)
        return apply(parameters["decision"], x.mean((2, 3))), updated

    def inference(parameters, x, statistics):
        for layer, (_, _, _, stride, groups), (mean, variance) in zip(parameters["layers"], layers, statistics):
            scale = layer["w"] * lax.rsqrt(variance + 1e-5)
            y = convolved(x, layer["c"], stride, groups)
            x = jax.nn.relu((y - mean[:, None, None]) * scale[:, None, None] + layer["b"][:, None, None])
        return apply(parameters["decision"], x.mean((2, 3)))
    statistics = [(jnp.zeros(outputs), jnp.ones(outputs)) for _, outputs, *_ in layers]
    return parameters, forward, inference, statistics


def classifier(layers):
    parameters, forward, _, statistics = network(layers)
    count, side = size(16, 2), size(80, 16)
    x, labels = normal(count, 3, side, side), jnp.arange(count) % 2

    def loss(parameters):
        logits, updated = forward(parameters, x, statistics)
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1)), updated
    return training(parameters, loss)


def classified(layers):
    parameters, _, inference, statistics = network(layers)
    return calls(inference, parameters, normal(1, 3, size(80, 16), size(80, 16)), statistics)


def stft():
    signal = normal(size(600, 1) * 16000) * 0.1
    window = jnp.asarray(0.5 - 0.5 * numpy.cos(2 * numpy.pi * numpy.arange(512) / 512), jnp.float32)
    starts = numpy.arange(0, signal.shape[0] + 1, 160)[:, None] + numpy.arange(512)

    def transform(signal):
        return jnp.fft.rfft(jnp.pad(signal, 256, mode="reflect")[starts] * window)
    return calls(transform, signal)


def elementwise(name):
    x, rows = normal(size(2048, 8), 1024), normal(size(16384, 8), 128)

    def gelu(x):
        return jax.nn.gelu(x, approximate=False)
    maps = {"exp": jnp.exp, "sin": jnp.sin, "gelu": gelu}
    if name in maps:
        return calls(maps[name], x)
    if name == "gelu_gradient":
        return gradient(lambda x: gelu(x).sum(), x)
    if name == "softmax":
        return calls(jax.nn.softmax, rows)
    if name == "softmax_gradient":
        return gradient(lambda x: (jax.nn.softmax(x) ** 2).sum(), rows)
    if name.startswith("layer_norm"):
        arguments = normal(size(8192, 8), 256), jnp.ones(256), jnp.zeros(256)
        function = layer_norm
    elif name.startswith("batch_norm"):
        arguments = normal(size(16, 1), 64, size(80, 8), size(80, 8)), normal(64), jnp.zeros(64)
        function = (lambda *a: batch_norm(*a)[0]) if name.endswith("_gradient") else batch_norm
    elif name.startswith("depthwise"):
        arguments = normal(size(16, 1), 64, size(80, 8), size(80, 8)), normal(64, 1, 3, 3)
        function = lambda x, w: convolved(x, w, groups=64)
    elif name == "adamw":
        # A loss whose gradient is given: JAX has no optimiser that could be called alone.
        given = normal(size(4194304, 64))
        return training(normal(*given.shape), lambda p: (jnp.vdot(p, given), ()))
    else:
        return None
    if name.endswith("_gradient"):
        return gradient(lambda *a: (function(*a) ** 2).sum(), *arguments)
    return calls(function, *arguments)


def product(shape):
    lead, m, n, k, is_transposed = worker.product_shape(shape, OPTIONS.tiny)
    b = normal(*lead, k, n)
    if is_transposed:
        return calls(lambda a, b: jnp.matmul(a.swapaxes(-1, -2), b), normal(*lead, k, m), b)
    return calls(jnp.matmul, normal(*lead, m, k), b)


KINDS = {"matmul": product, "elementwise": elementwise}
TABLE = {
    "w1.encoder": encoder, "w3.sine": lambda: coordinates(lambda x: jnp.sin(30 * x)),
    "w3.relu": lambda: coordinates(jax.nn.relu), "w4.cnn": lambda: classifier(PLAIN),
    "w5.separable": lambda: classifier(SEPARABLE), "w6.cnn": lambda: classified(PLAIN),
    "w6.separable": lambda: classified(SEPARABLE), "w9.stft": stft,
    "w9.rfft2": lambda: calls(jnp.fft.rfft2, normal(size(64, 1), size(224, 32), size(224, 32))),
}

worker.serve(worker.maker(KINDS, TABLE))
