#!/usr/bin/env python3
"""The tutorials for Kaggle and Colab, top to bottom, where neither is: with places' variables and folders
(below DENSEASPP_ROOT), an interpreter without this package, a wheel made now, and no index for pip.
DENSEASPP_KAGGLE_PYTHON and DENSEASPP_COLAB_PYTHON name interpreters with a place's versions (and ipykernel);
DENSEASPP_WRITE_RESULTS=1 keeps what ran in results/simulated_sessions.json."""
import json, os, re, shutil, subprocess, sys, tempfile, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zipfile import ZipFile

import nbformat
import pandas as pd
import torch, torchvision
from fastcore.test import test_eq, test_fail

from denseaspp import load_model, make_streets, provenance, results_folder, write_json
from denseaspp.models.weights import read_model_header
from denseaspp.train.state import checkpoints, read_checkpoint

ROOT = Path(__file__).resolve().parents[1]
KAGGLE_BOOK, COLAB_BOOK = ROOT/"nbs/tutorials/03_kaggle.ipynb", ROOT/"nbs/tutorials/04_colab.ipynb"
CALLBACKS = "denseaspp.train.run.recipe_callbacks"  # makes the callbacks of `denseaspp_train`
PYTHONS = {"Kaggle": os.environ.get("DENSEASPP_KAGGLE_PYTHON", sys.executable),
           "Colab": os.environ.get("DENSEASPP_COLAB_PYTHON", sys.executable)}
KAGGLE = {"KAGGLE_KERNEL_RUN_TYPE": "Batch", "KAGGLE_URL_BASE": "https://www.kaggle.com",
          "COLAB_RELEASE_TAG": "release-colab-external-images"}  # its image is built on Colab's
FOREIGN = ("KAGGLE", "COLAB", "DENSEASPP", "PIP_", "PYTHON", "MPL", "JPY", "RANK", "WORLD_SIZE")
INSTALLED = """
import denseaspp
assert denseaspp.__file__.startswith(sys.prefix), denseaspp.__file__
assert not {'torch', 'fastai'} & set(sys.modules), 'a torch that does not fit could not be replaced any more'
"""
UNTOUCHED = "import sys\nassert 'fastai' not in sys.modules, 'fastai touches GPUs before the processes start'"
CUT_OFF = f"""
from fastai.callback.core import Callback
import {CALLBACKS.rpartition(".")[0]}
class CutOff(Callback):
    order = 95
    def after_epoch(self): raise ConnectionError("the session was cut off")
{CALLBACKS} = lambda recipe: [CutOff()]"""
DRIVE = """
from pathlib import Path
def mount(where):
    drive = Path(where)/"MyDrive"
    drive.parent.mkdir(parents=True, exist_ok=True)
    if not drive.exists(): drive.symlink_to({!r})
"""

folder = Path(tempfile.mkdtemp())

def ask(python, code):
    "What an interpreter prints."
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

def interpreter(name, python):
    "A new environment with all packages of `python`, by links, but this one; the path of its interpreter."
    new = folder/name/"bin/python"
    subprocess.run([python, "-m", "venv", "--without-pip", folder/name], check=True)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    for entry in Path(ask(python, where)).iterdir():
        if entry.name.startswith(("denseaspp", "__editable__", "__pycache__", "easy-install")): continue
        if not (link := Path(ask(new, where))/entry.name).exists(): link.symlink_to(entry)
    return new

