"""Tensors joined, cut, padded, repeated and reordered."""

import torch
import torch.nn.functional as F

from record.recording import case, ids, values, weighted

shapes_of_outputs = {
    "joined": (2, 5, 2),
    "pair": (2, 3, 2, 2),
    "product": (2, 1, 4),
    "padded": (4, 6),
    "rounds": (2, 6, 2),
    "repeated": (2, 3, 4),
    "turned": (2, 3, 2),
    "running": (2, 4),
    "large": (1, 4, 6, 2),
    "flat": (2, 6),
    "swapped": (2, 2, 3),
    "hot": (2, 3, 4),
}


@case
def shapes(r):
    for name, shape in {"a": (2, 3, 2), "b": (2, 2, 2), "c": (2, 3, 4), "d": (2, 4), "image": (1, 2, 3, 2)}.items():
        r.parameter(name, values(*shape))
    upstreams = {f"d{name}": values(*shape) for name, shape in shapes_of_outputs.items()}
    r.batches = [{**upstreams, "label": ids(4, 2, 3)}]

    def forward(p, x, training):
        a, b, c, d = (p[name] for name in "abcd")
        thirds = torch.split(c, 1, dim=1)
        large = F.interpolate(p["image"].permute(0, 3, 1, 2), scale_factor=2, mode="nearest")
        return {
            "joined": torch.cat([a, b], dim=1),
            "pair": torch.stack([a, a * a], dim=-1),
            "product": thirds[0] * thirds[1] + thirds[2],
            "padded": F.pad(F.pad(d, (1, 1), value=0.5), (0, 0, 2, 0)),
            "rounds": a.repeat(1, 2, 1),
            "repeated": a.repeat_interleave(2, dim=-1),
            "turned": a.flip(1),
            "running": d.cumsum(-1),
            "large": large.permute(0, 2, 3, 1),
            "flat": a.flatten(1),
            "swapped": a.transpose(-1, -2),
            "hot": F.one_hot(x["label"], 4) * c,
        }

    r.forward = forward
    weighted(r, {name: f"d{name}" for name in shapes_of_outputs})
