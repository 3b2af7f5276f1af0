#!/usr/bin/env python3
"""Puts beside the page what it needs to run: the exported network, an example, and onnxruntime-web.

Usage: build.py WEIGHTS [PRECISION]"""
import json, shutil, subprocess, sys, tempfile
from importlib import resources
from pathlib import Path

import torch
from PIL import Image

from denseaspp import export_onnx, load_model, street_scene

HERE = Path(__file__).resolve().parent
RUNTIME = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")


def runtime(target):
    "Copy the browser's runtime, at the version of package.json, from npm."
    package, version = next(iter(json.loads((HERE/"package.json").read_text())["dependencies"].items()))
    with tempfile.TemporaryDirectory() as folder:
        options = ["--silent", "--no-save", "--no-package-lock", "--ignore-scripts", "--prefix", folder]
        subprocess.run(["npm", "install", *options, f"{package}@{version}"], check=True)
        target.mkdir(exist_ok=True)
        for name in RUNTIME: shutil.copy(Path(folder)/"node_modules"/package/"dist"/name, target/name)


def with_levels_removed(model):
    """The network, changed: along the batch, its logits with none, one, two … of the head's last levels
    zeroed. None where the head is not DenseASPP."""
    if model.config.head != "denseaspp": return None
    variants, growth = len(model.head.dilations) + 1, model.head.growth_rate

    def removed(head, inputs, output):
        kept = [output.shape[1] - n*growth for n in range(variants)]
        return torch.cat([torch.cat([output[:, :k], torch.zeros_like(output[:, k:])], 1) for k in kept])

    def repeated(decoder, inputs): return inputs[0], inputs[1].repeat(variants, 1, 1, 1)

    model.head.register_forward_hook(removed)
    if model.config.decoder: model.decoder.register_forward_pre_hook(repeated)
    return model


def example(model):
    "The image that is shown first: for CamVid's classes one of its frames, otherwise a synthetic street."
    if model.metadata["labels"]["name"] == "camvid11":
        return Image.open(resources.files("denseaspp")/"images"/"0016E5_08031.jpg")  # of its validation part
    return Image.fromarray(street_scene(21, (512, 1024))[0])


def build(weights, precision="fp16", target=HERE):
    target = Path(target)
    if target != HERE:
        for name in ("index.html", "page.mjs", "segment.mjs"): shutil.copy(HERE/name, target/name)
    export_onnx(model := load_model(weights), target/"model.onnx", precision)
    example(model).save(target/"example.png")
    if model := with_levels_removed(load_model(weights)): export_onnx(model, target/"levels.onnx", precision)
    runtime(target/"vendor")
    return target


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3: sys.exit(__doc__)
    print(f"open {build(*sys.argv[1:])/'index.html'} through any web server")
