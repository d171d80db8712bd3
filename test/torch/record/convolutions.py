"""Convolutions of all kinds, padded pooling, and normalisation by groups, samples and root mean squares."""

import torch.nn.functional as F

from record.recording import case, values, weighted


def first(x):
    """Channels, the last dimension, before all places, as PyTorch has them."""
    return x.movedim(-1, 1)


def last(x):
    return x.movedim(1, -1)


def window(W, transposed=False):
    """A window [places, in, out], with any number of places, as PyTorch has it."""
    inner, outer = W.movedim(-2, 0), W.movedim(-1, 0)
    return inner.movedim(-1, 1) if transposed else outer.movedim(-1, 1)


def convolve(f, p, path, x, transposed=False, **options):
    return last(f(first(x), window(p[f"{path}.W"], transposed), p.get(f"{path}.b"), **options))


def depthwise(f, p, path, x, **options):
    W = p[f"{path}.W"]
    return last(f(first(x), W.movedim(-1, 0).unsqueeze(1), p.get(f"{path}.b"), groups=W.shape[-1], **options))


def weights(r, path, *shape, bias=True):
    r.parameter(f"{path}.W", values(*shape, scale=0.5))
    if bias:
        r.parameter(f"{path}.b", values(shape[-1]))


def upstreams(r, **shapes):
    """An input of weights for each of these."""
    r.batches = [{name: values(*shape) for name, shape in shapes.items()}]


@case
def conv1d(r):
    r.parameter("x", values(2, 7, 2))
    weights(r, "plain.conv1d", 3, 2, 3)
    weights(r, "strided.conv1d", 3, 2, 3, bias=False)
    weights(r, "grouped.conv1d", 4, 1, 4)
    upstreams(r, dplain=(2, 5, 3), dstrided=(2, 4, 3), dgrouped=(2, 6, 4))
    r.forward = lambda p, x, training: {
        "plain": convolve(F.conv1d, p, "plain.conv1d", p["x"]),
        "strided": convolve(F.conv1d, p, "strided.conv1d", p["x"], stride=2, padding=2, dilation=2),
        "grouped": convolve(F.conv1d, p, "grouped.conv1d", p["x"], padding=1, groups=2),
    }
    weighted(r, {"plain": "dplain", "strided": "dstrided", "grouped": "dgrouped"})


@case
def conv2d_grouped(r):
    r.parameter("image", values(1, 5, 7, 4))
    weights(r, "grouped.conv2d", 3, 3, 2, 6)
    weights(r, "apart.conv2d", 2, 2, 1, 8)
    weights(r, "wide.conv2d", 1, 5, 4, 2, bias=False)
    upstreams(r, dgrouped=(1, 3, 4, 6), dapart=(1, 4, 6, 8), dwide=(1, 5, 3, 2))
    r.forward = lambda p, x, training: {
        "grouped": convolve(F.conv2d, p, "grouped.conv2d", p["image"], stride=2, padding=1, groups=2),
        "apart": convolve(F.conv2d, p, "apart.conv2d", p["image"], groups=4),
        "wide": convolve(F.conv2d, p, "wide.conv2d", p["image"], stride=(1, 2), padding=(0, 1)),
    }
    weighted(r, {"grouped": "dgrouped", "apart": "dapart", "wide": "dwide"})


@case
def conv3d(r):
    r.parameter("x", values(1, 3, 4, 3, 2))
    weights(r, "plain.conv3d", 2, 2, 2, 2, 2)
    weights(r, "strided.conv3d", 3, 3, 3, 1, 2)
    upstreams(r, dplain=(1, 2, 3, 2, 2), dstrided=(1, 2, 2, 2, 2))
    r.forward = lambda p, x, training: {
        "plain": convolve(F.conv3d, p, "plain.conv3d", p["x"]),
        "strided": convolve(F.conv3d, p, "strided.conv3d", p["x"], stride=2, padding=1, groups=2),
    }
    weighted(r, {"plain": "dplain", "strided": "dstrided"})


@case
def conv_depthwise(r):
    r.parameter("x", values(2, 8, 3))
    r.parameter("image", values(2, 5, 6, 3))
    weights(r, "series.depthwise_conv1d", 3, 3)
    weights(r, "spots.depthwise_conv2d", 3, 3, 3)
    weights(r, "mixed.separable_conv2d.depthwise.depthwise_conv2d", 3, 3, 3, bias=False)
    weights(r, "mixed.separable_conv2d.conv2d", 1, 1, 3, 4)
    upstreams(r, dseries=(2, 4, 3), dimage=(2, 3, 3, 3), dmixed=(2, 3, 3, 4))

    def forward(p, x, training):
        apart = "mixed.separable_conv2d.depthwise.depthwise_conv2d"
        between = depthwise(F.conv2d, p, apart, p["image"], stride=2, padding=1)
        return {
            "series": depthwise(F.conv1d, p, "series.depthwise_conv1d", p["x"], stride=2, padding=1),
            "spots": depthwise(F.conv2d, p, "spots.depthwise_conv2d", p["image"], stride=2, padding=2, dilation=2),
            "mixed": convolve(F.conv2d, p, "mixed.separable_conv2d.conv2d", between),
        }

    r.forward = forward
    weighted(r, {"series": "dseries", "spots": "dimage", "mixed": "dmixed"})


