"""Activations and losses of the library."""

import torch
import torch.nn.functional as F

from record.layout import linear
from record.recording import case, ids, tensor, values


def each(r, points, names):
    for name in names:
        r.parameter(name, points)


@case
def rectifiers(r):
    kinks = tensor([[0, 6, -3, 3, -1, 1, 0.5, -0.5, 7], [0, 0, 0, 0, 0, 0, 0, 0, 0]]).double()
    kinks[1] = values(9, scale=3)
    each(r, kinks, "abcdefgh")
    r.parameter("by_prelu.prelu.slope", values(9))
    r.batches = [{"dy": values(2, 9)}]
    r.forward = lambda p, x, training: {
        "by_relu6": F.relu6(p["a"]),
        "by_prelu": F.prelu(p["b"], p["by_prelu.prelu.slope"]),
        "by_elu": F.elu(p["c"], 0.5),
        "by_selu": F.selu(p["d"]),
        "by_celu": F.celu(p["e"], 2),
        # F.hardsigmoid rounds its slope of 1/6 to 32 bits.
        "by_hard_sigmoid": F.relu6(p["f"] + 3) / 6,
        "by_hard_tanh": F.hardtanh(p["g"]),
        "by_hard_swish": F.hardswish(p["h"]),
    }
    r.loss = lambda p, x, training: sum((x["dy"] * y).sum() for y in r.forward(p, x, training).values())


@case
def gates(r):
    each(r, values(2, 8, scale=2), "abcdefg")
    r.parameter("by_swish.learned_swish.beta", values(8))
    r.parameter("by_swiglu.swiglu.gate.linear.W", values(8, 4))
    r.parameter("by_swiglu.swiglu.value.linear.W", values(8, 4))
    r.linear("by_maxout.maxout.piece.linear", 8, 12)
    r.batches = [{"dy": values(2, 8), "dhalf": values(2, 4)}]

    def forward(p, x, training):
        gate, value = (linear(p, f"by_swiglu.swiglu.{part}.linear", p["f"]) for part in ["gate", "value"])
        pieces = linear(p, "by_maxout.maxout.piece.linear", p["g"])
        return {
            "by_softsign": F.softsign(p["a"]),
            "by_mish": F.mish(p["b"]),
            "by_gelu_tanh": F.gelu(p["c"], approximate="tanh"),
            "by_glu": F.glu(p["d"]),
            "by_swish": p["e"] * torch.sigmoid(p["by_swish.learned_swish.beta"] * p["e"]),
            "by_swiglu": F.silu(gate) * value,
            "by_maxout": pieces.reshape(2, 4, 3).max(-1).values,
        }

    r.forward = forward
    r.loss = lambda p, x, training: sum(
        (x["dhalf" if y.shape[1] == 4 else "dy"] * y).sum() for y in r.forward(p, x, training).values()
    )


def all_losses(r):
    r.loss = lambda p, x, training: sum(y.sum() for y in r.forward(p, x, training).values())


@case
def losses_of_numbers(r):
    r.parameter("y", values(4, 5))
    r.parameter("z", values(4, 5))
    r.parameter("variance", 0.5 + values(4, 5).abs())
    t = values(4, 5)
    # Errors of exactly 0 and of exactly what the losses call large.
    t[0, :3] = r.parameters["y"].detach()[0, :3] + tensor([0, 0.5, -0.5])
    yes = tensor([0.0, 1, 0.25])[ids(3, 4, 5)]
    r.batches = [{"t": t, "yes": yes, "count": ids(5, 4, 5), "positive": 0.5 + values(5).abs()}]

    def weighted(p, yes):
        return -(2 * yes * F.logsigmoid(p["z"]) + 0.5 * (1 - yes) * F.logsigmoid(-p["z"])).mean()

    r.forward = lambda p, x, training: {
        "by_mse": F.mse_loss(p["y"], x["t"]),
        "by_huber": F.huber_loss(p["y"], x["t"], delta=0.5),
        "by_smooth_l1": F.smooth_l1_loss(p["y"], x["t"], beta=0.5),
        "by_logits": F.binary_cross_entropy_with_logits(p["z"], x["yes"]),
        "by_weighted_logits": F.binary_cross_entropy_with_logits(p["z"], x["yes"], pos_weight=x["positive"]),
        "by_probabilities": weighted(p, x["yes"]),
        "by_counts": F.poisson_nll_loss(p["z"], x["count"]),
        "by_variance": F.gaussian_nll_loss(p["y"], x["t"], p["variance"]),
    }
    all_losses(r)


@case
def losses_of_classes(r):
    r.parameter("z", values(5, 4, scale=2))
    r.parameter("u", values(5, 4, scale=2))
    t = torch.rand(5, 4).mul(8).round() + tensor([[1, 0, 0, 0]])
    t[0] = tensor([0, 0, 1, 0])
    t = torch.round(1024 * t / t.sum(1, keepdim=True)) / 1024
    r.batches = [{"label": ids(4, 5), "weight": 0.5 + values(4).abs(), "t": t}]
    r.forward = lambda p, x, training: {
        "by_smoothing": F.cross_entropy(p["z"], x["label"], label_smoothing=0.1),
        "by_weights": F.cross_entropy(p["u"], x["label"], weight=x["weight"]),
        "by_soft_labels": F.cross_entropy(p["z"], x["t"]),
        "by_margins": F.multi_margin_loss(p["u"], x["label"], margin=0.5),
        "by_divergence": F.kl_div(F.log_softmax(p["u"], 1), x["t"], reduction="batchmean"),
    }
    all_losses(r)


@case
def losses_of_pairs(r):
    for name in "abc":
        r.parameter(name, values(6, 3))
    # A distance of 0 has derivative 0.
    r.parameter("b", torch.cat([r.parameters["a"][:1].detach(), r.parameters["b"][1:].detach()]))
    r.batches = [{"t": tensor([1, -1, -1, 1, -1, -1])}]
    r.forward = lambda p, x, training: {
        "by_cosine": F.cosine_embedding_loss(p["a"], p["b"], x["t"], margin=0.1),
        "by_triplets": F.triplet_margin_loss(p["a"], p["b"], p["c"], margin=0.5, eps=0),
        "similar": F.cosine_similarity(p["a"], p["c"]),
        "apart": F.pairwise_distance(p["b"], p["c"], eps=0),
    }
    all_losses(r)
