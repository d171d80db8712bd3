"""Positions, attention and transformer blocks of the library."""

import math

import torch
import torch.nn.functional as F
from torch.nn.utils.stateless import functional_call

from record.layout import layer_norm, linear
from record.recording import case, ids, values, weighted


@case
def attention_positions(r):
    time, width = 4, 6
    r.parameter("x", values(2, time, width))
    r.parameter("learned.learned_positions.P", values(time, width))
    r.batches = [{name: values(2, time, width) for name in ["da", "db", "dc"]}]
    place = torch.arange(time).double()[:, None]
    rate = 10000 ** -(torch.arange(0, width, 2).double() / width)
    angle = place * rate

    def outputs(p, x, training):
        wave = torch.stack([angle.sin(), angle.cos()], -1).flatten(-2)
        # A pair of numbers is a complex one; to turn it is to multiply by exp(i·θ).
        pairs = torch.view_as_complex(p["x"].unflatten(-1, (width // 2, 2)))
        turned = torch.view_as_real(pairs * torch.polar(torch.ones_like(angle), angle)).flatten(-2)
        return {"waves": p["x"] + wave, "learned": p["x"] + p["learned.learned_positions.P"], "turned": turned}

    r.forward = outputs
    weighted(r, {"waves": "da", "learned": "db", "turned": "dc"})


@case
def attention_masked(r):
    """Where nothing may be looked at, PyTorch 1.13 has NaN and later versions 0, which is what is meant here."""
    r.parameter("q", values(2, 3, 4))
    r.parameter("k", values(2, 5, 4))
    r.parameter("v", values(2, 5, 2))
    allowed = torch.rand(2, 3, 5) < 0.6
    allowed[0, 1] = False
    allowed[1, 2] = True
    r.batches = [{"allowed": allowed, "dy": values(2, 3, 2)}]

    def outputs(p, x, training):
        score = p["q"] @ p["k"].transpose(1, 2) / math.sqrt(4)
        some = x["allowed"].any(-1, keepdim=True)
        weight = F.softmax(score.masked_fill(~x["allowed"] & some, -math.inf), -1)
        return {"y": torch.where(some, weight, torch.zeros(())) @ p["v"]}

    r.forward = outputs
    weighted(r, {"y": "dy"})


def projections(r, path, width, memory=None, bias=True):
    for name in ["query", "key", "value", "out"]:
        r.linear(f"{path}.{name}", memory if memory and name in ["key", "value"] else width, width, bias)


def attend(p, path, x, memory, heads, **masks):
    """PyTorch's multi-head attention, whose masks are true where nothing may be looked at."""
    W = {name: p[f"{path}.{name}.W"].T for name in ["query", "key", "value"]}
    biases = torch.cat([p[f"{path}.{name}.b"] for name in W])
    out = p[f"{path}.out.W"].T, p[f"{path}.out.b"]
    first = [t.transpose(0, 1) for t in (x, memory, memory)]
    width = x.shape[-1]
    mixed, _ = F.multi_head_attention_forward(
        *first, width, heads, None, biases, None, None, False, 0.0, *out, **masks,
        use_separate_proj_weight=True, q_proj_weight=W["query"], k_proj_weight=W["key"], v_proj_weight=W["value"],
    )  # fmt: skip
    return mixed.transpose(0, 1)


def future(time):
    return torch.ones(time, time, dtype=torch.bool).triu(1)


@case
def attention_heads(r):
    r.parameter("x", values(2, 4, 4))
    r.parameter("memory", values(2, 3, 5))
    projections(r, "causal", 4)
    projections(r, "padded", 4)
    projections(r, "cross", 4, 5)
    present = torch.tensor([[True, True, True, True], [True, True, False, False]])
    known = torch.tensor([[True, False, True], [False, True, True]])
    weighing = {name: values(2, 4, 4) for name in ["da", "db", "dc"]}
    r.batches = [{"present": present, "known": known, **weighing}]

    def outputs(p, x, training):
        at = p["x"]
        return {
            "a": attend(p, "causal", at, at, 2, attn_mask=future(4)),
            "b": attend(p, "padded", at, at, 2, attn_mask=future(4), key_padding_mask=~x["present"]),
            "c": attend(p, "cross", at, p["memory"], 2, key_padding_mask=~x["known"]),
        }

    r.forward = outputs
    weighted(r, {"a": "da", "b": "db", "c": "dc"})


def bias(p, path):
    """That of a linear map, zero where it has none."""
    return p.get(f"{path}.b", torch.zeros(p[f"{path}.W"].shape[-1]))


def packed(p, path, name):
    """The weights of an attention as torch.nn.MultiheadAttention keeps them."""
    three = ["query", "key", "value"]
    return {
        f"{name}.in_proj_weight": torch.cat([p[f"{path}.{k}.W"].T for k in three]),
        f"{name}.in_proj_bias": torch.cat([bias(p, f"{path}.{k}") for k in three]),
        f"{name}.out_proj.weight": p[f"{path}.out.W"].T,
        f"{name}.out_proj.bias": bias(p, f"{path}.out"),
    }


def rest(p, path, norms):
    """The weights of norms and linear maps as the transformer layers of torch.nn keep them."""
    maps = {"linear1": "widen", "linear2": "narrow"}
    found = {f"{there}.weight": p[f"{path}.{here}.W"].T for there, here in maps.items()}
    found.update({f"{there}.bias": bias(p, f"{path}.{here}") for there, here in maps.items()})
    for n in range(1, norms + 1):
        found[f"norm{n}.weight"] = p[f"{path}.norm{n}.gain"]
        found[f"norm{n}.bias"] = p[f"{path}.norm{n}.shift"]
    return found


def block(r, path, norms, *attentions, factor=2, bias=True):
    for n in range(1, norms + 1):
        r.norm(f"{path}.norm{n}", 4)
    for name in attentions:
        projections(r, f"{path}.{name}", 4, bias=bias)
    r.linear(f"{path}.widen", 4, factor * 4, bias)
    r.linear(f"{path}.narrow", factor * 4, 4, bias)


layer_options = {"dropout": 0.0, "activation": F.gelu, "batch_first": True, "norm_first": True}


@case
def transformer_block(r):
    r.parameter("x", values(2, 3, 4))
    path = "y.transformer_block"
    block(r, path, 2, "attention")
    r.batches = [{"dy": values(2, 3, 4)}]
    layer = torch.nn.TransformerEncoderLayer(4, 2, 8, **layer_options)

    def outputs(p, x, training):
        found = {**packed(p, f"{path}.attention", "self_attn"), **rest(p, path, 2)}
        return {"y": functional_call(layer, found, (p["x"], future(3)))}

    r.forward = outputs
    weighted(r, {"y": "dy"})


@case
def transformer(r):
    time, letters, width, batch = 5, 6, 4, 3
    r.model = "examples/transformer.nn"
    r.sizes = {"time": time, "letters": letters, "width": width, "heads": 2}
    r.dims = {"batch": batch}
    r.hyper = {"lr": 3e-3}
    path = "read.0.transformer_block"
    r.parameter("read.embedding.E", values(letters, width))
    r.parameter("read.learned_positions.P", values(time, width))
    block(r, path, 2, "attention", factor=4, bias=False)
    r.norm("logits.layer_norm", width)
    r.linear("logits.linear", width, letters)
    r.batches = [{"letter": ids(letters, batch, time), "next": ids(letters, batch, time)} for _ in range(3)]
    r.optimizer = lambda p: torch.optim.Adam(p, lr=3e-3)
    layer = torch.nn.TransformerEncoderLayer(width, 2, 4 * width, **layer_options)

    def logits(p, x):
        start = F.embedding(x["letter"], p["read.embedding.E"]) + p["read.learned_positions.P"]
        found = {**packed(p, f"{path}.attention", "self_attn"), **rest(p, path, 2)}
        read = functional_call(layer, found, (start, future(time)))
        return linear(p, "logits.linear", layer_norm(p, "logits.layer_norm", read))

    r.forward = lambda p, x, training: {"probability": F.softmax(logits(p, x), -1)}
    r.loss = lambda p, x, training: F.cross_entropy(logits(p, x).flatten(0, 1), x["next"].flatten())


@case
def transformer_decoder(r):
    r.parameter("x", values(2, 3, 4))
    r.parameter("memory", values(2, 2, 4))
    block(r, "read", 3, "self_attention", "memory_attention")
    known = torch.tensor([[True, True], [False, True]])
    r.batches = [{"known": known, "dy": values(2, 3, 4)}]
    layer = torch.nn.TransformerDecoderLayer(4, 2, 8, **layer_options)

    def outputs(p, x, training):
        found = {
            **packed(p, "read.self_attention", "self_attn"),
            **packed(p, "read.memory_attention", "multihead_attn"),
            **rest(p, "read", 3),
        }
        masks = {"tgt_mask": future(3), "memory_key_padding_mask": ~x["known"]}
        return {"y": functional_call(layer, found, (p["x"], p["memory"]), masks)}

    r.forward = outputs
    weighted(r, {"y": "dy"})


@case
def bilinear(r):
    r.parameter("x", values(3, 2))
    r.parameter("y", values(3, 4))
    r.parameter("pair.W", values(2, 4, 3))
    r.parameter("pair.b", values(3))
    r.batches = [{"dz": values(3, 3)}]
    r.forward = lambda p, x, training: {
        "z": F.bilinear(p["x"], p["y"], p["pair.W"].permute(2, 0, 1), p["pair.b"])
    }
    weighted(r, {"z": "dz"})