@case
def conv_transpose(r):
    r.parameter("x", values(2, 4, 2))
    r.parameter("image", values(1, 3, 4, 2))
    weights(r, "overlapping.conv_transpose1d", 3, 2, 3)
    weights(r, "gaps.conv_transpose1d", 2, 2, 2)
    weights(r, "fitting.conv_transpose1d", 2, 2, 2, bias=False)
    weights(r, "plain.conv_transpose1d", 4, 2, 2)
    weights(r, "doubled.conv_transpose2d", 4, 4, 2, 2)
    weights(r, "large.conv_transpose2d", 5, 5, 2, 2, bias=False)
    upstreams(
        r,
        doverlapping=(2, 8, 3),
        dgaps=(2, 11, 2),
        dfitting=(2, 8, 2),
        dplain=(2, 5, 2),
        dimage=(1, 6, 8, 2),
        dlarge=(1, 7, 10, 2),
    )

    def series(p, name, **options):
        return convolve(F.conv_transpose1d, p, f"{name}.conv_transpose1d", p["x"], transposed=True, **options)

    def image(p, name, **options):
        return convolve(F.conv_transpose2d, p, f"{name}.conv_transpose2d", p["image"], transposed=True, **options)

    r.forward = lambda p, x, training: {
        "overlapping": series(p, "overlapping", stride=2, padding=1, output_padding=1),
        "gaps": series(p, "gaps", stride=3),
        "fitting": series(p, "fitting", stride=2),
        "plain": series(p, "plain", padding=1),
        "doubled": image(p, "doubled", stride=2, padding=1),
        "large": image(p, "large", stride=3, padding=2),
    }
    weighted(
        r,
        {
            "overlapping": "doverlapping",
            "gaps": "dgaps",
            "fitting": "dfitting",
            "plain": "dplain",
            "doubled": "dimage",
            "large": "dlarge",
        },
    )


@case
def pooling_padded(r):
    # All below 0, so that a border of zeros would be seen.
    r.parameter("x", values(2, 7, 2) - 8)
    r.parameter("image", values(2, 7, 5, 2) - 8)
    upstreams(
        r,
        dseries=(2, 4, 2),
        dsmooth=(2, 4, 2),
        dlargest=(2, 4, 3, 2),
        dmean=(2, 2, 2, 2),
        dtop=(2, 2),
        dall=(2, 2),
    )
    r.forward = lambda p, x, training: {
        "series": last(F.max_pool1d(first(p["x"]), 3, stride=2, padding=1)),
        "smooth": last(F.avg_pool1d(first(p["x"]), 2, stride=2, padding=1)),
        "largest": last(F.max_pool2d(first(p["image"]), 3, stride=2, padding=1)),
        "average": last(F.avg_pool2d(first(p["image"]), 4, stride=3, padding=1)),
        "top": F.adaptive_max_pool2d(first(p["image"]), 1).flatten(1),
        "all": F.adaptive_avg_pool2d(first(p["image"]), 1).flatten(1),
    }
    weighted(
        r,
        {
            "series": "dseries",
            "smooth": "dsmooth",
            "largest": "dlargest",
            "average": "dmean",
            "top": "dtop",
            "all": "dall",
        },
    )


@case
def normalisation(r):
    r.parameter("x", values(2, 3, 2, 6, scale=3))
    r.norm("grouped.group_norm", 6)
    r.norm("affine.instance_norm", 6)
    r.parameter("square.rms_norm.gain", 1 + values(6, scale=0.3))
    upstreams(r, **{name: (2, 3, 2, 6) for name in ["dgrouped", "dapart", "daffine", "dsquare"]})

    def forward(p, x, training):
        # PyTorch 1.13 has no layer that divides by the root mean square.
        square = p["x"] / (p["x"].square().mean(-1, keepdim=True) + 1.1920929e-7).sqrt()
        grouped = p["grouped.group_norm.gain"], p["grouped.group_norm.shift"]
        affine = {"weight": p["affine.instance_norm.gain"], "bias": p["affine.instance_norm.shift"]}
        return {
            "grouped": last(F.group_norm(first(p["x"]), 3, *grouped)),
            "apart": last(F.instance_norm(first(p["x"]))),
            "affine": last(F.instance_norm(first(p["x"]), **affine, eps=1e-3)),
            "square": square * p["square.rms_norm.gain"],
            "spread": p["x"].var(unbiased=False),
        }

    r.forward = forward
    weights_of = {"grouped": "dgrouped", "apart": "dapart", "affine": "daffine", "square": "dsquare"}
    weighted(r, weights_of)
    products = r.loss
    r.loss = lambda p, x, training: products(p, x, training) + p["x"].var(unbiased=False)
