"""Convolution, pooling and normalisation."""

import torch
import torch.nn.functional as F

from record.layout import batch_norm, channels_first, channels_last, conv2d, layer_norm, linear, running
from record.recording import case, cases, ids, values, weighted


def convolution(height, width, **options):
    def fill(r):
        r.parameter("image", values(2, 7, 8, 2))
        r.parameter("y.conv2d.W", values(3, 3, 2, 3, scale=0.3))
        r.parameter("y.conv2d.b", values(3))
        r.batches = [{"dy": values(2, height, width, 3)}]
        r.forward = lambda p, x, training: {"y": conv2d(p, "y.conv2d", p["image"], **options)}
        weighted(r, {"y": "dy"})

    return fill


cases["conv2d-plain"] = convolution(5, 6)
cases["conv2d-stride"] = convolution(4, 4, stride=2, padding=1)
cases["conv2d-dilation"] = convolution(7, 8, padding=2, dilation=2)
cases["conv2d-everything"] = convolution(3, 3, stride=3, padding=2, dilation=2)


@case
def conv2d_groups(r):
    r.parameter("image", values(2, 5, 5, 4))
    r.parameter("W", values(3, 3, 2, 6, scale=0.3))
    r.batches = [{"dy": values(2, 5, 5, 6)}]
    r.forward = lambda p, x, training: {
        "y": channels_last(F.conv2d(channels_first(p["image"]), p["W"].permute(3, 2, 0, 1), padding=1, groups=2))
    }
    weighted(r, {"y": "dy"})


@case
def conv2d_transposed(r):
    r.parameter("image", values(2, 4, 4, 2))
    r.parameter("W", values(3, 3, 2, 3, scale=0.3))
    r.batches = [{"dy": values(2, 7, 7, 3)}]
    r.forward = lambda p, x, training: {
        "y": channels_last(
            F.conv_transpose2d(channels_first(p["image"]), p["W"].permute(2, 3, 0, 1), stride=2, padding=1)
        )
    }
    weighted(r, {"y": "dy"})


@case
def pooling(r):
    # Small whole numbers: most windows have several largest places, of which the first counts.
    r.parameter("a", torch.randint(-2, 3, (2, 7, 7, 2)).double())
    r.parameter("b", torch.randint(-2, 3, (2, 7, 7, 2)).double())
    r.parameter("c", values(2, 7, 7, 2))
    r.batches = [{name: values(2, 3, 3, 2) for name in ["dbig", "dsmall", "dmean"]}]
    r.forward = lambda p, x, training: {
        "overlapping": channels_last(F.max_pool2d(channels_first(p["a"]), 3, stride=2)),
        "apart": channels_last(F.max_pool2d(channels_first(p["b"]), 2)),
        "average": channels_last(F.avg_pool2d(channels_first(p["c"]), 3, stride=2)),
    }
    weighted(r, {"overlapping": "dbig", "apart": "dsmall", "average": "dmean"})


@case
def conv_network(r):
    r.dims = {"batch": 3}
    r.hyper = {"lr": 1e-2}
    r.parameter("a.conv2d.W", values(3, 3, 1, 3, scale=0.5))
    r.parameter("a.conv2d.b", values(3, scale=0.5))
    r.parameter("b.conv2d.W", values(3, 3, 3, 4, scale=0.3))
    r.parameter("b.conv2d.b", values(4, scale=0.5))
    running(r, "b.batch_norm", 4)
    r.linear("logits.linear", 4, 3)
    r.batches = [{"image": values(3, 8, 8, 1), "label": ids(3, 3)} for _ in range(3)]
    r.optimizer = lambda p: torch.optim.Adam(p, lr=1e-2)

    def logits(p, x, training):
        a = F.max_pool2d(channels_first(F.relu(conv2d(p, "a.conv2d", x["image"], padding=1))), 2)
        b = conv2d(p, "b.conv2d", channels_last(a), stride=2, padding=1)
        b = F.avg_pool2d(channels_first(batch_norm(r, p, "b.batch_norm", F.relu(b), training)), 2)
        return linear(p, "logits.linear", channels_last(b).flatten(1))

    r.forward = lambda p, x, training: {"probability": F.softmax(logits(p, x, training), -1)}
    r.loss = lambda p, x, training: F.cross_entropy(logits(p, x, training), x["label"])


