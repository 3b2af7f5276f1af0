#!/usr/bin/env python3
"""Checks that execute no notebook: checks.py CHECK, or archive FILE

CHECK is layout, layers, outputs, results, texts or weights"""
import ast, hashlib, importlib, json, os, re, sys, tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARTS = "core data streets models inference evaluation deploy train study cloud cli surface".split()
SURFACE = ("denseaspp", "denseaspp.all")
FILES = sorted(file.relative_to(ROOT/"nbs").as_posix() for file in (ROOT/"nbs").rglob("*.ipynb"))
NOTEBOOKS = {file: json.loads((ROOT/"nbs"/file).read_text(encoding="utf-8"))["cells"]
             for file in FILES if not re.search(r"(^|/)[._]", file)}

def text(file): return (ROOT/file).read_text(encoding="utf-8")

def code(name):
    "(source, outputs) of a notebook's cells of code."
    return [("".join(c["source"]), c["outputs"]) for c in NOTEBOOKS[name] if c["cell_type"] == "code"]

def place(name):
    "(part, number) of a notebook; what exports nothing comes last."
    room = re.match(r"api/(\w+)/(\d+)_", name)
    return (PARTS.index(room[1]), int(room[2])) if room else (len(PARTS), 0)

def imported(tree, home):
    "(statement, module, what is taken from it or '', its name here) of every import."
    for node in ast.walk(tree):
        for alias in node.names if isinstance(node, (ast.Import, ast.ImportFrom)) else ():
            module, taken = getattr(node, "module", alias.name), alias.name if hasattr(node, "module") else ""
            if f"{module}.{taken}" in home: module, taken = f"{module}.{taken}", ""
            yield f"`{ast.unparse(node)}`", module, taken, alias.asname or alias.name

def check_layout():
    "Rooms are short; imports look back, by name, at nothing private; tutorials know the surface alone."
    for file in (ROOT/"denseaspp").rglob("[!_]*.py"):
        lines = len(file.read_text(encoding="utf-8").splitlines())
        if lines > 250: yield f"{file.relative_to(ROOT)} has {lines} lines"
    sources = {name: "\n".join(source for source, _ in code(name)) for name in NOTEBOOKS}
    home = {f"denseaspp.{module}".removesuffix(".__init__"): name for name, source in sources.items()
            for module in re.findall(r"^#\|\s*default_exp\s+(\S+)", source, re.M)}
    for module, name in home.items():
        room = re.fullmatch(rf"api/({'|'.join(PARTS)})/\d+_(\w+)\.ipynb", name)
        if not room or module not in (f"denseaspp.{room[1]}.{room[2]}", *SURFACE):
            yield f"nbs/{name} is not the place of {module}"
    for name, source in sources.items():
        tree, ours = ast.parse(re.sub(r"^(\s*)[%!].*", r"\1pass", source, flags=re.M)), set()
        for statement, module, taken, here in imported(tree, home):
            statement = f"nbs/{name}: {statement}"
            if taken == "*" and module != "denseaspp.all": yield f"{statement} has a star"
            if module.split(".")[0] != "denseaspp": continue
            if not taken: ours.add(here)
            if re.match(r"_(?!_)", taken): yield f"{statement} takes a private name"
            if statement.endswith("`import denseaspp`"): continue  # it imports nothing
            if module in SURFACE and place(name)[0] >= PARTS.index("surface"): continue
            if name.startswith("tutorials/"): yield f"{statement} goes behind the surface"
            elif module not in home: yield f"{statement}, which no notebook exports"
            elif place(home[module]) >= place(name): yield f"{statement} looks forward, to nbs/{home[module]}"
        for node in (node for node in ast.walk(tree) if isinstance(node, ast.Attribute)):
            if re.match(r"_(?!_)", node.attr) and ast.unparse(node.value) in ours:
                yield f"nbs/{name}: `{ast.unparse(node)}` is private to its module"

def check_layers():
    "`import denseaspp` imports no torch, what comes before training no fastai; lists of names are equal."
    import denseaspp
    if "torch" in sys.modules: yield "`import denseaspp` imports torch"
    from denseaspp import Segmenter  # noqa: F401
    if "fastai" in sys.modules: yield "`from denseaspp import Segmenter` imports fastai"
    for part in PARTS[:PARTS.index("train")]:
        rooms = [file.stem for file in (ROOT/"denseaspp"/part).glob("[!_]*.py")]
        for room in rooms: importlib.import_module(f"denseaspp.{part}.{room}")
        if "fastai" in sys.modules: yield f"denseaspp.{part}, or what comes before it, imports fastai"
    for name in set(importlib.import_module("denseaspp.all").__all__) ^ set(denseaspp.__all__):
        yield f"{name} is not both in denseaspp and denseaspp.all"

def check_outputs():
    "Notebooks hold nothing of the machine that ran them; kept outputs are small."
    for name, cells in NOTEBOOKS.items():
        outputs = json.dumps([outputs for _, outputs in code(name)])
        plain = re.sub(r'"image/(png|jpeg)": (\[.*?\]|".*?")', "", outputs)
        sources = json.dumps([cell["source"] for cell in cells])
        found = re.findall(r"(?<![\w.])/(?:root|home|tmp|work)/\w+", plain + sources)
        found += re.findall(r'(?<!\w)/(?:kaggle|content|Users)/|Warning:|Traceback|"stderr"|"error"', plain)
        if found: yield f"nbs/{name}: {', '.join(found)}"
        if len(outputs) > 1_500_000: yield f"nbs/{name}: {len(outputs)/1e6:.1f} MB of outputs"