def make_wheel():
    "Path of a wheel of this package, as it is now."
    others = shutil.ignore_patterns(".*", "_docs", "nbs", "results", "build", "dist", "runs", "*.egg-info")
    shutil.copytree(ROOT, folder/"source", ignore=others)
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run([*pip, "-w", folder/"wheel", folder/"source"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return next((folder/"wheel").glob("*.whl"))

def run_session(name, book, python, environment, changes="", before_training="", cells=None):
    "Run a notebook; (what it printed, seconds). `AssertionError` with the cell's error where one raises."
    kernel = folder/"jupyter/kernels"/name
    for new in (kernel, folder/name, folder/"home"): new.mkdir(parents=True, exist_ok=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel/"kernel.json").write_text(json.dumps(dict(argv=argv, display_name=name, language="python")))
    book = nbformat.read(book, 4)
    book.cells = [cell for cell in book.cells if cell.cell_type == "code"][:cells]
    for cell in book.cells:
        if cell.source.startswith("# Parameters"): cell.source += f"\n{INSTALLED}{changes}"
        if 'recipe="report"' in cell.source: cell.source = f"{before_training}\n{cell.source}"
    nbformat.write(book, folder/f"{name}.ipynb")
    driver = ("import sys, nbformat; from nbclient import NotebookClient; path, kernel = sys.argv[1:]\n"
              "book = NotebookClient(nbformat.read(path, 4), timeout=600, kernel_name=kernel).execute()\n"
              "nbformat.write(book, path)")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
    own = {"PIP_NO_INDEX": "1", "HOME": str(folder/"home"), "TORCH_HOME": str(folder/"home"),
           "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore", "JUPYTER_PATH": str(folder/"jupyter")}
    started = time.time()
    done = subprocess.run([sys.executable, "-c", driver, folder/f"{name}.ipynb", name], cwd=folder/name,
                          env={**kept, **own, **environment}, capture_output=True, text=True)
    assert done.returncode == 0, f"{name}: {done.stderr[-3000:]}"
    cells = nbformat.read(folder/f"{name}.ipynb", 4).cells
    said = "\n".join(output.get("text", "") for cell in cells for output in cell.outputs)
    return said, round(time.time() - started)

def row(place, session, log, seconds, processes):
    "A session, as a row of the results."
    code = "import sys; from importlib.metadata import version; print(sys.version.split()[0], " \
           "*map(version, ('torch', 'fastai', 'fastcore')))"
    versions = dict(zip(("python", "torch", "fastai", "fastcore"), ask(PYTHONS[place], code).split()))
    return dict(place=place, session=session, **versions, processes=processes, epochs_at_its_end=len(log),
                seconds=seconds)

def stamp(run):
    "Change the first epoch's time in checkpoints, which making that epoch again would not bring back."
    for path in checkpoints(run/"checkpoints"):
        state = read_checkpoint(path)
        state["rows"][0][-1] = "77:77"
        torch.save(state, path)

def continued(first, run):
    "A run was cut off after one epoch and resumed at the second."
    log = pd.read_csv(run/"metrics.csv")
    test_eq((len(first), log.epoch.tolist()), (1, [0, 1, 2]))
    test_eq(log.iloc[0].tolist(), [*first.iloc[0].tolist()[:-1], "77:77"])
    test_eq(read_checkpoint(checkpoints(run/"checkpoints")[-1])["position"], [3, 0])
    return log

def read_only(path, on):
    for sub in [path, *path.rglob("*")]: sub.chmod((0o755 if sub.is_dir() else 0o644) & (0o555 if on else -1))

def kaggle_sessions(wheel):
    """Two sessions, read-only inputs, two processes in place of two T4s: the first runs out of time after an
    epoch; the second finds its output among the inputs, resumes, and does not resize again."""
    home, rows, logs = folder/"kaggle-home", [], []
    inputs = home/"1/kaggle/input"
    (home/"empty/kaggle/input").mkdir(parents=True)
    pythons = [interpreter(f"kaggle-python-{session}", PYTHONS["Kaggle"]) for session in (1, 2)]
    nothing = {**KAGGLE, "DENSEASPP_ROOT": str(home/"empty")}
    test_fail(lambda: run_session("empty", KAGGLE_BOOK, pythons[0], nothing, cells=1),
              contains="attach a data set with the wheel of denseaspp")
    make_streets(inputs/"somebody/cityscapes-fine/data", n_train=8, n_valid=2, size=(128, 256))
    for kind in ("denseaspp-wheel", "weights"): (inputs/kind).mkdir()
    shutil.copy(wheel, inputs/"denseaspp-wheel")
    weights = torchvision.models.densenet121(weights=None).state_dict()
    torch.save(weights, inputs/"weights/densenet121-a639ec97.pth")
    shutil.copytree(inputs, home/"2/kaggle/input")
    for session, hours in ((1, 0), (2, 9)):
        place, run = home/f"{session}/kaggle", home/f"{session}/kaggle/working/report4"
        if session == 2:
            stamp(home/"1/kaggle/working/report4")
            shutil.copytree(home/"1/kaggle/working", place/"input/notebooks/me/denseaspp-kaggle")
        read_only(place/"input", True)
        said, seconds = run_session(f"kaggle-{session}", KAGGLE_BOOK, pythons[session - 1],
                                    {**KAGGLE, "DENSEASPP_ROOT": str(place.parent)},
                                    f"n_processes, hours, epochs = 2, {hours}, 3", UNTOUCHED)
        read_only(place/"input", False)
        logs.append(pd.read_csv(run/"metrics.csv"))
        rows.append(row("Kaggle", session, logs[-1], seconds, 2))
        assert f"This is kaggle, Python {rows[-1]['python']}" in said, said[-2000:]
        assert "Cityscapes of 64 × 128; weights from" in said, said[-2000:]
        test_eq("1 of 3 epochs are done" in said, session == 1)
        config, metadata, _ = read_model_header(run/"model.safetensors")
        test_eq((config.num_classes, metadata["labels"]["name"]), (20, "cityscapes20"))
        test_eq(metadata["size"], [64, 128])
        frozen = load_model(run/"model.safetensors").backbone.state_dict()["features.conv0.weight"]
        test_eq(frozen, weights["features.conv0.weight"])  # from the file
        assert len((run/"report.csv").read_text().splitlines()) >= 20
        test_eq((place/"working/cityscapes_64x128/resized.json").is_file(), session == 1)
    continued(logs[0], run)
    test_eq(read_checkpoint(checkpoints(run/"checkpoints")[-1])["run"]["training: processes"], "2")
    return rows

def colab_sessions(wheel):
    """Two sessions, of which the first is cut off in its second epoch; Drive alone outlives it. On Drive are
    the two archives of Cityscapes, as its site names them."""
    home = folder/"colab-home"
    drive, module = home/"drive/denseaspp", home/"modules/google/colab"
    run = drive/"report4"
    for new in (module, drive): new.mkdir(parents=True)
    for package in (module, module.parent): (package/"__init__.py").touch()
    (module/"drive.py").write_text(DRIVE.format(str(home/"drive")))
    streets = make_streets(home/"whole", n_train=8, n_valid=2, size=(128, 256))
    for kind in ("leftImg8bit", "gtFine"):
        with ZipFile(drive/f"{kind}_trainvaltest.zip", "w") as archive:
            for file in sorted((streets/kind).rglob("*.png")): archive.write(file, file.relative_to(streets))
    colab = {"COLAB_RELEASE_TAG": "release-colab", "COLAB_GPU": "0", "PIP_FIND_LINKS": str(wheel.parent),
             "PYTHONPATH": str(home/"modules"), "DENSEASPP_ROOT": str(home/"session")}
    pythons = [interpreter(f"colab-python-{session}", PYTHONS["Colab"]) for session in (1, 2)]
    test_fail(lambda: run_session("colab-1", COLAB_BOOK, pythons[0], colab, "epochs = 3", CUT_OFF),
              contains="the session was cut off")
    first = pd.read_csv(run/"metrics.csv")
    assert not (run/"model.safetensors").exists()
    assert (home/"session/content/cityscapes_64x128/resized.json").is_file()
    shutil.rmtree(home/"session")
    stamp(run)
    said, seconds = run_session("colab-2", COLAB_BOOK, pythons[1], colab, "epochs = 3")
    assert "This is colab" in said and "random weights" in said, said[-2000:]
    assert f"kept in {home/'session/content/drive/MyDrive/denseaspp'}" in said, said[-2000:]
    log = continued(first, run)
    test_eq(load_model(run/"model.safetensors").config.num_classes, 20)
    assert (run/"report.json").is_file()
    return [row("Colab", 1, first, None, 1), row("Colab", 2, log, seconds, 1)]

def kernel_metadata():
    "What `kaggle kernels push` reads: the slug is the title's, the notebook lies where it says."
    kernel = json.loads((ROOT/"nbs/kaggle/kernel-metadata.json").read_text())
    owner, slug = kernel["id"].split("/")
    test_eq(slug, re.sub(r"[^a-z0-9]+", "-", kernel["title"].lower()).strip("-"))
    test_eq((ROOT/"nbs/kaggle"/kernel["code_file"]).resolve(), KAGGLE_BOOK)
    test_eq([kernel[key] for key in ("language", "kernel_type", "machine_shape")],
            ["python", "notebook", "NvidiaTeslaT4"])
    assert owner and kernel["enable_gpu"] and kernel["enable_internet"] and 5 <= len(kernel["title"]) <= 50
    for kind in ("dataset", "competition", "kernel", "model"): test_eq(kernel[f"{kind}_sources"], [])

if __name__ == "__main__":
    kernel_metadata()
    try:
        wheel = make_wheel()
        with ThreadPoolExecutor() as pool:  # both places at a time
            rows = sum(pool.map(lambda sessions: sessions(wheel), (kaggle_sessions, colab_sessions)), [])
    finally: shutil.rmtree(folder, ignore_errors=True)
    print(pd.DataFrame(rows).to_string(index=False))
    if os.environ.get("DENSEASPP_WRITE_RESULTS"):  # rows of other versions stay
        file = results_folder()/"simulated_sessions.json"
        ran = {(one["place"], one["torch"]) for one in rows}
        kept = json.loads(file.read_text(encoding="utf-8"))["rows"]
        rows += [one for one in kept if (one["place"], one["torch"]) not in ran]
        rows.sort(key=lambda one: (one["place"], one["torch"], one["session"]))
        write_json(file, {**provenance(seed=0, command="python .ci/sessions.py"), "rows": rows})