@case
def layer_norm_(r):
    r.parameter("x", values(2, 3, 6, scale=3))
    r.norm("y.layer_norm", 6)
    r.batches = [{"dy": values(2, 3, 6)}]
    r.forward = lambda p, x, training: {"y": layer_norm(p, "y.layer_norm", p["x"])}
    weighted(r, {"y": "dy"})


cases["layer-norm"] = cases.pop("layer-norm-")


@case
def group_norm(r):
    r.parameter("x", values(2, 4, 6, scale=3))
    r.parameter("gain", 1 + values(6, scale=0.3))
    r.parameter("shift", values(6, scale=0.3))
    r.batches = [{"dy": values(2, 4, 6)}]
    r.forward = lambda p, x, training: {
        "y": F.group_norm(p["x"].movedim(-1, 1), 2, p["gain"], p["shift"]).movedim(1, -1)
    }
    weighted(r, {"y": "dy"})


def batch_norm_case(r):
    r.dims = {"batch": 5}
    r.hyper = {"lr": 0.1}
    r.linear("y.linear", 5, 4)
    running(r, "y.batch_norm", 4)
    r.batches = [{"x": values(5, 5), "t": values(5, 4)} for _ in range(3)]
    r.optimizer = lambda p: torch.optim.SGD(p, lr=0.1)
    r.forward = lambda p, x, training: {
        "y": batch_norm(r, p, "y.batch_norm", linear(p, "y.linear", x["x"]), training)
    }
    r.loss = lambda p, x, training: F.mse_loss(r.forward(p, x, training)["y"], x["t"])


cases["batch-norm"] = batch_norm_case


@case
def batch_norm_image(r):
    r.dims = {"batch": 3}
    r.hyper = {"lr": 0.05, "decay": 0.9}
    r.parameter("y.conv2d.W", values(1, 1, 2, 3))
    r.parameter("y.conv2d.b", values(3))
    running(r, "y.batch_norm", 3)
    r.batches = [{"image": values(3, 3, 4, 2), "dy": values(3, 3, 4, 3)} for _ in range(3)]
    r.optimizer = lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9)

    def forward(p, x, training):
        y = conv2d(p, "y.conv2d", x["image"])
        # PyTorch's momentum is the share of the new value.
        return {"y": F.silu(batch_norm(r, p, "y.batch_norm", y, training, momentum=1 - 0.7, eps=1e-3))}

    r.forward = forward
    r.loss = lambda p, x, training: (r.forward(p, x, training)["y"] * x["dy"]).mean()


# Other ways to subscript an image.


@case
def pixel_shuffle(r):
    r.parameter("x", values(2, 3, 4, 12))
    r.batches = [{"dy": values(2, 6, 8, 3)}]
    r.forward = lambda p, x, training: {"y": channels_last(F.pixel_shuffle(channels_first(p["x"]), 2))}
    r.loss = lambda p, x, training: (x["dy"] * r.forward(p, x, training)["y"] ** 2).sum()


@case
def patches(r):
    r.parameter("image", values(2, 6, 6, 2))
    r.linear("y.linear", 18, 4)
    r.batches = [{"dy": values(2, 9, 4)}]

    def forward(p, x, training):
        columns = F.unfold(channels_first(p["image"]), 3, padding=1, stride=2)
        return {"y": linear(p, "y.linear", columns.transpose(1, 2))}

    r.forward = forward
    weighted(r, {"y": "dy"})