def check_results():
    """A notebook's `show_result(…)` shows what its results file holds, `list_weights()` what that table does;
    each file says how it was made."""
    from denseaspp import show_result
    from denseaspp.core.named_weights import list_weights
    from denseaspp.study.questions import show_differences
    tables = dict(show_result=show_result, show_differences=show_differences, list_weights=list_weights)
    os.environ["DENSEASPP_RESULTS"] = str(ROOT/"results")
    for where, source, outputs in ((name, *cell) for name in NOTEBOOKS for cell in code(name)):
        call = re.sub(r"^#\|.*$", "", source, flags=re.M).strip()
        if not call.startswith(tuple(f"{name}(" for name in tables)): continue
        table = eval(call, dict(tables))._repr_markdown_()
        if ["".join(o.get("data", {}).get("text/markdown", "")) for o in outputs] != [table]:
            yield f"nbs/{where}: {call} shows another table (run the cell again)"
    for file in (ROOT/"results").glob("*.json"):
        missing = {"commit", "command", "seed"} - json.loads(text(file)).keys()
        if missing: yield f"{file.name} lacks {', '.join(missing)}"

def check_texts():
    "One version and one date everywhere; code that CONTRIBUTING.md shows is a notebook's, word for word."
    version, date = re.search(r"^## \[(\d\S*)\] - (\S+)$", text("CHANGELOG.md"), re.M).groups()
    for file, line in (("settings.ini", f"version = {version}"), ("CITATION.cff", f"version: {version}"),
                       ("CITATION.cff", f'date-released: "{date}"'),
                       ("denseaspp/__init__.py", f'__version__ = "{version}"')):
        if line not in text(file).splitlines(): yield f"{file} lacks `{line}`, which CHANGELOG.md says"
    run = [source.strip() for name in NOTEBOOKS for source, _ in code(name)]
    for shown in re.findall(r"^```python\n(.*?)\n```$", text("CONTRIBUTING.md"), re.M | re.S):
        if shown.strip() not in run: yield f"CONTRIBUTING.md: no notebook runs {shown.splitlines()[0]} …"

def check_weights():
    "Files in the package, 20 MB of weights at most, are what its table says; its images are attributed."
    from safetensors import safe_open
    package, limit = ROOT/"denseaspp", 20_000_000
    rows = json.loads(text("denseaspp/weights/weights.json"))["weights"]
    rows = {row["file"]: row for row in rows.values() if not {"by_hand", "repository"} & row.keys()}
    files = {file.name: file for file in (package/"weights").iterdir() if file.name != "weights.json"}
    for name in files.keys() ^ rows.keys(): yield f"{name} is not both in denseaspp/weights and its table"
    for name in files.keys() & rows.keys():
        data, row = files[name].read_bytes(), rows[name]
        if (hashlib.sha256(data).hexdigest(), len(data)) != (row["sha256"], row["bytes"]):
            yield f"denseaspp/weights/{name} is another file than the table says: run .ci/weights.py"
        with safe_open(files[name], framework="numpy") as file: header = file.metadata()
        said = json.loads(header["metadata"])["labels"]["name"], header.get("precision")
        if said != (row["labels"], "half"): yield f"denseaspp/weights/{name} says {said}"
        for score in row["scores"] or [{}]:
            if missing := {"data", "part", "mean_iou", "commit", "command"} - score.keys():
                yield f"denseaspp/weights/weights.json: a score of {name} lacks {', '.join(sorted(missing))}"
    if (size := sum(file.stat().st_size for file in files.values())) > limit:
        yield f"denseaspp/weights holds {size/1e6:.1f} MB, more than {limit/1e6:.0f}"
    said = text("denseaspp/images/ATTRIBUTION.txt")
    for file in (package/"images").glob("*.jpg"):
        if file.name not in said: yield f"denseaspp/images/{file.name} is not in ATTRIBUTION.txt"
        if file.stat().st_size > 60_000: yield f"denseaspp/images/{file.name} has more than 60 kB"

def check_archive(file):
    "A source archive holds what explains the package; an index can follow the links of its description."
    with tarfile.open(file) as archive:
        names = {name.partition("/")[2]: name for name in archive.getnames()}
        shown = archive.extractfile(names["PKG-INFO"]).read().decode()
    data = {file.relative_to(ROOT).as_posix()
            for folder in ("weights", "images") for file in (ROOT/"denseaspp"/folder).iterdir()}
    texts = {"LICENSE", "README.md", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md"}
    for name in (texts | data) - names.keys():
        yield f"the source archive lacks {name}"
    for link in re.findall(r'(?:\]\(|src=")(?!https?:|#)([^)"\s]*)', shown): yield f"relative link to {link}"

if __name__ == "__main__":
    check = globals().get(f"check_{sys.argv[1]}") or sys.exit(__doc__)
    sys.path.insert(0, str(ROOT))
    faults = list(dict.fromkeys(check(*sys.argv[2:])))
    print("\n".join(faults) or "nothing to mend")
    sys.exit(bool(faults))
