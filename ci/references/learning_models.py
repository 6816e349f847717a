"""Golden values of whole small models: prediction, loss, all gradients and ten training losses, computed by PyTorch.

The models are twins of those in Packages/TensorCore/Tests/LearningTests/TwinTests.swift. Run:
python ci/references/learning_models.py
"""
import torch
import torch.nn.functional as F
from torch import nn

import golden

VERSION = 1


class CentralDifference(nn.Module):
    """The two convolutions of the paper, not the fused one."""
    def __init__(self, inputs, outputs, theta=0.7):
        super().__init__()
        self.weight, self.theta = nn.Parameter(torch.randn(outputs, inputs, 3, 3) * 0.2), theta

    def forward(self, x):
        return F.conv2d(x, self.weight, padding=1) - self.theta * F.conv2d(x, self.weight.sum((2, 3), keepdim=True))


class DepthwiseSeparable(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.depthwise = nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False)
        self.depthwiseNorm = nn.BatchNorm2d(inputs)
        self.pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.pointwiseNorm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.pointwiseNorm(self.pointwise(self.depthwiseNorm(self.depthwise(x)).relu())).relu()


class SqueezeExcitation(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        self.fc1, self.bn1 = nn.Conv2d(channels, channels // reduction, 1, bias=False), nn.BatchNorm2d(channels // reduction)
        self.fc2, self.bn2 = nn.Conv2d(channels // reduction, channels, 1, bias=False), nn.BatchNorm2d(channels)

    def forward(self, x):
        return x * self.bn2(self.fc2(self.bn1(self.fc1(x.mean((2, 3), keepdim=True))).relu())).sigmoid()


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.stemNorm, self.slope = nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.PReLU(8)
        self.separable = DepthwiseSeparable(8, 12, 2)
        self.difference, self.group = CentralDifference(12, 12), nn.GroupNorm(3, 12)
        self.excitation = SqueezeExcitation(12, 4)
        self.head = nn.Linear(24, 3)

    def forward(self, x):
        x = self.separable(self.slope(self.stemNorm(self.stem(x))))
        x = x + self.excitation(self.group(self.difference(x)))
        pooled = torch.cat([F.max_pool2d(x, 2), F.adaptive_avg_pool2d(x, (2, 2))], 1)
        return self.head(pooled.mean((2, 3)))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.recurrence, self.head = nn.Embedding(7, 5), nn.GRU(5, 6, batch_first=True), nn.Linear(6, 4)

    def forward(self, tokens):
        return self.head(self.recurrence(self.table(tokens))[0])


SWIFT_NAMES = {
    "weight_ih_l0": "input.weight", "bias_ih_l0": "input.bias", "weight_hh_l0": "hidden.weight", "bias_hh_l0": "hidden.bias",
    "running_mean": "runningMean", "running_var": "runningVariance",
}


def swift(name):
    return ".".join(SWIFT_NAMES.get(part, part) for part in name.split("."))


def record(tensors, name, model, optimiser, inputs, labels):
    def loss():
        prediction = model(inputs)
        return prediction, F.cross_entropy(prediction.flatten(0, -2), labels.flatten(), label_smoothing=0.1)

    for key, p in model.named_parameters():
        tensors[f"{name}.parameter.{swift(key)}"] = p.clone()
    prediction, value = loss()
    tensors[f"{name}.prediction"], tensors[f"{name}.loss"] = prediction, value
    for (key, _), g in zip(model.named_parameters(), torch.autograd.grad(value, list(model.parameters()))):
        tensors[f"{name}.gradient.{swift(key)}"] = g
    losses = []
    for _ in range(10):
        optimiser.zero_grad()
        _, value = loss()
        value.backward()
        optimiser.step()
        losses.append(value.detach())
    tensors[f"{name}.losses"] = torch.stack(losses)
    for key, b in model.named_buffers():
        if "num_batches" not in key:
            tensors[f"{name}.buffer.{swift(key)}"] = b.clone()
    model.eval()
    tensors[f"{name}.inference"] = model(inputs)


def main():
    torch.manual_seed(3)
    tensors = {}
    pictures, labels = torch.randn(6, 3, 16, 16), torch.tensor([0, 2, 1, 1, 0, 2])
    network = Network()
    for norm in network.modules():
        if isinstance(norm, (nn.BatchNorm2d, nn.GroupNorm)):
            nn.init.uniform_(norm.weight, 0.5, 1.5)
            nn.init.normal_(norm.bias, 0, 0.2)
    tensors["convolutional.inputs"] = pictures
    record(tensors, "convolutional", network,
           torch.optim.SGD(network.parameters(), 0.1, 0.9, weight_decay=5e-4, nesterov=True), pictures, labels)
    tokens, marks = torch.randint(0, 7, (4, 6)), torch.randint(0, 4, (4, 6))
    recurrent = Recurrent()
    tensors["recurrent.inputs"], tensors["recurrent.labels"] = tokens, marks
    record(tensors, "recurrent", recurrent, torch.optim.AdamW(recurrent.parameters(), 1e-2, weight_decay=0.01), tokens, marks)
    golden.write("Packages/TensorCore/Tests/LearningTests/Golden/models.safetensors", tensors, __file__, VERSION)


if __name__ == "__main__":
    main()
