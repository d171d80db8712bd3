"""Optimizers, and derivatives of derivatives."""

import torch
import torch.nn.functional as F

from record.layout import batch_norm, channels_first, channels_last, conv2d, layer_norm, linear, running
from record.recording import case, cases, ids, values


def optimized(optimizer, **hyper):
    def fill(r):
        r.dims = {"batch": 6}
        r.hyper = hyper
        r.linear("h.linear", 4, 5)
        r.linear("y.linear", 5, 2)
        r.batches = [{"x": values(6, 4), "t": values(6, 2)} for _ in range(5)]
        r.optimizer = optimizer
        r.forward = lambda p, x, training: {"y": linear(p, "y.linear", torch.tanh(linear(p, "h.linear", x["x"])))}
        r.loss = lambda p, x, training: F.mse_loss(r.forward(p, x, training)["y"], x["t"])

    return fill


cases["optimizer-sgd"] = optimized(lambda p: torch.optim.SGD(p, lr=0.05), lr=0.05)
cases["optimizer-momentum"] = optimized(lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8), lr=0.05, decay=0.8)
cases["optimizer-adam"] = optimized(
    lambda p: torch.optim.Adam(p, lr=0.02, betas=(0.8, 0.99), eps=1e-6), lr=0.02, beta1=0.8, beta2=0.99, epsilon=1e-6
)
cases["optimizer-adamw"] = optimized(lambda p: torch.optim.AdamW(p, lr=0.02, weight_decay=0.1), lr=0.02, decay=0.1)


cases["optimizer-rmsprop"] = optimized(lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.9), decay=0.9)
cases["optimizer-nesterov"] = optimized(
    lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.02), lr=0.05, shrink=0.02
)


@case
def optimizer_cosine(r):
    optimized(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9))(r)
    r.schedule = lambda optimizer: torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=4, eta_min=0.01)


@case
def ragged(r):
    r.linear("h.linear", 4, 5)
    running(r, "h.batch_norm", 5)
    r.linear("logits.linear", 5, 3)
    r.batches = [{"x": values(n, 4), "label": ids(3, n)} for n in [8, 3, 5, 2]]
    r.dims = {"batch": [8, 3, 5, 2]}
    r.optimizer = lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)

    def logits(p, x, training):
        h = F.gelu(batch_norm(r, p, "h.batch_norm", linear(p, "h.linear", x["x"]), training))
        return linear(p, "logits.linear", h)

    r.forward = lambda p, x, training: {"probability": F.softmax(logits(p, x, training), -1)}
    r.loss = lambda p, x, training: F.cross_entropy(logits(p, x, training), x["label"])


# Derivatives of derivatives.


def derivative(u, x):
    return torch.autograd.grad(u, x, create_graph=True)[0]


@case
def gradient_penalty(r):
    r.dims = {"batch": 4}
    r.hyper = {"lr": 1e-2}
    for path, inputs, units in [("linear", 5, 6), ("linear2", 6, 4), ("linear3", 4, 1)]:
        r.linear(f"score.{path}", inputs, units)
    r.batches = [{"x": values(4, 5)} for _ in range(3)]
    r.optimizer = lambda p: torch.optim.Adam(p, lr=1e-2)

    def both(p, x):
        x = x["x"].clone().requires_grad_()
        h = F.silu(linear(p, "score.linear2", torch.tanh(linear(p, "score.linear", x))))
        score = linear(p, "score.linear3", h)
        return score, derivative(score.sum(), x).norm(dim=1)

    def loss(p, x, training):
        score, length = both(p, x)
        return score.mean() + 10 * ((length - 1) ** 2).mean()

    r.forward = lambda p, x, training: {"length": both(p, x)[1]}
    r.loss = loss


@case
def gradient_penalty_conv(r):
    r.parameter("h.conv2d.W", values(3, 3, 2, 3, scale=0.5))
    r.parameter("h.conv2d.b", values(3))
    r.linear("score.linear", 12, 1)
    r.batches = [{"image": values(2, 6, 6, 2)}]

    def loss(p, x, training):
        image = x["image"].clone().requires_grad_()
        h = torch.tanh(conv2d(p, "h.conv2d", image, stride=2, padding=1))
        h = channels_last(F.avg_pool2d(channels_first(h), 2, stride=1))
        score = linear(p, "score.linear", h.flatten(1))
        return (derivative((score**2).sum(), image) ** 2).mean() + score.mean()

    r.loss = loss


@case
def heat_equation(r):
    r.hyper = {"lr": 0.05}
    for path, inputs, units in [("linear", 2, 5), ("linear2", 5, 5), ("linear3", 5, 1)]:
        r.linear(f"u.{path}", inputs, units)
    r.batches = [{"place": values(6, 1), "time": values(6, 1)} for _ in range(3)]
    r.optimizer = lambda p: torch.optim.SGD(p, lr=0.05)

    def residual(p, x):
        place, time = (x[name].clone().requires_grad_() for name in ["place", "time"])
        h = torch.tanh(linear(p, "u.linear", torch.cat([place, time], 1)))
        u = linear(p, "u.linear3", torch.tanh(linear(p, "u.linear2", h)))
        u_x = derivative(u.sum(), place)
        return derivative(u.sum(), time) - derivative(u_x.sum(), place)

    r.forward = lambda p, x, training: {"residual": residual(p, x)}
    r.loss = lambda p, x, training: (residual(p, x) ** 2).mean()


@case
def gradient_of_norms(r):
    r.linear("h.linear", 4, 4)
    r.norm("h.layer_norm", 4)
    r.batches = [{"x": values(3, 4)}]

    def loss(p, x, training):
        x = x["x"].clone().requires_grad_()
        h = layer_norm(p, "h.layer_norm", linear(p, "h.linear", x))
        y = F.softmax(h @ h.T / 2, -1) @ h
        g = derivative((F.gelu(y) ** 2).mean(), x)
        return (g**2).sum() + y.mean()

    r.loss = loss


@case
def norm_penalty(r):
    r.hyper = {"lr": 0.1}
    r.parameter("h.conv2d.W", values(3, 3, 2, 3, scale=0.5))
    r.parameter("h.conv2d.b", values(3))
    running(r, "h.batch_norm", 3)
    r.linear("score.linear", 27, 1)
    r.batches = [{"image": values(2, 6, 6, 2)} for _ in range(2)]
    r.optimizer = lambda p: torch.optim.SGD(p, lr=0.1)

    def loss(p, x, training):
        image = x["image"].clone().requires_grad_()
        h = batch_norm(r, p, "h.batch_norm", conv2d(p, "h.conv2d", image, padding=1), training)
        h = F.softplus(channels_last(F.max_pool2d(channels_first(h), 2)))
        score = linear(p, "score.linear", h.flatten(1))
        return (derivative((score**2).sum(), image) ** 2).mean() + score.mean()

    r.loss = loss


@case
def curvature(r):
    r.parameter("w", values(3))
    r.parameter("A", values(3, 3))
    r.batches = [{"along": values(3)}]

    def both(p, x):
        u = (torch.exp(torch.tanh(p["A"] @ p["w"])) * p["w"]).sum()
        return u, derivative((derivative(u, p["w"]) * x["along"]).sum(), p["w"])

    def loss(p, x, training):
        u, hv = both(p, x)
        return (hv**2).sum() + u

    r.forward = lambda p, x, training: {"hv": both(p, x)[1]}
    r.loss = loss
