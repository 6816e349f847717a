"""Golden values of MiniFAS-12 at a toy width: parameters, prediction, loss, every gradient, ten Adam losses.

Names and shapes as in Packages/Vision-PAD. Run: python ci/references/pad_models.py
"""
import torch
import torch.nn.functional as F
from torch import nn

import golden

VERSION = 1
WIDTH, BRANCH_WIDTH, MAP_SIDE = 4, 6, 4


class ConvolutionBlock(nn.Module):
    def __init__(self, inputs, outputs, size, stride=1, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False)
        self.bn, self.prelu = nn.BatchNorm2d(outputs), nn.PReLU(outputs)

    def forward(self, x):
        return self.prelu(self.bn(self.conv(x)))


class LinearBlock(nn.Module):
    def __init__(self, inputs, outputs, size, groups=1):
        super().__init__()
        self.conv, self.bn = nn.Conv2d(inputs, outputs, size, groups=groups, bias=False), nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.bn(self.conv(x))


class DepthwiseBottleneck(nn.Module):
    def __init__(self, inputs, expansion, outputs, stride):
        super().__init__()
        self.conv = ConvolutionBlock(inputs, expansion, 1)
        self.convDw = ConvolutionBlock(expansion, expansion, 3, stride, expansion)
        self.project = LinearBlock(expansion, outputs, 1)

    def forward(self, x):
        return self.project(self.convDw(self.conv(x)))


class FourierBranch(nn.Module):
    def __init__(self, inputs, width):
        super().__init__()
        self.first, self.firstNorm = nn.Conv2d(inputs, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        self.second, self.secondNorm = nn.Conv2d(width, 1, 3, padding=1, bias=False), nn.BatchNorm2d(1)

    def forward(self, x):
        return self.secondNorm(self.second(self.firstNorm(self.first(x)).relu())).relu()


class MiniFAS12(nn.Module):
    def __init__(self, w, branch_width, map_side):
        super().__init__()
        self.stem = ConvolutionBlock(3, w, 3, 2)
        self.widening = DepthwiseBottleneck(w, 3 * w, 2 * w, 2)
        self.residual = DepthwiseBottleneck(2 * w, 2 * w, 2 * w, 1)
        self.deepening = DepthwiseBottleneck(2 * w, 4 * w, 4 * w, 2)
        self.deepResidual = DepthwiseBottleneck(4 * w, 2 * w, 4 * w, 1)
        self.pooling = LinearBlock(4 * w, 4 * w, map_side, 4 * w)
        self.decision = nn.Linear(4 * w, 1)
        self.branch = FourierBranch(4 * w, branch_width)

    def forward(self, x):
        x = self.widening(self.stem(x))
        x = self.deepening(x + self.residual(x))
        x = x + self.deepResidual(x)
        return self.decision(self.pooling(x).flatten(1)).flatten(), self.branch(x)


def main():
    torch.manual_seed(7)
    model = MiniFAS12(WIDTH, BRANCH_WIDTH, MAP_SIDE)
    pictures = torch.rand(6, 3, 8 * MAP_SIDE, 8 * MAP_SIDE) * 2 - 1
    labels = torch.tensor([1.0, 0, 0, 1, 0, 1])
    spectra = torch.rand(6, 1, MAP_SIDE, MAP_SIDE)

    def loss_of():
        logits, predicted = model(pictures)
        return 0.5 * F.binary_cross_entropy_with_logits(logits, labels) + 0.5 * F.mse_loss(predicted, spectra)

    tensors = {f"parameter.{k}": p.detach().clone() for k, p in model.named_parameters()}
    tensors |= {"pictures": pictures, "labels": labels, "spectra": spectra}
    logits, predicted = model(pictures)
    tensors["prediction"] = torch.cat([logits, predicted.flatten()])
    loss = loss_of()
    loss.backward()
    tensors |= {f"gradient.{k}": p.grad.clone() for k, p in model.named_parameters()}
    tensors["loss"] = loss
    optimiser = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=5e-5)
    losses = []
    for _ in range(10):
        optimiser.zero_grad()
        loss = loss_of()
        loss.backward()
        optimiser.step()
        losses.append(loss.detach())
    tensors["losses"] = torch.stack(losses)
    model.eval()
    with torch.no_grad():
        tensors["probabilities"] = model(pictures)[0].sigmoid()
    golden.write("Packages/Vision-PAD/Tests/VisionPADTests/Golden/minifas12.safetensors", tensors, __file__, VERSION)


if __name__ == "__main__":
    main()
