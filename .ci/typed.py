#!/usr/bin/env python3
"""A user's type checker understands the installed package. Usage: typed.py PYTHON, which has denseaspp installed; mypy is on the path."""
import importlib, os, pkgutil, re, subprocess, sys, tempfile
from pathlib import Path

import denseaspp

USER = '''
from denseaspp.all import *

model = create_model("report4", weights=None, n_classes=11)
reveal_type(model)                                  # SegmentationModel
reveal_type(load_model("streets.safetensors"))      # SegmentationModel
reveal_type(model.config)                           # ModelConfig
reveal_type(CAMVID11)                               # LabelSet
reveal_type(Segmenter("streets.safetensors"))       # Segmenter
reveal_type(open_dataset("camvid").labels)          # LabelSet
reveal_type(ConfusionMatrix(11).mean_iou())         # float
reveal_type(ConfusionMatrix(11) + ConfusionMatrix(11))  # ConfusionMatrix
ModelConfig(stages=None, bottleneck=None, decoder=None)
Recipe("own", weights=None, class_weighting=None, mix=None, ema=None)
LabelSet("two", ("a", "b"), ((0, 0, 0), (9, 9, 9)), {0: 0, 1: 1}, categories=None)
'''


def attributes():
    "One function for each public class, which reads what that class has."
    for module in pkgutil.iter_modules(denseaspp.__path__):
        if module.name.startswith("_") or module.name == "all": continue
        module = importlib.import_module(f"denseaspp.{module.name}")
        for name in module.__all__:
            found = getattr(module, name)
            if not isinstance(found, type): continue
            names = [key for key in vars(found) if not key.startswith("_")]
            if names: yield f"def read_{name}(x: {module.__name__}.{name}): {'; '.join(f'x.{key}' for key in names)}"


def main(python):
    with tempfile.TemporaryDirectory() as folder:
        lines = list(attributes())
        modules = sorted(set(re.findall(r"denseaspp\.\w+", "\n".join(lines))))
        (Path(folder)/"user.py").write_text(USER)
        (Path(folder)/"attributes.py").write_text("\n".join([f"import {m}" for m in modules] + lines) + "\n")
        (Path(folder)/"mypy.ini").write_text("[mypy]\n[mypy-torch.*,torchvision.*,numpy.*,matplotlib.*,PIL.*]\nfollow_imports = skip\nfollow_imports_for_stubs = True\n")
        done = subprocess.run(["mypy", "--python-executable", python, "--cache-dir", folder + "/cache", "--check-untyped-defs", "user.py", "attributes.py"],
                              cwd=folder, capture_output=True, text=True, env={k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "MYPYPATH")})
    revealed = re.findall(r'user\.py:(\d+): note: Revealed type is "(?:[\w.]*\.)?(\w+)"', done.stdout)
    expected = [(str(i), line.split("# ")[1]) for i, line in enumerate(USER.splitlines(), 1) if line.startswith("reveal_type")]
    errors = [line for line in done.stdout.splitlines() if ": error: " in line]
    print("\n".join(errors))
    for (line, wanted), (_, found) in zip(expected, revealed):
        if wanted != found: errors.append(f"{line}"); print(f"user.py:{line}: expected {wanted}, found {found}")
    if errors or len(revealed) != len(expected): sys.exit(f"{len(errors)} faults\n{done.stderr}{'' if revealed else done.stdout}")
    print(f"{len(expected)} types of a user's script, attributes of {len(lines)} classes: nothing to mend")


if __name__ == "__main__": main(*sys.argv[1:])
