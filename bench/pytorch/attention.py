"""Self-attention over the pixels of an image, and linear layers, with their matrix products through either of two libraries.

PyTorch sends `linear` and `bmm` to the BLAS it finds. Debian's package is content with the reference BLAS, which is some 30 times
slower than OpenBLAS, so the same products can also go through oneDNN, which Debian's PyTorch always has: a linear layer is a 1x1
convolution, and the product of each image's own two matrices is a 1x1 convolution with one group an image (and head):

    scores^T[key, query] = k^T q / sqrt(d),   out = v softmax_key(scores^T)      (Vaswani et al. 2017, eq. 1, transposed)

`faster_library` times both on this machine, so that the comparison meets PyTorch at its best.
"""
import time

import torch
from torch import nn
from torch.nn import functional as F


class Linear(nn.Linear):
    """A linear layer on [batch, features]."""

    library = "blas"

    def forward(self, x):
        if self.library == "blas":
            return super().forward(x)
        return F.conv2d(x[:, :, None, None], self.weight[:, :, None, None], self.bias)[:, :, 0, 0]


class Attention(nn.Module):
    library = "blas"

    def __init__(self, channels, heads, norm):
        super().__init__()
        self.heads = heads
        self.group_norm = norm
        self.to_q = nn.Linear(channels, channels)
        self.to_k = nn.Linear(channels, channels)
        self.to_v = nn.Linear(channels, channels)
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, x):
        y = self.group_norm(x)
        return x + (self.through_blas(y) if self.library == "blas" else self.through_onednn(y))

    def through_blas(self, y):
        batch, channels, height, width = y.shape
        tokens = y.flatten(2).transpose(1, 2)  # [batch, height * width, channels]
        q, k, v = (self.split(layer(tokens)) for layer in (self.to_q, self.to_k, self.to_v))
        weights = torch.bmm(q * q.shape[-1] ** -0.5, k.transpose(1, 2)).softmax(dim=-1)
        out = self.to_out[0](self.merge(torch.bmm(weights, v), batch))
        return out.transpose(1, 2).reshape(batch, channels, height, width)

    def split(self, tokens):
        if self.heads == 1:
            return tokens
        batch, length, _ = tokens.shape
        return tokens.view(batch, length, self.heads, -1).transpose(1, 2).reshape(batch * self.heads, length, -1)

    def merge(self, tokens, batch):
        if self.heads == 1:
            return tokens
        _, length, width = tokens.shape
        return tokens.view(batch, self.heads, length, width).transpose(1, 2).reshape(batch, length, -1)

    def through_onednn(self, y):
        batch, channels, height, width = y.shape
        groups, length, head = batch * self.heads, height * width, channels // self.heads

        def project(layer, x):
            return F.conv2d(x, layer.weight[:, :, None, None], layer.bias)

        q = project(self.to_q, y).reshape(1, groups * head, length) * head ** -0.5
        k = project(self.to_k, y).reshape(groups, head, length).transpose(1, 2).reshape(groups * length, head, 1)
        v = project(self.to_v, y).reshape(groups * head, length, 1)
        weights = F.conv1d(q, k, groups=groups).view(groups, length, length).softmax(dim=1)
        out = F.conv1d(weights.view(1, groups * length, length), v, groups=groups)
        return project(self.to_out[0], out.view(batch, channels, height, width))


def faster_library(attention, shape, memory_format, training):
    """Times both libraries in turn on one attention layer (with its backward pass when training); names the faster.

    A busy machine holds up two threads that wait for each other more than one thread, hence many short repeats and the minimum.
    """

    def once(library):
        attention.library = library
        x = torch.randn(shape).contiguous(memory_format=memory_format).requires_grad_(training)
        start = time.perf_counter()
        with torch.set_grad_enabled(training):
            out = attention(x)
            if training:
                out.sum().backward()
        return time.perf_counter() - start

    times = {"blas": [], "onednn": []}
    deadline = time.perf_counter() + 3
    while len(times["blas"]) < 5 or (len(times["blas"]) < 60 and time.perf_counter() < deadline):
        for library, taken in times.items():
            taken.append(once(library))
    attention.zero_grad(set_to_none=True)
    return min(times, key=lambda library: min(times[library]))


def use_library(model, library):
    for module in model.modules():
        if isinstance(module, (Attention, Linear)):
            module.library = library
