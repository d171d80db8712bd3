"""Layers of PyTorch in the layout of the .nn files.

Images are [n, height, width, channels] in the .nn files and [n, channels, height, width] in PyTorch; weights of a
convolution are [kernel, kernel, in, out] and [out, in, kernel, kernel]; those of a linear map are transposed.
"""

import torch
import torch.nn.functional as F


def linear(p, path, x):
    return F.linear(x, p[f"{path}.W"].T, p.get(f"{path}.b"))


def channels_first(x):
    return x.permute(0, 3, 1, 2)


def channels_last(x):
    return x.permute(0, 2, 3, 1)


def conv2d(p, path, x, **options):
    W = p[f"{path}.W"].permute(3, 2, 0, 1)
    return channels_last(F.conv2d(channels_first(x), W, p[f"{path}.b"], **options))


def layer_norm(p, path, x):
    return F.layer_norm(x, x.shape[-1:], p[f"{path}.gain"], p[f"{path}.shift"])


def batch_norm(r, p, path, x, training, **options):
    """Of the last dimension. Updates the running statistics in place, as PyTorch does."""
    first = x.movedim(-1, 1)
    seen = r.states[f"{path}.mean_seen"], r.states[f"{path}.var_seen"]
    y = F.batch_norm(first, *seen, p[f"{path}.gain"], p[f"{path}.shift"], training, **options)
    return y.movedim(1, -1)


def running(r, path, width):
    r.norm(path, width)
    r.states[f"{path}.mean_seen"] = torch.zeros(width)
    r.states[f"{path}.var_seen"] = torch.ones(width)
