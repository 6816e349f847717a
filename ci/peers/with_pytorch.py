"""The speed suite's work in PyTorch: eager with its defaults, or with --compile by torch.compile."""
import worker

OPTIONS = worker.options("torch")

import torch
import torch.nn.functional as F

import torch_lines as lines
import torch_models as models

torch.set_num_threads(OPTIONS.threads)
torch.manual_seed(1)


def size(full, tiny):
    return tiny if OPTIONS.tiny else full


def compiled(function):
    return torch.compile(function) if OPTIONS.compile else function


def training(model, loss, optimiser=None, maximum_norm=None):
    """Forward, backward and AdamW; the optimiser is not compiled, as is usual."""
    optimiser = optimiser or torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01)
    loss = compiled(loss)

    def step():
        optimiser.zero_grad()
        loss().backward()
        if maximum_norm:
            torch.nn.utils.clip_grad_norm_(model.parameters(), maximum_norm)
        optimiser.step()
    return step


def inference(function):
    function = compiled(function)

    def step():
        with torch.no_grad():
            function()
    return step


def product(shape):
    lead, m, n, k, is_transposed = worker.product_shape(shape, OPTIONS.tiny)
    a = torch.randn(*lead, k, m).transpose(-1, -2) if is_transposed else torch.randn(*lead, m, k)
    b = torch.randn(*lead, k, n)
    return inference(lambda: torch.matmul(a, b))


def encoder():
    width = size(256, 16)
    model, x = models.encoder(width, size(6, 1)), torch.randn(size(16, 2), size(128, 8), width)
    return training(model, lambda: model(x).square().mean())


def translator(dropout):
    return models.EncoderDecoder(size(8000, 50), size(256, 16), 4, size(1024, 64), size(4, 1), dropout)


def encoder_decoder():
    model, rows, length = translator(0.1), size(16, 2), size(32, 4)
    source = torch.randint(2, size(8000, 50), (rows, size(128, 8)))
    target = torch.randint(2, size(8000, 50), (rows, length))
    inputs = torch.cat([torch.ones(rows, 1, dtype=torch.long), target[:, :-1]], 1)
    return training(model, lambda: F.cross_entropy(model(source, inputs).flatten(0, 1), target.flatten()))


def coordinates(activation):
    points = size(16384, 32)
    model, x, target = (
        models.coordinate_network(size(256, 8), activation), torch.rand(points, 2) * 2 - 1, torch.rand(points, 3))
    return training(model, lambda: F.mse_loss(model(x), target))


def classifier(model):
    count, side = size(16, 2), size(80, 16)
    x, labels = torch.randn(count, 3, side, side), torch.arange(count) % 2
    return training(model, lambda: F.cross_entropy(model(x), labels))


def classified(model):
    model, x = model.eval(), torch.randn(1, 3, size(80, 16), size(80, 16))
    return inference(lambda: model(x))


def decoding(beam):
    model = translator(0).eval()
    source = torch.randint(2, size(8000, 50), (1, 32))
    return inference(lambda: model.decode(source, beam, 64))


def recording():
    return torch.randn(size(600, 1) * 16000) * 0.1


def log_mel():
    """Kaldi's features composed of tensor operations, as torchaudio.compliance.kaldi does it."""
    signal = recording()
    window = torch.hann_window(400, periodic=False) ** 0.85
    bins = torch.linspace(0, 8000, 257)[:256]
    mel = lambda hertz: 1127 * torch.log(1 + torch.as_tensor(hertz, dtype=torch.float32) / 700)
    edges = torch.linspace(float(mel(20)), float(mel(8000)), 82)
    rising = (mel(bins) - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - mel(bins)) / (edges[2:] - edges[1:-1])[:, None]
    filters = F.pad(torch.minimum(rising, falling).clamp(min=0), (0, 1)).T.contiguous()

    def features():
        frames = (signal * 32768).unfold(0, 400, 160)
        frames = frames - frames.mean(1, keepdim=True)
        earlier = F.pad(frames[None], (1, 0), mode="replicate")[0, :, :-1]
        frames = (frames - 0.97 * earlier) * window
        power = torch.fft.rfft(frames, 512).abs().square()
        return (power @ filters).clamp(min=1.1920929e-07).log()
    return inference(features)


