"""Optimizers and schedules of the library, groups of parameters, frozen ones, clipped gradients, averaged weights.

Lion and LAMB are not in PyTorch: they are written here from the formulas of their papers.
"""

import torch
import torch.nn.functional as F
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel

from record.layout import linear
from record.recording import cases, values


def small(optimizer, schedule=None, steps=4):
    """Two linear maps; `optimizer` is given the Recording."""

    def fill(r):
        r.linear("h.linear", 2, 2)
        r.linear("y.linear", 2, 1)
        r.batches = [{"x": values(3, 2), "t": values(3)} for _ in range(steps)]
        r.optimizer = lambda p: optimizer(r)
        r.schedule = schedule
        r.forward = lambda p, x, training: {"y": linear(p, "y.linear", torch.tanh(linear(p, "h.linear", x["x"])))}
        r.loss = lambda p, x, training: F.mse_loss(r.forward(p, x, training)["y"][:, 0], x["t"])

    return fill


def of(kind, **options):
    """An optimizer of PyTorch over all parameters."""
    return lambda r: kind(r.parameters.values(), **options)


class Lion(torch.optim.Optimizer):
    """Chen et al. (2023), algorithm 2."""

    def __init__(self, parameters, lr, betas=(0.9, 0.99), decay=0.0):
        super().__init__(parameters, {"lr": lr, "betas": betas, "decay": decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                c = beta1 * m + (1 - beta1) * p.grad
                p -= group["lr"] * (torch.sign(c) + group["decay"] * p)
                self.state[p]["m"] = beta2 * m + (1 - beta2) * p.grad


class Lamb(torch.optim.Optimizer):
    """You et al. (2020), algorithm 2, with φ the identity."""

    def __init__(self, parameters, lr, betas=(0.9, 0.999), epsilon=1e-6, decay=0.0):
        super().__init__(parameters, {"lr": lr, "betas": betas, "epsilon": epsilon, "decay": decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                state = self.state[p]
                t = state["t"] = state.get("t", 0) + 1
                m = state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * p.grad
                v = state["v"] = beta2 * state.get("v", 0) + (1 - beta2) * p.grad**2
                ratio = (m / (1 - beta1**t)) / (torch.sqrt(v / (1 - beta2**t)) + group["epsilon"])
                u = ratio + group["decay"] * p
                p -= group["lr"] * p.norm() / u.norm() * u


SGD, Adam = torch.optim.SGD, torch.optim.Adam
cases.update(
    {
        "optimizer-sgd-decay": small(of(SGD, lr=0.1, weight_decay=0.05)),
        "optimizer-momentum-decay": small(of(SGD, lr=0.1, momentum=0.9, weight_decay=0.05)),
        "optimizer-nesterov-library": small(of(SGD, lr=0.1, momentum=0.8, nesterov=True, weight_decay=0.05)),
        "optimizer-adagrad": small(of(torch.optim.Adagrad, lr=0.1, lr_decay=0.1, initial_accumulator_value=0.2)),
        "optimizer-rmsprop-library": small(of(torch.optim.RMSprop, lr=0.02, alpha=0.9)),
        "optimizer-rmsprop-centred": small(
            of(torch.optim.RMSprop, lr=0.02, alpha=0.9, momentum=0.9, centered=True)
        ),
        "optimizer-adadelta": small(of(torch.optim.Adadelta)),
        "optimizer-adamax": small(of(torch.optim.Adamax, lr=0.05)),
        # The loop of PyTorch 1.13 over single tensors multiplies one factor of the momentum twice.
        "optimizer-nadam": small(of(torch.optim.NAdam, lr=0.05, foreach=True)),
        "optimizer-adam-regularised": small(of(Adam, lr=0.05, weight_decay=0.1)),
        "optimizer-lion": small(of(Lion, lr=0.01, decay=0.1)),
        "optimizer-lamb": small(of(Lamb, lr=0.05, decay=0.1)),
    }
)


# Groups, frozen parameters, averages.


def groups(r):
    rate = {"h.linear.W": (0.005, 0.1), "h.linear.b": (0.005, 0), "y.linear.W": (0.05, 0.1), "y.linear.b": (0.05, 0)}
    return torch.optim.AdamW(
        [{"params": [p], "lr": rate[name][0], "weight_decay": rate[name][1]} for name, p in r.parameters.items()]
    )


def frozen(r):
    small(of(Adam, lr=0.05))(r)
    for name in ["h.linear.W", "h.linear.b", "y.linear.b"]:
        r.parameters[name].requires_grad_(False)


def averaged(r):
    """The averages are kept as states of the .nn model, which start as the parameters do."""

    class Weights(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weights = torch.nn.ParameterList(r.parameters.values())

    def fade(average, parameter, count):
        return 0.9 * average + 0.1 * parameter

    def start(p):
        weights = Weights()
        # What is optimized are the module's own parameters.
        r.parameters = dict(zip(r.parameters, weights.weights))
        average = AveragedModel(weights, avg_fn=fade)
        average.update_parameters(weights)

        def follow():
            average.update_parameters(weights)
            for name, value in zip(r.parameters, average.module.weights):
                r.states[f"{name}.average.average"] = value

        r.followed = follow
        return SGD(weights.parameters(), lr=0.1)

    small(None)(r)
    r.optimizer = start


cases["optimizer-groups"] = small(groups)
cases["optimizer-frozen"] = frozen
cases["optimizer-average"] = averaged


# Clipped gradients.


def clipped(clip, optimizer):
    def fill(r):
        small(optimizer)(r)
        r.clip = lambda: clip(r.parameters.values())

    return fill


cases["clip-by-norm"] = clipped(lambda p: clip_grad_norm_(p, 0.3), of(SGD, lr=0.1, momentum=0.9))
cases["clip-by-value"] = clipped(lambda p: clip_grad_value_(p, 0.1), of(SGD, lr=0.1))


# Schedules.


def scheduled(schedule, steps=6, **options):
    return small(of(SGD, **{"lr": 0.1, **options}), schedule, steps)


def warmed(optimizer):
    rising = lr_scheduler.LinearLR(optimizer, start_factor=0.25, total_iters=4)
    return lr_scheduler.ChainedScheduler([rising, lr_scheduler.ExponentialLR(optimizer, gamma=0.9)])


cases["schedule-step"] = scheduled(lambda o: lr_scheduler.StepLR(o, step_size=2, gamma=0.5))
cases["schedule-exponential"] = scheduled(lambda o: lr_scheduler.ExponentialLR(o, gamma=0.8))
cases["schedule-cosine-restarts"] = scheduled(
    lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=3, eta_min=0.01), steps=8
)
cases["schedule-linear"] = scheduled(
    lambda o: lr_scheduler.LinearLR(o, start_factor=1, end_factor=0, total_iters=4)
)
cases["schedule-warmup"] = scheduled(warmed)
cases["schedule-one-cycle"] = scheduled(
    lambda o: lr_scheduler.OneCycleLR(o, max_lr=0.3, total_steps=10), steps=10, momentum=0.9
)
