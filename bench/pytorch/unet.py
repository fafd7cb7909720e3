"""The U-Net that the benchmarks compare against, in plain PyTorch eager.

Same network as Noisette's `models/unet`: residual blocks with GroupNorm and SiLU, a time shift in each of them, self-attention
over pixels at chosen levels, strided convolutions down, nearest neighbour and convolution up, concatenated skips (Ho et al. 2020,
appendix B). It reads the keys of diffusers' UNet2DModel configuration that the benchmarks use, and its state dict has the same
names, so that check_unet.py can hold it against published reference numbers.
"""
import math

import torch
from torch import nn
from torch.nn import functional as F

from attention import Attention, Linear


def group_norm(channels, config):
    return nn.GroupNorm(config["norm_num_groups"], channels, eps=config.get("norm_eps", 1e-5))


class TimeFeatures:
    """Sines and cosines of t at `width / 2` frequencies from 1 down to about 1/10000."""

    def __init__(self, width, config):
        half = width // 2
        exponents = torch.arange(half, dtype=torch.float32) / (half - config.get("freq_shift", 0))
        self.frequencies = torch.exp(-math.log(10000) * exponents)
        self.cosine_first = config.get("flip_sin_to_cos", True)

    def __call__(self, t):
        angles = t.float()[:, None] * self.frequencies
        pair = (angles.cos(), angles.sin()) if self.cosine_first else (angles.sin(), angles.cos())
        return torch.cat(pair, dim=1)


class TimeEmbedding(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.linear_1 = Linear(width, 4 * width)
        self.linear_2 = Linear(4 * width, 4 * width)

    def forward(self, features):
        return self.linear_2(F.silu(self.linear_1(features)))


class ResnetBlock(nn.Module):
    def __init__(self, inputs, outputs, time_width, config):
        super().__init__()
        self.norm1 = group_norm(inputs, config)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.time_emb_proj = Linear(time_width, outputs)
        self.norm2 = group_norm(outputs, config)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.conv_shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else None

    def forward(self, x, activated_time):
        h = self.conv1(F.silu(self.norm1(x)))
        h = h + self.time_emb_proj(activated_time)[:, :, None, None]
        h = self.conv2(F.silu(self.norm2(h)))
        return (x if self.conv_shortcut is None else self.conv_shortcut(x)) + h


def attention(channels, config):
    head_width = config.get("attention_head_dim")
    return Attention(channels, channels // head_width if head_width else 1, group_norm(channels, config))


class Downsampler(nn.Module):
    def __init__(self, channels, config):
        super().__init__()
        self.padding = config.get("downsample_padding", 1)
        self.conv = nn.Conv2d(channels, channels, 3, stride=2, padding=self.padding)

    def forward(self, x):
        return self.conv(x if self.padding else F.pad(x, (0, 1, 0, 1)))


class Upsampler(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class Block(nn.Module):
    """One level, downwards or upwards, or the middle: what it holds depends on where it stands."""

    def __init__(self, resnets, attentions, downsampler=None, upsampler=None):
        super().__init__()
        self.resnets = nn.ModuleList(resnets)
        self.attentions = nn.ModuleList(attentions)
        if downsampler is not None:
            self.downsamplers = nn.ModuleList([downsampler])
        if upsampler is not None:
            self.upsamplers = nn.ModuleList([upsampler])


class UNet(nn.Module):
    def __init__(self, config):
        super().__init__()
        channels = config["block_out_channels"]
        depth = config["layers_per_block"]
        last = len(channels) - 1
        time_width = 4 * channels[0]
        self.time_features = TimeFeatures(channels[0], config)
        self.time_embedding = TimeEmbedding(channels[0])
        self.conv_in = nn.Conv2d(config["in_channels"], channels[0], 3, padding=1)

        skips = [channels[0]]
        width = channels[0]
        self.down_blocks = nn.ModuleList()
        for level, kind in enumerate(config["down_block_types"]):
            out = channels[level]
            resnets = [ResnetBlock(width if i == 0 else out, out, time_width, config) for i in range(depth)]
            attentions = [attention(out, config) for _ in range(depth)] if kind.startswith("Attn") else []
            self.down_blocks.append(Block(resnets, attentions, Downsampler(out, config) if level < last else None))
            skips += [out] * (depth + (level < last))
            width = out

        self.mid_block = Block([ResnetBlock(width, width, time_width, config) for _ in range(2)],
                               [attention(width, config)] if config.get("add_attention", True) else [])

        self.up_blocks = nn.ModuleList()
        for step, kind in enumerate(config["up_block_types"]):
            out = channels[last - step]
            resnets = []
            for _ in range(depth + 1):
                resnets.append(ResnetBlock(width + skips.pop(), out, time_width, config))
                width = out
            attentions = [attention(out, config) for _ in range(depth + 1)] if kind.startswith("Attn") else []
            self.up_blocks.append(Block(resnets, attentions, upsampler=Upsampler(out) if step < last else None))

        self.conv_norm_out = group_norm(channels[0], config)
        self.conv_out = nn.Conv2d(channels[0], config["out_channels"], 3, padding=1)

    def forward(self, x, t):
        """x [batch, channels, height, width], t [batch] -> the prediction, shaped as x."""
        time = F.silu(self.time_embedding(self.time_features(t)))
        h = self.conv_in(x)
        skips = [h]
        for block in self.down_blocks:
            for i, resnet in enumerate(block.resnets):
                h = resnet(h, time)
                if block.attentions:
                    h = block.attentions[i](h)
                skips.append(h)
            if hasattr(block, "downsamplers"):
                h = block.downsamplers[0](h)
                skips.append(h)
        h = self.mid_block.resnets[0](h, time)
        if self.mid_block.attentions:
            h = self.mid_block.attentions[0](h)
        h = self.mid_block.resnets[1](h, time)
        for block in self.up_blocks:
            for i, resnet in enumerate(block.resnets):
                h = resnet(torch.cat([h, skips.pop()], dim=1), time)
                if block.attentions:
                    h = block.attentions[i](h)
            if hasattr(block, "upsamplers"):
                h = block.upsamplers[0](h)
        return self.conv_out(F.silu(self.conv_norm_out(h)))
