"""The three networks in PyTorch, as Sources/FERCore/Architectures has them. Input: raw 0-255 gray, NCHW; output: logits."""

import torch
from torch import nn

from measure import CLASSES


class Rescaling(nn.Module):
    def __init__(self, scale, offset=0.0):
        super().__init__()
        self.scale, self.offset = scale, offset

    def forward(self, x):
        return x * self.scale + self.offset


class NormalizedConvolution(nn.Sequential):
    """3 x 3 same, no bias, batch norm."""

    def __init__(self, inputs, filters):
        # PyTorch's momentum is the share replaced: 0.1 here is 0.9 in ours and Keras'.
        super().__init__(
            nn.Conv2d(inputs, filters, 3, padding=1, bias=False),
            nn.BatchNorm2d(filters, eps=1e-3, momentum=0.1))


class Residual(nn.Module):
    def __init__(self, filters):
        super().__init__()
        self.branch = NormalizedConvolution(filters, filters)

    def forward(self, x):
        return torch.relu(x + self.branch(x))


def emojify():
    def convolution(inputs, filters):
        return [nn.Conv2d(inputs, filters, 3), nn.ReLU()]

    return nn.Sequential(
        Rescaling(1 / 255),
        *convolution(1, 32), *convolution(32, 64), nn.MaxPool2d(2), nn.Dropout(0.25),
        *convolution(64, 128), nn.MaxPool2d(2),
        *convolution(128, 128), nn.MaxPool2d(2), nn.Dropout(0.25),
        nn.Flatten(), nn.Linear(2048, 1024), nn.ReLU(), nn.Dropout(0.5), nn.Linear(1024, CLASSES))


def vgg_small():
    layers, inputs = [Rescaling(1 / 127.5, -1)], 1
    for filters in [32, 64, 128, 256]:
        layers += [NormalizedConvolution(inputs, filters), nn.ReLU()]
        layers += [NormalizedConvolution(filters, filters), nn.ReLU(), nn.MaxPool2d(2)]
        inputs = filters
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(3 * 3 * 256, 256), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(256, CLASSES))


def fast():
    layers, inputs = [Rescaling(1 / 127.5, -1), NormalizedConvolution(1, 32), nn.ReLU()], 32
    for filters in [64, 128, 192]:
        layers += [nn.MaxPool2d(2), NormalizedConvolution(inputs, filters), nn.ReLU()]
        layers += [Residual(filters)]
        inputs = filters
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(192, CLASSES))


def network(name):
    return {"emojify": emojify, "vgg-small": vgg_small, "fast": fast}[name]()


def parameter_count(network):
    """Trainable ones."""
    return sum(parameter.numel() for parameter in network.parameters())
