"""PyTorch, as a process that speaks lines of JSON: pytorch.py <threads> <workload> <folder>."""

import json
import os
import sys
import time

threads, workload, folder = sys.argv[1:]
# OpenBLAS has threads of its own, which are counted when it is loaded.
os.environ["OPENBLAS_NUM_THREADS"] = threads

began_import = time.perf_counter()
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

import_seconds = time.perf_counter() - began_import

torch.set_num_threads(int(threads))


def read_tensors():
    """Parameters and inputs, in the order of the model, and the optimizer."""
    with open(f"{folder}/{workload}.json") as file:
        layout = json.load(file)
    with open(f"{folder}/{workload}.bin", "rb") as file:
        data = bytearray(file.read())
    tensors = {"parameter": [], "input": []}
    for entry in layout["tensors"]:
        count = torch.Size(entry["shape"]).numel()
        dtype = getattr(torch, entry["type"])
        flat = torch.frombuffer(data, dtype=dtype, count=count, offset=entry["offset"])
        tensors[entry["role"]].append((entry["name"], flat.reshape(entry["shape"]).clone()))
    return tensors["parameter"], tensors["input"], layout["optimizer"]


def parameter_of(name, x):
    """Weights as PyTorch keeps them: [out, in], and [out, in, height, width] of a convolution."""
    if x.dim() == 4:
        x = x.permute(3, 2, 0, 1)
    elif x.dim() == 2 and name.split(".")[-1].startswith("W"):
        x = x.t()
    return x.contiguous().requires_grad_()


def input_of(x):
    if x.dtype == torch.int32:
        return x.long()
    return x.permute(0, 3, 1, 2).contiguous() if x.dim() == 4 else x


def xor(p, x, t):
    return F.mse_loss(F.linear(F.linear(x, *p[0:2]).sigmoid(), *p[2:4]).sigmoid(), t)


def twolayer(p, x, t):
    return F.mse_loss(F.linear(F.linear(x, *p[0:2]).relu(), *p[2:4]), t)


def mnist_mlp(p, x, label):
    h = F.linear(F.linear(x, *p[0:2]).relu(), *p[2:4]).relu()
    return F.cross_entropy(F.linear(h, *p[4:6]), label)


def deep_sigmoid(p, x, t):
    for i in range(0, len(p), 2):
        x = F.linear(x, p[i], p[i + 1]).sigmoid()
    return F.binary_cross_entropy(x, t.float())


def cnn(p, x, label):
    for i in range(0, 6, 2):
        x = F.max_pool2d(F.conv2d(x, p[i], p[i + 1]).relu(), 2)
    return F.cross_entropy(F.linear(F.linear(x.flatten(1), *p[6:8]).relu(), *p[8:10]), label)


past = torch.ones(64, 64, dtype=torch.bool).tril()


def transformer(p, token, following):
    E, P, gain1, shift1, Wz, bz, Wo, bo, gain2, shift2, W1, b1, W2, b2, W3, b3 = p
    x = F.embedding(token, E) + P
    n, time_steps, width = x.shape
    z = F.linear(F.layer_norm(x, [width], gain1, shift1), Wz, bz)
    q, k, v = (part.view(n, time_steps, 4, width // 4).transpose(1, 2) for part in z.split(width, 2))
    score = (q @ k.transpose(2, 3) / (width // 4) ** 0.5).masked_fill(~past, float("-inf"))
    joined = (score.softmax(3) @ v).transpose(1, 2).reshape(n, time_steps, width)
    a = x + F.linear(joined, Wo, bo)
    inner = F.gelu(F.linear(F.layer_norm(a, [width], gain2, shift2), W1, b1), approximate="tanh")
    logits = F.linear(a + F.linear(inner, W2, b2), W3, b3)
    return F.cross_entropy(logits.flatten(0, 1), following.flatten())


def lstm(p, x, label):
    zero = torch.zeros(1, x.shape[0], 64)
    y, _, _ = torch._VF.lstm(x, (zero, zero), p[0:4], True, 1, 0.0, True, False, True)
    return F.cross_entropy(F.linear(y[:, -1], *p[4:6]), label)


statistics = {width: (torch.zeros(width), torch.ones(width)) for width in (16, 32)}
statistics["second"] = (torch.zeros(32), torch.ones(32))


def resnet(p, x, label):
    K1, g1, s1, K2, g2, s2, K3, g3, s3, K4, W, b = p
    stem = F.batch_norm(F.conv2d(x, K1, padding=1), *statistics[16], g1, s1, True).relu()
    first = F.conv2d(stem, K2, stride=2, padding=1)
    first = F.batch_norm(first, *statistics[32], g2, s2, True).relu()
    second = F.batch_norm(F.conv2d(first, K3, padding=1), *statistics["second"], g3, s3, True)
    y = (second + F.conv2d(stem, K4, stride=2)).relu().mean((2, 3))
    return F.cross_entropy(F.linear(y, W, b), label)


def tabular(p, category, x, t):
    h = torch.cat([F.embedding(category, p[0]).flatten(1), x], 1)
    h = F.linear(F.linear(h, *p[1:3]).relu(), *p[3:5]).relu()
    return F.binary_cross_entropy_with_logits(F.linear(h, *p[5:7]), t.float())


def start(request):
    global step
    began = time.perf_counter()
    losses = [first_step(*read)]
    startup = import_seconds + time.perf_counter() - began
    losses += [step() for _ in range(request["steps"] - 1)]
    return {"losses": losses, "startup": 1000 * startup}


def first_step(parameters, inputs, optimizer):
    """Makes the function `step` and takes the first."""
    global step
    weights = [parameter_of(*p) for p in parameters]
    batch = [input_of(x) for _, x in inputs]
    kinds = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}
    descent = kinds[optimizer["kind"]](weights, lr=optimizer["rate"])
    loss_of = globals()[workload]

    def step():
        descent.zero_grad(set_to_none=True)
        loss = loss_of(weights, *batch)
        loss.backward()
        descent.step()
        return loss.item()

    return step()


def time_steps(count):
    began = time.perf_counter()
    for _ in range(count):
        step()
    return 1000 * (time.perf_counter() - began)


def measure(request):
    count = 1
    while time_steps(count) < 1:
        count *= 2
    samples = []
    used = time.process_time()
    began = time.perf_counter()
    while True:
        samples.append(time_steps(count) / count)
        if time.perf_counter() - began >= request["seconds"]:
            break
    steps = count * len(samples)
    processor = 1000 * (time.process_time() - used) / steps
    return {"samples": samples, "steps": steps, "processor": processor}


step = None
read = read_tensors()
for line in sys.stdin:
    message = json.loads(line)
    print(json.dumps({"start": start, "measure": measure}[message["command"]](message)), flush=True)
