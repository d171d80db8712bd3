"""Weights between PyTorch and nnc, both ways, as safetensors: records test/torch/exchange, and checks what nnc wrote.

    /usr/bin/python3 scripts/record-exchange.py      # Debian 12: apt-get install --no-install-recommends python3-torch

Writes `from-torch.safetensors` (weights of a network in PyTorch, in the layout of the .nn file), `recorded.json` (what
PyTorch computes with them, before and after three steps of training) and reads `from-nnc.safetensors`, which the test
writes where it is missing: with the weights that nnc learned, PyTorch must compute what nnc did. Then run the test again.
"""

import json
import pathlib
import struct

import torch

folder = pathlib.Path(__file__).resolve().parent.parent / "test" / "torch" / "exchange"
# Names of nnc, names of PyTorch, and how an array of PyTorch is turned into one of nnc.
LAYOUT = [
    ("seen.conv2d.W", "0.weight", (2, 3, 1, 0)),
    ("seen.conv2d.b", "0.bias", (0,)),
    ("seen.batch_norm.gain", "1.weight", (0,)),
    ("seen.batch_norm.shift", "1.bias", (0,)),
    ("logits.linear.W", "5.weight", (1, 0)),
    ("logits.linear.b", "5.bias", (0,)),
    ("seen.batch_norm.mean_seen", "1.running_mean", (0,)),
    ("seen.batch_norm.var_seen", "1.running_var", (0,)),
]


def network():
    """Channels stand last in nnc, so the flattened picture does too."""

    class ChannelsLast(torch.nn.Module):
        def forward(self, x):
            return x.permute(0, 2, 3, 1)

    return torch.nn.Sequential(
        torch.nn.Conv2d(2, 4, 3, padding=1),
        torch.nn.BatchNorm2d(4),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Sequential(ChannelsLast(), torch.nn.Flatten()),
        torch.nn.Linear(36, 3),
    )


def save(path, tensors):
    header, body, end = {}, b"", 0
    for name, tensor in tensors.items():
        data = tensor.contiguous().numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [end, end + len(data)]}
        body, end = body + data, end + len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def load(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    return {
        name: torch.frombuffer(bytearray(body[slice(*entry["data_offsets"])]), dtype=torch.float32).reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__" and entry["dtype"] == "F32"
    }


def to_nnc(model):
    state = model.state_dict()
    return {ours: state[theirs].permute(order) for ours, theirs, order in LAYOUT}


def from_nnc(tensors, model):
    state = model.state_dict()
    for ours, theirs, order in LAYOUT:
        back = [order.index(d) for d in range(len(order))]
        state[theirs] = tensors[ours].permute(back)
    model.load_state_dict(state)


def main():
    torch.manual_seed(1)
    torch.set_num_threads(1)
    model = network()
    image, label = torch.randn(4, 6, 6, 2), torch.tensor([0, 2, 1, 2])
    pictures = image.permute(0, 3, 1, 2)
    save(folder / "from-torch.safetensors", to_nnc(model))

    def inference(m):
        m.eval()
        with torch.no_grad():
            return m(pictures).flatten().tolist()

    recorded = {"torch": torch.__version__, "image": image.flatten().tolist(), "label": label.tolist()}
    recorded["before"] = inference(model)
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(pictures), label).backward()
        optimizer.step()
    recorded["after"] = inference(model)
    (folder / "recorded.json").write_text(json.dumps(recorded) + "\n")

    learned = folder / "from-nnc.safetensors"
    if not learned.exists():
        print("from-nnc.safetensors is missing: run the test, then this script again")
        return
    other = network()
    from_nnc(load(learned), other)
    difference = max(abs(a - b) for a, b in zip(inference(other), recorded["after"]))
    assert difference < 1e-4, difference
    print(f"PyTorch reads what nnc saved: outputs differ by {difference:.1e} at most")


main()
