#!/usr/bin/env python3
"""Puts beside the page what it needs to run: the exported network, an example, and onnxruntime-web.

Usage: build.py WEIGHTS [PRECISION]"""
import json, shutil, subprocess, sys, tempfile
from pathlib import Path

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


def build(weights, precision="fp16", target=HERE):
    target = Path(target)
    if target != HERE:
        for name in ("index.html", "page.mjs", "segment.mjs"): shutil.copy(HERE/name, target/name)
    export_onnx(load_model(weights), target/"model.onnx", precision)
    Image.fromarray(street_scene(21, (512, 1024))[0]).save(target/"example.png")
    runtime(target/"vendor")
    return target


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3: sys.exit(__doc__)
    print(f"open {build(*sys.argv[1:])/'index.html'} through any web server")
