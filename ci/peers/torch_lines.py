"""The research lines' training steps in PyTorch: models, batches and losses of the nightly cases."""
import pathlib
import sys

import torch
import torch.nn.functional as F
from torch import nn

import torch_models as models

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "references"))


def picture_representation(name, training):
    """16 of 32 pictures of 32 × 32 and their mirror images, 256 shared points, Adam with clipped gradients."""
    import inr_twin
    model = inr_twin.METHODS[name](inr_twin.Configuration())
    pictures = torch.rand(32, 32, 32, 3)
    mirrored = torch.cat([pictures, pictures.flip(2)])
    coordinates = inr_twin.cell_centres(32)

    def loss():
        chosen, points = torch.randint(64, (16,)), torch.randperm(1024)[:256]
        images = mirrored[chosen]
        return F.mse_loss(model(images, coordinates[points]), images.flatten(1, 2)[:, points])
    return training(model, loss, torch.optim.Adam(model.parameters(), lr=1e-3), maximum_norm=1)


class Convolution(nn.Conv2d):
    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs, 3, padding=1, bias=False)


class CentralDifference(Convolution):
    def forward(self, x):
        centre = F.pad(0.7 * self.weight.sum((2, 3), keepdim=True), (1, 1, 1, 1))
        return F.conv2d(x, self.weight - centre, padding=1)


class PlainFaces(nn.Module):
    """Pix-12, or with central differences the network that predicts depth."""
    WIDTHS = [3, 12, 24, 36, 24]

    def __init__(self, convolution, has_bias):
        super().__init__()
        layers = []
        for index, (i, o) in enumerate(zip(self.WIDTHS, self.WIDTHS[1:])):
            layers += [convolution(i, o), nn.BatchNorm2d(o), nn.ReLU()] + ([nn.MaxPool2d(2)] if index < 3 else [])
        self.layers, self.map = nn.Sequential(*layers), nn.Conv2d(24, 1, 1, bias=has_bias)
        self.decision = nn.Linear(64, 1)


class PixelBinary(PlainFaces):
    def __init__(self):
        super().__init__(Convolution, True)

    def loss(self, pictures, labels, depths, spectra):
        logits = self.map(self.layers(pictures))
        decisions = self.decision(logits.sigmoid().flatten(1)).flatten()
        targets = labels.view(-1, 1, 1, 1).expand_as(logits)
        cross_entropy = F.binary_cross_entropy_with_logits
        return 0.5 * cross_entropy(logits, targets) + 0.5 * cross_entropy(decisions, labels)


class CentralDifferences(PlainFaces):
    def __init__(self):
        super().__init__(CentralDifference, False)
        contrasts = torch.zeros(8, 1, 9)
        contrasts[:, :, 4] = -1
        for row, neighbour in enumerate([0, 1, 2, 3, 5, 6, 7, 8]):
            contrasts[row, 0, neighbour] = 1
        self.register_buffer("contrasts", contrasts.view(8, 1, 3, 3))

    def loss(self, pictures, labels, depths, spectra):
        found = self.map(self.layers(pictures)).relu()
        decisions = self.decision(found.flatten(1)).flatten()
        contrast = F.conv2d(found - depths, self.contrasts).square().mean()
        return F.mse_loss(found, depths) + contrast + F.binary_cross_entropy_with_logits(decisions, labels)


class MiniFAS(nn.Module):
    def __init__(self):
        super().__init__()
        import pad_models
        self.network = pad_models.MiniFAS12(12, 32, 8)

    def loss(self, pictures, labels, depths, spectra):
        logits, predicted = self.network(pictures)
        return 0.5 * F.binary_cross_entropy_with_logits(logits, labels) + 0.5 * F.mse_loss(predicted, spectra)


def face(name, training):
    """32 faces of 64 × 64, mirrored and jittered, Adam with L2 decay."""
    model = {"pix": PixelBinary, "cdc": CentralDifferences, "minifas": MiniFAS}[name]()
    count = 64
    pictures, labels = torch.rand(2 * count, 3, 64, 64), (torch.rand(count) < 0.5).float()
    depths, spectra = torch.rand(2 * count, 1, 8, 8), torch.rand(count, 1, 8, 8)

    def loss():
        chosen = torch.randperm(count)[:32]
        views = chosen + count * torch.randint(2, (32,))
        gains, offsets = torch.rand(32, 3, 1, 1) * 0.3 + 0.85, torch.rand(32, 3, 1, 1) * 0.2 - 0.1
        jittered = (pictures[views] * gains + offsets).clamp(0, 1) * (255 / 128) - 127.5 / 128
        return model.loss(jittered, labels[chosen], depths[views], spectra[chosen])
    return training(model, loss, torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=5e-5))


