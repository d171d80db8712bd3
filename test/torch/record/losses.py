"""Losses, and functions of one number."""

import torch
import torch.nn.functional as F

from record.layout import linear
from record.recording import case, ids, tensor, values, weighted


@case
def linear_relu_mse(r):
    r.dims = {"batch": 4}
    r.linear("h.linear", 5, 6)
    r.linear("y.linear", 6, 3)
    r.batches = [{"x": values(4, 5), "t": values(4, 3)}]
    r.forward = lambda p, x, training: {"y": linear(p, "y.linear", F.relu(linear(p, "h.linear", x["x"])))}
    r.loss = lambda p, x, training: F.mse_loss(r.forward(p, x, training)["y"], x["t"])


@case
def mean_absolute_error(r):
    r.dims = {"batch": 4}
    r.linear("y.linear", 5, 3)
    r.batches = [{"x": values(4, 5), "t": values(4, 3)}]
    r.forward = lambda p, x, training: {"y": linear(p, "y.linear", x["x"])}
    r.loss = lambda p, x, training: F.l1_loss(r.forward(p, x, training)["y"], x["t"])


@case
def cross_entropy(r):
    r.dims = {"batch": 6}
    r.linear("logits.linear", 5, 4)
    r.batches = [{"x": values(6, 5), "label": ids(4, 6)}]

    def forward(p, x, training):
        logits = linear(p, "logits.linear", x["x"])
        return {"probability": F.softmax(logits, -1), "best": logits.argmax(-1)}

    r.forward = forward
    r.loss = lambda p, x, training: F.cross_entropy(linear(p, "logits.linear", x["x"]), x["label"])


@case
def cross_entropy_far(r):
    r.parameter("logits", tensor([[900.0, -900, 3], [1e3, 1e3, 999], [-2e3, -2e3, -2001], [0, 800, -800]]))
    r.batches = [{"label": tensor([1, 0, 2, 1])}]
    r.forward = lambda p, x, training: {"probability": F.softmax(p["logits"], -1)}
    r.loss = lambda p, x, training: F.cross_entropy(p["logits"], x["label"])


@case
def binary_cross_entropy(r):
    r.dims = {"batch": 6}
    r.linear("p.linear", 5, 1)
    r.batches = [{"x": values(6, 5), "t": tensor([[0.0], [1], [1], [0], [0.25], [0.5]])}]
    r.forward = lambda p, x, training: {"p": torch.sigmoid(linear(p, "p.linear", x["x"]))}
    r.loss = lambda p, x, training: F.binary_cross_entropy(r.forward(p, x, training)["p"], x["t"])


@case
def binary_cross_entropy_saturated(r):
    r.parameter("z", tensor([-60.0, 60, -800, 800, 45, -45, 0, 38]))
    r.batches = [{"t": tensor([0.0, 1, 1, 0, 0, 1, 0.5, 0.25])}]
    r.loss = lambda p, x, training: F.binary_cross_entropy_with_logits(p["z"], x["t"])


@case
def activations(r):
    far = tensor([[0.0, 30, -30, 8, -8, 3, -3], [1e-3, -1e-3, 0.5, -0.5, 100, -100, 1], [0, 0, 0, 0, 0, 0, 0]])
    for name in "abcdefghi":
        x = far.clone()
        x[2] = values(7, scale=2)
        r.parameter(name, x)
    r.batches = [{"dy": values(3, 7)}]
    r.forward = lambda p, x, training: {
        "by_relu": F.relu(p["a"]),
        "by_leaky_relu": F.leaky_relu(p["b"], 0.1),
        "by_gelu": F.gelu(p["c"]),
        "by_silu": F.silu(p["d"]),
        # Beyond its threshold, PyTorch's softplus is the identity.
        "by_softplus": F.softplus(p["e"], threshold=700),
        "by_tanh": torch.tanh(p["f"]),
        "by_sigmoid": torch.sigmoid(p["g"]),
        "by_softmax": F.softmax(p["h"], -1),
        "by_log_softmax": F.log_softmax(p["i"], -1),
    }
    r.loss = lambda p, x, training: sum((x["dy"] * y).sum() for y in r.forward(p, x, training).values())


@case
def scalar_functions(r):
    for name in "abcd":
        r.parameter(name, values(6, scale=1.5))
    r.parameter("positive", 0.25 + values(6).abs())
    r.parameter("exponent", values(6, scale=1.5))
    r.batches = [{"dy": values(6)}]
    r.forward = lambda p, x, training: {
        "power": p["positive"] ** p["exponent"],
        "ratio": p["a"] / p["positive"],
        "waves": torch.sin(p["b"]) * torch.cos(p["a"]),
        "logs": torch.log(p["positive"]) * torch.exp(p["c"] / 4),
        "roots": torch.sqrt(p["positive"]) + p["d"].abs() + p["d"] ** 3,
        "errors": torch.erf(p["c"]),
        "between": torch.clamp(p["c"], -1, 1),
    }
    r.loss = lambda p, x, training: sum((x["dy"] * y).sum() for y in r.forward(p, x, training).values())


@case
def reductions(r):
    product = values(4, 5)
    product[1, 2] = 0
    product[2, 0] = product[2, 3] = 0
    r.parameter("a", product)
    for name in "bc":
        x = values(4, 5)
        x[1, 1] = x[1, 3] = 5 if name == "b" else -5
        r.parameter(name, x)
    r.parameter("d", values(4, 5))
    r.batches = [{"drow": values(4)}]
    r.forward = lambda p, x, training: {
        "product": p["a"].prod(1),
        "largest": p["b"].max(1).values,
        "smallest": p["c"].min(1).values,
        "norm": torch.linalg.norm(p["d"], dim=1),
        "which": p["b"].argmax(1),
    }
    outputs = ["product", "largest", "smallest", "norm"]
    weighted(r, {y: "drow" for y in outputs})


@case
def losses_by_hand(r):
    for name in "abcd":
        r.parameter(name, values(4, 5))
    r.batches = [{"t": values(4, 5)}]
    r.forward = lambda p, x, training: {
        "free": torch.logsumexp(p["b"], 1),
        "similar": F.cosine_similarity(p["c"], x["t"]),
        "apart": F.kl_div(F.log_softmax(p["d"], 1), F.log_softmax(x["t"], 1), reduction="batchmean", log_target=True),
    }
    r.loss = lambda p, x, training: F.huber_loss(p["a"], x["t"], delta=0.5) + sum(
        y.sum() for y in r.forward(p, x, training).values()
    )
