"""Records what PyTorch computes for the models of test/torch/models, as fixtures that the tests compare with.

    apt-get install --no-install-recommends python3-torch      # Debian 12: PyTorch 1.13
    /usr/bin/python3 scripts/record-torch.py [NAME ...]        # all cases, or those named

The tests themselves need neither Python nor PyTorch. Each case (in test/torch/record) is named after its model (in
test/torch/models, or in examples) and computes the same with PyTorch's own layers, losses and optimizers wherever
they exist, in 64 bits, on one thread, from seeded random numbers. It writes test/torch/fixtures/NAME.json:

    torch         version of PyTorch
    model         path of the .nn file
    sizes, dims   what the model is compiled and run with; a list of extents has one a batch
    hyper         run-time numbers of its optimizer
    parameters    starting values by path, row-major, in the layout of the .nn file
    batches       inputs, one entry a training step
    loss          training loss of the first batch
    gradients     its gradients by path
    outputs       inference on the first batch before training
    evaluated     inference loss on the first batch before training (left out where it equals `loss`)
    trained       after one training step a batch: losses, parameters, states, and outputs and evaluated as above
"""

import json
import pathlib
import sys
import zlib

import torch

root = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(root / "test" / "torch"))
sys.dont_write_bytecode = True

from record import attention, convolutions, images, library, losses, optimizers, recurrent, sequences, shapes, training  # noqa: E402, F401 (they fill `cases`)
from record.recording import Recording, cases  # noqa: E402


def main(names):
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    for name in names or cases:
        # Each case has its own random numbers, whichever others are recorded.
        torch.manual_seed(zlib.crc32(name.encode()))
        recording = Recording(name)
        cases[name](recording)
        text = json.dumps(recording.record(), separators=(",", ":"))
        assert len(text) < 40_000, f"{name}: {len(text)} characters"
        (root / "test" / "torch" / "fixtures" / f"{name}.json").write_text(text + "\n")


main(sys.argv[1:])
