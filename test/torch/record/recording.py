"""What is recorded of a model, and random numbers to record it with."""

import math

import torch

cases = {}


def case(function):
    """A case is a function that fills a Recording; underscores in its name stand for hyphens."""
    cases[function.__name__.replace("_", "-")] = function
    return function


def values(*shape, scale=1.0):
    """Random numbers with few digits, so that they are short to write and exact in 32 bits too."""
    return torch.round(torch.randn(*shape) * scale * 1024) / 1024


def ids(below, *shape):
    return torch.randint(0, below, shape)


def tensor(numbers):
    return torch.tensor(numbers)


def listed(t):
    """Row-major numbers; whole ones without a fraction."""
    return [int(x) if float(x).is_integer() else float(x) for x in t.detach().reshape(-1).tolist()]


class Recording:
    """Parameters, batches and what a model makes of them."""

    def __init__(self, name):
        self.model = f"test/torch/models/{name}.nn"
        self.sizes = {}
        self.dims = {}
        self.hyper = {}
        self.parameters = {}
        self.states = {}
        self.batches = []
        self.optimizer = None
        self.schedule = None
        # What is done with the gradients before each step of the optimizer, and what after it.
        self.clip = lambda: None
        self.followed = lambda: None
        self.forward = lambda p, x, training: {}
        self.loss = None

    def parameter(self, name, start):
        self.parameters[name] = start.clone().requires_grad_()

    def linear(self, path, inputs, units, bias=True):
        self.parameter(f"{path}.W", values(inputs, units, scale=1 / math.sqrt(inputs)))
        if bias:
            self.parameter(f"{path}.b", values(units, scale=0.5))

    def norm(self, path, width):
        self.parameter(f"{path}.gain", 1 + values(width, scale=0.3))
        self.parameter(f"{path}.shift", values(width, scale=0.3))

    def infer(self):
        """Outputs and loss at inference. Gradients stay on: an output may hold a derivative."""
        outputs = self.forward(self.parameters, self.batches[0], False)
        loss = self.loss(self.parameters, self.batches[0], False)
        return {k: listed(v) for k, v in outputs.items()}, loss.item()

    def record(self):
        p = self.parameters
        start = {k: listed(v) for k, v in p.items()}
        outputs, evaluated = self.infer()
        kept = {k: v.clone() for k, v in self.states.items()}
        loss = self.loss(p, self.batches[0], True)
        learned = {k: v for k, v in p.items() if v.requires_grad}
        gradients = torch.autograd.grad(loss, list(learned.values()), allow_unused=True)
        for k, v in kept.items():
            self.states[k].copy_(v)
        fixture = {
            "torch": torch.__version__,
            "model": self.model,
            "sizes": self.sizes,
            "dims": self.dims,
            "hyper": self.hyper,
            "parameters": start,
            "batches": [{k: listed(v) for k, v in batch.items()} for batch in self.batches],
            "loss": loss.item(),
            "gradients": {
                k: listed(torch.zeros_like(v) if g is None else g) for (k, v), g in zip(learned.items(), gradients)
            },
            "outputs": outputs,
        }
        if evaluated != loss.item():
            fixture["evaluated"] = evaluated
        if self.optimizer:
            fixture["trained"] = self.train()
        return fixture

    def train(self):
        optimizer = self.optimizer(list(self.parameters.values()))
        schedule = self.schedule and self.schedule(optimizer)
        losses = []
        for batch in self.batches:
            optimizer.zero_grad()
            loss = self.loss(self.parameters, batch, True)
            loss.backward()
            self.clip()
            optimizer.step()
            self.followed()
            if schedule:
                schedule.step()
            losses.append(loss.item())
        outputs, evaluated = self.infer()
        return {
            "losses": losses,
            "parameters": {k: listed(v) for k, v in self.parameters.items()},
            "states": {k: listed(v) for k, v in self.states.items()},
            "outputs": outputs,
            "evaluated": evaluated,
        }


def weighted(r, outputs):
    """The loss Σ dy·y of outputs that have a weight each among the inputs: {output: input}."""
    r.loss = lambda p, x, training: sum(
        (r.forward(p, x, training)[y] * x[dy]).sum() for y, dy in outputs.items()
    )
