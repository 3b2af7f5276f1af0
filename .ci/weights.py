#!/usr/bin/env python3
"""Puts trained weights into the package, in half precision, and their row into its table.

weights.py NAME WEIGHTS --data KEY --network TEXT --score REPORT PART … [--licence TEXT] [--check FOLDER]
  WEIGHTS   weights file or run folder
  --data    what they were trained on: a key of "data" in denseaspp/weights/weights.json, e.g. camvid
  --network what the table calls the network, e.g. "efficientnet_lite0, decoder"
  --score   report.json of a run that was scored on that part, and the part; several times
  --licence of the weights; default: that of the data
  --check   a data set: on its validation part half precision may change the mean IoU by .001"""
import argparse, hashlib, json, sys
from pathlib import Path

from denseaspp import evaluate, load_model, save_model, write_json

if __name__ == "__main__":
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    for name in ("name", "weights"): parser.add_argument(name)
    for name in ("--data", "--network"): parser.add_argument(name, required=True)
    parser.add_argument("--score", nargs=2, action="append", required=True, metavar=("REPORT", "PART"))
    for name in ("--licence", "--check"): parser.add_argument(name)
    given = parser.parse_args()
    folder = Path(__file__).resolve().parents[1]/"denseaspp"/"weights"
    table = json.loads((folder/"weights.json").read_text(encoding="utf-8"))
    data, scores = table["data"][given.data], []
    for file, part in given.score:
        report = json.loads(Path(file).read_text(encoding="utf-8"))
        scores.append(dict(data=data["title"], part=part, mean_iou=round(report["mean_iou"], 4),
                           commit=report["commit"], command=report["command"], seed=report["seed"]))
    model, file = load_model(given.weights), folder/f"{given.name}.safetensors"
    save_model(model, file, half=True, datasets=[data["title"]], license=given.licence or data["licence"],
               scores={f"mean IoU, {score['data']} {score['part']}": score["mean_iou"] for score in scores})
    if given.check:
        found = [evaluate(weights, given.check, precision="fp32").mean_iou for weights in (model, file)]
        print("mean IoU {:.5f}, in half precision {:.5f}".format(*found))
        if abs(found[0] - found[1]) > .001: sys.exit(f"{file} is not as good: it is not put into the table")
    table["weights"][given.name] = dict(
        file=file.name, sha256=hashlib.sha256(file.read_bytes()).hexdigest(), bytes=file.stat().st_size,
        architecture=given.network, labels=model.metadata["labels"]["name"], data=given.data, scores=scores,
        licence=given.licence or data["licence"])
    write_json(folder/"weights.json", table)
    print(f"{file}: {file.stat().st_size/1e6:.2f} MB")