def stft():
    signal, window = recording(), torch.hann_window(512)
    return inference(lambda: torch.stft(signal, 512, 160, window=window, return_complex=True))


def rfft2():
    planes = torch.randn(size(64, 1), size(224, 32), size(224, 32))
    return inference(lambda: torch.fft.rfft2(planes))


def gradient(arguments, loss):
    """The loss forward, and backward to every argument."""
    arguments = [x.requires_grad_() for x in arguments]
    loss = compiled(loss)

    def step():
        torch.autograd.grad(loss(*arguments), arguments)
    return step


def elementwise(name):
    x = torch.randn(size(2048, 8), 1024)
    rows = torch.randn(size(16384, 8), 128)
    maps = {"exp": torch.exp, "sin": torch.sin, "gelu": F.gelu}
    if name in maps:
        return inference(lambda: maps[name](x))
    if name == "gelu_gradient":
        return gradient([x], lambda x: F.gelu(x).sum())
    if name == "softmax":
        return inference(lambda: rows.softmax(-1))
    if name == "softmax_gradient":
        return gradient([rows], lambda x: x.softmax(-1).square().sum())
    if name.startswith("layer_norm"):
        x = torch.randn(size(8192, 8), 256)
        weight, bias = torch.ones(256), torch.zeros(256)
        if name == "layer_norm":
            return inference(lambda: F.layer_norm(x, (256,), weight, bias))
        return gradient([x, weight, bias], lambda x, w, b: F.layer_norm(x, (256,), w, b).square().sum())
    if name.startswith("adamw"):
        weight = torch.nn.Parameter(torch.randn(size(4194304, 64)))
        weight.grad = torch.randn_like(weight)
        return torch.optim.AdamW([weight], lr=1e-4, weight_decay=0.01).step
    pictures = torch.randn(size(16, 1), 64, size(80, 8), size(80, 8))
    if name.startswith("batch_norm"):
        weight, bias = torch.randn(64), torch.zeros(64)
        mean, variance = torch.zeros(64), torch.ones(64)
        function = lambda x, w, b: F.batch_norm(x, mean, variance, w, b, training=True)
        arguments = [pictures, weight, bias]
    elif name.startswith("depthwise"):
        function = lambda x, w: F.conv2d(x, w, padding=1, groups=64)
        arguments = [pictures, torch.randn(64, 1, 3, 3)]
    else:
        return None
    if name.endswith("_gradient"):
        return gradient(arguments, lambda *a: function(*a).square().sum())
    return inference(lambda: function(*arguments))


KINDS = {
    "matmul": product, "elementwise": elementwise,
    "inr": lambda rest: lines.picture_representation(rest, training), "pad": lambda rest: lines.face(rest, training),
}
TABLE = {
    "w1.encoder": encoder, "w2.encoder-decoder": encoder_decoder,
    "w3.sine": lambda: coordinates(models.Sine), "w3.relu": lambda: coordinates(torch.nn.ReLU),
    "w4.cnn": lambda: classifier(models.plain_network()),
    "w5.separable": lambda: classifier(models.separable_network()),
    "w6.cnn": lambda: classified(models.plain_network()),
    "w6.separable": lambda: classified(models.separable_network()),
    "w7.greedy": lambda: decoding(1), "w7.beam5": lambda: decoding(5),
    "dialogue.latent": lambda: lines.dialogue(training), "st.cikd": lambda: lines.translation(training),
    "w8.log-mel": log_mel, "w9.stft": stft, "w9.rfft2": rfft2,
}

worker.serve(worker.maker(KINDS, TABLE))
