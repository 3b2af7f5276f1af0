#!/usr/bin/env python3
"""Checks that execute no notebook. Usage: checks.py imports | outputs | results | version | contributing | wheel FILE | sdist FILE"""
import ast, json, re, sys, tarfile, zipfile
from configparser import ConfigParser
from email import message_from_bytes
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT/"nbs").glob("*.ipynb"))
SURFACE = "all"


def cells(path, kind="code"):
    "(position, source, outputs) of the cells of a notebook."
    for i, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"]):
        if cell["cell_type"] == kind: yield i, "".join(cell["source"]), cell.get("outputs", [])


def number(path):
    found = re.match(r"(\d+)_", path.name)
    return int(found[1]) if found else 99


def imported(source):
    "Our modules that a cell imports, and whether with a star."
    source = "\n".join("pass" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines())
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "denseaspp":
            names = [node.module.partition(".")[2]] if "." in node.module else [a.name for a in node.names]
            for name in names: yield name, any(a.name == "*" for a in node.names)
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "denseaspp": yield alias.name.partition(".")[2], False


def check_imports():
    "A notebook imports from lower numbers only, by name; `denseaspp.all` alone may be starred."
    home = {}
    for path in NOTEBOOKS:
        for _, source, _ in cells(path):
            if found := re.search(r"^#\|\s*default_exp\s+(\S+)", source, re.M): home[found[1]] = path
    for path in NOTEBOOKS:
        for i, source, _ in cells(path):
            for module, star in imported(source):
                if module and module not in home: yield f"{path.name} cell {i}: denseaspp.{module} is no notebook's module"
                elif module and number(home[module]) > number(path): yield f"{path.name} cell {i}: imports denseaspp.{module} from a later notebook"
                elif module and number(home[module]) == number(path) and not (module == SURFACE): yield f"{path.name} cell {i}: imports its own module"
                if star and module != SURFACE: yield f"{path.name} cell {i}: star import of denseaspp.{module}"
    statements = ast.parse((ROOT/"denseaspp"/"__init__.py").read_text()).body
    if [type(s) for s in statements] != [ast.Assign]: yield "denseaspp/__init__.py holds more than the version"


def check_outputs():
    "Kept outputs are small and hold nothing of the machine that made them."
    for path in NOTEBOOKS:
        size = 0
        for i, source, outputs in cells(path):
            text = json.dumps(outputs)
            size += len(text)
            if any(o["output_type"] == "error" for o in outputs) or "Traceback (most recent" in text: yield f"{path.name} cell {i}: a traceback"
            if any(o.get("name") == "stderr" for o in outputs): yield f"{path.name} cell {i}: output on stderr"
            plain = re.sub(r'"image/(png|jpeg)": (\[.*?\]|".*?")', "", text)
            if found := re.search(r"(?<![\w.])/(root|home|tmp|work|kaggle|content|Users)/\S*|Warning:", plain): yield f"{path.name} cell {i}: {found[0]!r} in an output"
            if "image/png" in text and "#| fig-alt:" not in source: yield f"{path.name} cell {i}: a figure without #| fig-alt"
        for i, source, _ in [*cells(path), *cells(path, "markdown")]:
            if found := re.search(r"(?<![\w.])/(root|home|tmp|work)/\w+", source): yield f"{path.name} cell {i}: a machine's path {found[0]!r}"
        if size > 1_500_000: yield f"{path.name}: {size/1e6:.1f} MB of outputs"


def check_results():
    "A notebook's `show_result(…)` shows what its results file holds now."
    sys.path.insert(0, str(ROOT))
    from denseaspp.results import show_result
    import os
    os.environ["DENSEASPP_RESULTS"] = str(ROOT/"results")
    tables = 0
    for path in NOTEBOOKS:
        for i, source, outputs in cells(path):
            code = re.sub(r"^#\|.*$", "", source, flags=re.M).strip()
            if not code.startswith("show_result("): continue
            tables += 1
            expected = eval(code, {"show_result": show_result})._repr_markdown_()
            shown = ["".join(o.get("data", {}).get("text/markdown", "")) for o in outputs]
            if shown != [expected]: yield f"{path.name} cell {i}: the table differs from results/ (run the cell again)"
    for file in sorted((ROOT/"results").glob("*.json")):
        missing = {"commit", "command", "seed"} - json.loads(file.read_text()).keys()
        if missing: yield f"results/{file.name} lacks {', '.join(sorted(missing))}"
    print(f"{tables} tables compared")


def settings():
    config = ConfigParser(delimiters=["="])
    config.read(ROOT/"settings.ini", encoding="utf-8")
    return config["DEFAULT"]