class SpeechTranslator(nn.Module):
    """A front of three gated convolutions, each of which halves the frames, and one block; then the translator of text."""
    def __init__(self, vocabulary, channels=64, dropout=0.1):
        super().__init__()
        shapes = [(40, 128, 5), (64, 128, 5), (64, 2 * channels, 3)]
        self.convolutions = nn.ModuleList(nn.Conv1d(i, o, size, 2, size // 2) for i, o, size in shapes)
        self.block, self.norm = models.EncoderLayer(channels, 4, 192, dropout), nn.LayerNorm(channels)
        self.dropout = nn.Dropout(dropout)
        self.text = models.EncoderDecoder(vocabulary, channels, 4, 192, 2, dropout)

    def front_parameters(self):
        return [p for name, p in self.named_parameters() if not name.startswith("text.")]

    def forward(self, features, lengths, inputs):
        x = features.transpose(1, 2)
        for convolution in self.convolutions:
            x = F.glu(convolution(x), dim=1)
            lengths = (lengths - 1) // 2 + 1
            valid = torch.arange(x.shape[2]) < lengths[:, None]
            x = x * valid[:, None]
        x = x.transpose(1, 2) * x.shape[1] ** 0.5
        x = self.dropout(x + self.text.positions[:x.shape[1]])
        mask = valid[:, None, None]
        states = self.text.encode_embedded(self.text.dropout(self.norm(self.block(x, mask))), mask)
        return self.text.given(states, inputs, mask)


def translation(training):
    """32 utterances in two passes, consistency-informed distillation from a text teacher, two rates of Adam."""
    vocabulary = 41
    frames = [
        13, 14, 22, 22, 23, 25, 26, 27, 27, 27, 28, 29, 30, 32, 34, 34, 35, 36, 38, 43, 43, 46, 46, 52, 53, 56, 59, 62, 62,
        64, 65, 65, 66, 67, 68, 70, 71, 73, 77, 82, 82, 86, 89, 91, 93, 95, 97, 97, 99, 102, 102, 103, 103, 104, 106, 111,
        112, 112, 113, 113, 125, 127, 139, 145]
    model, teacher = SpeechTranslator(vocabulary), models.EncoderDecoder(vocabulary, 64, 4, 192, 2, 0).eval()
    optimiser = torch.optim.Adam(
        [{"params": model.front_parameters()}, {"params": model.text.parameters(), "lr": 1.5e-4}], lr=1e-3,
        betas=(0.9, 0.98))
    batches = []
    # Neighbours in length are a step's batch, as in the line's training.
    for lengths, source, target in [(frames[:32], 3, 4), (frames[32:], 4, 6)]:
        features = torch.zeros(32, max(lengths), 40)
        for row, count in zip(features, lengths):
            row[:count] = torch.randn(count, 40)
        batches.append((
            features, torch.tensor(lengths), torch.randint(2, vocabulary, (32, source)),
            torch.randint(2, vocabulary, (32, target))))
    count = 0

    def divergence(q, p):
        return F.kl_div(p, q, reduction="none", log_target=True).sum(-1)

    def loss():
        nonlocal count
        features, lengths, source, target = batches[count % 2]
        count += 1
        inputs = torch.cat([torch.ones(32, 1, dtype=torch.long), target[:, :-1]], 1)
        with torch.no_grad():
            q = teacher(source, inputs).log_softmax(-1)
        logits = model(torch.cat([features, features]), torch.cat([lengths, lengths]), torch.cat([inputs, inputs]))
        first, second = logits.chunk(2)
        cross_entropy = F.cross_entropy(logits.flatten(0, 1), torch.cat([target, target]).flatten(), label_smoothing=0.1)
        p1, p2 = first.log_softmax(-1), second.log_softmax(-1)
        consistency = 0.5 * (divergence(p1, p2) + divergence(p2, p1))
        distillation = 0.5 * (divergence(q, p1) + divergence(q, p2))
        weights = torch.exp(-consistency.detach())
        return cross_entropy + (weights / weights.mean() * distillation).mean() + 2 * consistency.mean()
    return training(model, loss, optimiser)


def dialogue(training):
    """32 contexts, four sampled queries each, a document for every query, and the reply given both.

    The search itself is left out here, and documents are random; ours searches.
    """
    vocabulary, batch, count, length, start, end = 186, 32, 4, 4, 7, 1
    model = models.EncoderDecoder(vocabulary, 48, 4, 128, 2, 0, decoder_layers=1, learned=64)
    contexts, replies = torch.randint(2, vocabulary, (1000, 33)), torch.randint(2, vocabulary, (1000, 7))
    documents = torch.randint(2, vocabulary, (640, 7))

    def sampled(states):
        """`length` tokens and their end for each of `count` rows per context, by cached keys and values."""
        rows = batch * count
        memories = [layer.cross.memory(states.repeat_interleave(count, 0)) for layer in model.decoder]
        caches = [[torch.empty(rows, 4, length + 1, 12) for _ in range(2)] for _ in model.decoder]
        tokens, drawn = torch.full((rows, 1), start), []
        for place in range(length + 1):
            x = model.embed(tokens, place)
            for layer, memory, (keys, values) in zip(model.decoder, memories, caches):
                x = layer.after(x, memory, keys, values, place)
            tokens = model.scores(x)[:, 0].softmax(-1).multinomial(1)
            drawn.append(tokens)
        return torch.cat(drawn[:-1], 1)

    def log_likelihoods(targets, first, states):
        ends = torch.full((targets.shape[0], 1), end)
        inputs = torch.cat([torch.full_like(ends, first), targets], 1)
        scores = model.given(states, inputs).log_softmax(-1)
        return scores.gather(-1, torch.cat([targets, ends], 1)[..., None])[..., 0].sum(1)

    def loss():
        chosen = torch.randint(1000, (batch,))
        with torch.no_grad():
            queries = sampled(model.encode(contexts[chosen]))
        found = torch.randint(640, (batch * count,))
        distinct, places = found.unique(return_inverse=True)
        states = model.encode(contexts[chosen]).repeat_interleave(count, 0)
        told = torch.cat([states, model.encode(documents[distinct])[places]], 1)
        reply = log_likelihoods(replies[chosen].repeat_interleave(count, 0), 12, told).view(batch, count)
        query = log_likelihoods(queries, start, states).view(batch, count)
        weights = (reply.detach() / 2).softmax(1)
        return -(weights * reply + (weights - 1 / count) * query).sum(1).mean()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1.5e-3, weight_decay=0.01)
    return training(model, loss, optimiser, maximum_norm=1)
