"""Has the reference implementation of ONNX check files: the format, and the shapes and types of every value.

    apt-get install --no-install-recommends python3-onnx      # Debian 12: ONNX 1.12, operators up to set 17
    npm run build
    /usr/bin/python3 scripts/check-onnx.py                    # every example of this repository
    /usr/bin/python3 scripts/check-onnx.py FILE.onnx ...      # or these files

Tells for each file how many nodes of each kind it has. The tests themselves need neither Python nor ONNX: they run the
files and compare what comes out.
"""

import collections
import pathlib
import re
import subprocess
import sys
import tempfile

import onnx

root = pathlib.Path(__file__).resolve().parent.parent


def extents(value):
    return [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]


def check(path):
    model = onnx.load(str(path))
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    # What is inferred of an output must be what the file says of it.
    for said, found in zip(model.graph.output, inferred.graph.output):
        if extents(said) != extents(found):
            raise SystemExit(f"{path}: {said.name} is {extents(said)}, but {extents(found)} is inferred")
    kinds = collections.Counter(node.op_type for node in model.graph.node)
    ports = [f"{v.name}{extents(v)}" for v in [*model.graph.input, *model.graph.output]]
    print(f"{pathlib.Path(path).name}: {' '.join(ports)}: {', '.join(f'{n} {k}' for k, n in kinds.most_common())}")


def exported(folder):
    for source in sorted((root / "examples").rglob("*.nn")):
        models = re.findall(r"^model (\w+)", source.read_text(), re.M)
        for model in models:
            target = pathlib.Path(folder) / f"{source.stem}-{model}.onnx"
            options = ["--model", model] if len(models) > 1 else []
            command = ["node", str(root / "dist/cli.mjs"), "export", str(source), *options, "-o", str(target)]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode == 0:
                yield target
            # NN4003: without an output there is nothing to export.
            elif "NN4003" not in done.stderr:
                raise SystemExit(f"{source}: {done.stderr}")


if len(sys.argv) > 1:
    for file in sys.argv[1:]:
        check(file)
else:
    with tempfile.TemporaryDirectory() as folder:
        for file in exported(folder):
            check(file)