def check_version():
    "settings.ini's version is everywhere; CHANGELOG.md and CITATION.cff agree on its date."
    version = settings()["version"]
    own = re.search(r'__version__ = "(.+)"', (ROOT/"denseaspp"/"__init__.py").read_text())
    if not own or own[1] != version: yield f"denseaspp/__init__.py says {own and own[1]}, settings.ini {version}: run nbdev_export"
    released = re.findall(r"^## \[(\d\S*)\] - (\d{4}-\d\d-\d\d)$", (ROOT/"CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    if not released or released[0][0] != version: yield f"CHANGELOG.md begins with {released[:1]}, settings.ini says {version}"
    citation = dict(re.findall(r'^([\w-]+): "?([^"\n]+)"?$', (ROOT/"CITATION.cff").read_text(encoding="utf-8"), re.M))
    if citation.get("version") != version: yield f"CITATION.cff says {citation.get('version')}, settings.ini {version}"
    if released and citation.get("date-released") != released[0][1]: yield f"CITATION.cff says {citation.get('date-released')}, CHANGELOG.md {released[0][1]}"


def check_contributing():
    "Code that CONTRIBUTING.md shows stands word for word in a cell of the tutorial that tests it."
    tested = [source.strip() for _, source, _ in cells(ROOT/"nbs"/"54_tutorial_extending.ipynb")]
    shown = re.findall(r"^```python\n(.*?)\n```$", (ROOT/"CONTRIBUTING.md").read_text(encoding="utf-8"), re.M | re.S)
    for code in shown:
        if code.strip() not in tested: yield f"CONTRIBUTING.md shows code that nbs/54_tutorial_extending.ipynb does not run: {code.splitlines()[0]} …"
    print(f"{len(shown)} examples compared")


PACKAGE = {f"denseaspp/{p.name}" for p in [*(ROOT/"denseaspp").glob("*.py"), ROOT/"denseaspp"/"py.typed"]}
COMPLETE = ("Name", "Version", "Summary", "Author", "Author-email", "Keywords", "Classifier", "Project-URL", "Requires-Python", "Requires-Dist", "Provides-Extra", "Description-Content-Type", "License-File")


def check_metadata(text):
    "What an index shows of the package is all there."
    found = message_from_bytes(text)
    for key in COMPLETE:
        if not found.get_all(key): yield f"the metadata have no {key}"
    if not (found["License-Expression"] or found["License"]): yield "the metadata have no licence"
    if found["Version"] != settings()["version"]: yield f"the metadata say version {found['Version']}, settings.ini {settings()['version']}"
    shown = text.decode().replace("\r\n", "\n")
    if re.search(r'(src="|\]\()nbs/images/', shown): yield "the long description has relative pictures, which an index does not show"
    if (ROOT/"README.md").read_text(encoding="utf-8").strip() not in re.sub(r"https://(raw\.githubusercontent\.com/[\w.-]+/[\w.-]+|github\.com/[\w.-]+/[\w.-]+/blob)/[\w.-]+/nbs/", "nbs/", shown): yield "the long description is not README.md"
    extras = {key.removesuffix("_requirements") for key in settings() if key.endswith("_requirements")}
    if extras != set(found.get_all("Provides-Extra", [])): yield f"the extras are {found.get_all('Provides-Extra')}, settings.ini has {sorted(extras)}"


def check_wheel(file):
    "The wheel holds the package, its licence and its type information, and nothing else."
    archive = zipfile.ZipFile(file)
    names = archive.namelist()
    for name in PACKAGE - set(names): yield f"{name} is not in the wheel"
    information = {name.partition(".dist-info/")[2] for name in names if ".dist-info/" in name}
    for name in {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "top_level.txt"} - information: yield f"{name} is not in the wheel"
    if not any(name.endswith("LICENSE") for name in information): yield "LICENSE is not in the wheel"
    for name in names:
        if name not in PACKAGE and not re.match(r"denseaspp-[^/]+\.dist-info/", name): yield f"{name} does not belong into the wheel"
    yield from check_metadata(archive.read(next(name for name in names if name.endswith(".dist-info/METADATA"))))


def check_sdist(file):
    "The source archive holds what makes the wheel and what explains it, and nothing else."
    with tarfile.open(file) as archive:
        names = {name.partition("/")[2]: name for name in archive.getnames() if archive.getmember(name).isfile()}
        text = archive.extractfile(names["PKG-INFO"]).read()
    wanted = PACKAGE | {"settings.ini", "setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md"}
    for name in wanted - names.keys(): yield f"{name} is not in the source archive"
    for name in names.keys() - wanted:
        if name not in ("PKG-INFO", "setup.cfg") and not name.startswith("denseaspp.egg-info/"): yield f"{name} does not belong into the source archive"
    yield from check_metadata(text)


if __name__ == "__main__":
    check, *arguments = sys.argv[1:] or ["?"]
    checks = dict(imports=check_imports, outputs=check_outputs, results=check_results, version=check_version, contributing=check_contributing, wheel=check_wheel, sdist=check_sdist)
    if check not in checks: sys.exit(__doc__)
    faults = list(checks[check](*arguments))
    print("\n".join(faults) or "nothing to mend")
    sys.exit(bool(faults))
