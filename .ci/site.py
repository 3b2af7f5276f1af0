#!/usr/bin/env python3
"""Check the documentation site without Quarto: its configuration, and every notebook as nbdev hands it to Quarto.
Usage: site.py [NOTEBOOK …] | --fix [NOTEBOOK …] | --selftest

--fix writes what can be written by machine: the introduction in a cell of its own, the line *Builds on*, imports in cells of their own."""
import ast, contextlib, hashlib, importlib.util, inspect, io, json, multiprocessing, os, re, sys, tempfile, time, warnings
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
NBS = ROOT/"nbs"
sys.path.insert(0, str(ROOT))
PACKAGES = dict(PIL="Pillow")  # a module's name where it is not its package's


# ---- notebooks

def text(value): return value if isinstance(value, str) else "".join(value)
def read(path): return json.loads(Path(path).read_text(encoding="utf-8"))
def numbered(folder=NBS): return sorted(p for p in folder.glob("*.ipynb") if not p.name.startswith((".", "_")))
def directives(source): return dict(re.findall(r"^#\|\s*([\w-]+):?[ \t]*(.*)$", source, re.M))
def is_export(source): return bool({"export", "exports"} & directives(source).keys())
def page_name(path): return re.sub(r"^[0-9]+[a-z]?_", "", Path(path).name).replace(".ipynb", ".html")  # nbdev's rule


def parsed(source):
    "The statements of a cell, its magics left out."
    return ast.parse("\n".join("pass" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines()))


def module_of(notebook):
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and (found := re.search(r"^#\|\s*default_exp\s+(\S+)", text(cell["source"]), re.M)): return found[1]


def home_of(folder=NBS):
    "Module → its notebook's file name."
    return {module: path.name for path in numbered(folder) if (module := module_of(read(path)))}


def dependencies(notebook):
    "(our modules, packages) that a notebook's exported cells import; all cells of one that exports nothing."
    ours, others = [], []
    exports = module_of(notebook) is not None
    for cell in notebook["cells"]:
        source = text(cell["source"])
        if cell["cell_type"] != "code" or (exports and not is_export(source)) or {"eval", "slow"} & directives(source).keys(): continue
        for node in parsed(source).body:
            if isinstance(node, ast.Import): names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom): names = [node.module]
            else: continue
            for name in names:
                top, _, rest = name.partition(".")
                if top == "denseaspp" and rest: ours.append(rest)
                elif top not in sys.stdlib_module_names and top not in ("build", "denseaspp", "IPython"): others.append(PACKAGES.get(top, top))
    return sorted(set(ours)), sorted(set(others) - (set() if exports else {"fastcore", "matplotlib"}))


def builds_on(notebook, home):
    "The line that says what a notebook builds on and needs."
    ours, others = dependencies(notebook)
    links = ", ".join(f"[{m.replace('_', ' ')}]({home[m]})" for m in sorted(ours, key=lambda m: home[m])) or "no other notebook"
    return f"*Builds on:* {links}." + (f" *Needs:* {', '.join(others)}." if others else "")


def opening(source):
    "(title and subtitle, rest) of a notebook's first cell."
    lines, n = source.split("\n"), 0
    while n < len(lines) and (not lines[n].strip() or lines[n].startswith(("# ", "> ")) or (n and re.match(r"- [\w-]+: ", lines[n]))): n += 1
    return "\n".join(lines[:n]).strip(), "\n".join(lines[n:]).strip()


def split_imports(source):
    "(imports, rest) of a cell that has both at its top level, else None: nbdev_docs runs every cell that imports."
    if is_export(source) or directives(source).keys() & {"exporti", "default_exp"} or directives(source).get("eval") == "false": return
    tree = parsed(source)
    imports = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    nested = any(isinstance(node, (ast.Import, ast.ImportFrom)) for node in ast.walk(tree)) and "hide" not in directives(source)
    if not (imports or nested) or len(imports) == len(tree.body): return
    lines = source.split("\n")
    gone = {i for node in imports for i in range(node.lineno - 1, node.end_lineno)}
    kept = [line for i, line in enumerate(lines) if i not in gone]
    hide = ["#| hide"] if "hide" in directives(source) else []
    rest = re.sub(r"\A((?:#\|[^\n]*\n)*)\n+", r"\1", "\n".join(kept)).strip("\n")
    return "\n".join(hide + [lines[i] for i in sorted(gone)]), re.sub(r"\n{3,}", "\n\n", rest)


def fix(path, home):
    "Rewrite a notebook's form; whether anything changed."
    notebook, cells = read(path), []
    exports = module_of(notebook) is not None
    def add(kind, source, like=None):
        cell = {**(like or {}), "cell_type": kind, "source": source, "metadata": (like or {}).get("metadata", {})}
        if kind == "code": cell.setdefault("outputs", []); cell.setdefault("execution_count", None)
        if not like or text(like["source"]) != source: cell["id"] = hashlib.sha1((kind + source).encode()).hexdigest()[:8]
        cells.append(cell)
    for i, cell in enumerate(notebook["cells"]):
        source = text(cell["source"])
        if i == 0 and cell["cell_type"] == "markdown" and path.name != "index.ipynb" and opening(source)[1]:
            head, rest = opening(source)
            first = re.search(r"^## ", rest, re.M)
            add("markdown", head, cell)
            for part in (rest[:first.start()].strip(), rest[first.start():]) if first else (rest,):
                if part: add("markdown", part)
        elif cell["cell_type"] == "code" and exports and (parts := split_imports(source)) and parts[0].strip():
            if parts[0].replace("#| hide", "").strip(): add("code", parts[0]); add("code", parts[1], cell)
            else: add("code", source, cell)
        else: add(cell["cell_type"], source, cell)
    if re.match(r"\d", path.name):
        line = builds_on(notebook, home)
        if len(cells) < 2 or cells[1]["cell_type"] != "markdown" or text(cells[1]["source"]).startswith("#"):
            add("markdown", line); cells.insert(1, cells.pop())
        else:
            body = re.sub(r"\n*^\*Builds on:\*.*$", "", text(cells[1]["source"]), flags=re.M).strip()
            if text(cells[1]["source"]) != body + "\n\n" + line: like = cells[1]; add("markdown", body + "\n\n" + line, like); cells[1] = cells.pop()
    seen = Counter()
    for cell in cells:
        seen[cell["id"]] += 1
        if seen[cell["id"]] > 1: cell["id"] += f"-{seen[cell['id']]}"
        cell["source"] = text(cell["source"]).splitlines(True)
    before = json.dumps(read(path)["cells"], sort_keys=True)
    if json.dumps(cells, sort_keys=True) == before: return False
    path.write_text(json.dumps({**notebook, "cells": cells}, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    return True


# ---- what nbdev makes of them

def _process(job):
    "Process one notebook as nbdev_docs does before Quarto sees it; (name, error or None)."
    source, target = job
    import nbdev.serve_drv
    from nbdev.processors import FilterDefaults
    os.environ["IN_TEST"] = "1"
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()): nbdev.serve_drv.exec_nb(source, target, FilterDefaults)
        return source.name, None
    except BaseException as e: return source.name, f"{e}".strip().split("\n")[0] + (f" {e.__cause__!r}" if e.__cause__ else "")


def process(paths, target):
    "Process notebooks into a folder, two at a time; {name: error}."
    os.environ.setdefault("OMP_NUM_THREADS", "1"); os.environ["MPLBACKEND"] = "agg"
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        import fastai.vision.all, matplotlib.pyplot, nbdev.quarto, nbdev.showdoc, torchvision  # once, for all the forks
    here = os.getcwd()
    os.chdir(ROOT)
    try:
        with multiprocessing.get_context("fork").Pool(min(len(paths), 2), maxtasksperchild=1) as pool:
            jobs = sorted(((p, Path(target)/p.name) for p in paths), key=lambda job: -job[0].stat().st_size)
            return {name: error for name, error in pool.imap_unordered(_process, jobs, chunksize=1) if error}
    finally: os.chdir(here)


class _Html(HTMLParser):
    "Links, images and ids of a piece of HTML."
    def __init__(self, source):
        super().__init__(); self.links, self.images, self.ids = [], [], []
        self.feed(source)
    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if found.get("id"): self.ids.append(found["id"])
        if tag == "a" and found.get("href"): self.links.append(found["href"])
        if tag == "img": self.images.append((found.get("src", ""), found.get("alt")))


def without_blocks(source): return re.sub(r"^(```+|~~~+).*?^\1[ \t]*$", "", source, flags=re.M | re.S)


def without_code(source):
    "Markdown without code blocks, inline code and mathematics."
    source = without_blocks(source)
    source = re.sub(r"\$\$.*?\$\$", "", source, flags=re.S)
    return re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", lambda m: "`" + " "*(len(m[0]) - 2) + "`", source, flags=re.S)


def anchor(heading):
    "Pandoc's identifier of a heading."
    found = re.search(r"\{[^}]*#([\w.:-]+)[^}]*\}\s*$", heading)
    if found: return found[1]
    plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", re.sub(r"\{[^}]*\}\s*$", "", heading))
    plain = re.sub(r"[`*]|<[^>]+>", "", plain).strip().lower()
    plain = re.sub(r"\s+", "-", "".join(c for c in plain if c.isalnum() or c in "_-. \t"))
    return re.sub(r"^[^a-zà-ÿ]+", "", plain) or "section"


class Page:
    "A processed notebook: what a reader of its page meets."
    def __init__(self, path):
        self.name, self.front, self.headings, self.links, self.images, self.keys, self.faults, self.words = path.name, {}, [], [], [], [], [], set()
        ids = Counter()
        for cell in read(path)["cells"]:
            source, outputs = text(cell["source"]), cell.get("outputs", [])
            if cell["cell_type"] == "raw":
                if found := re.match(r"---\n(.*?)\n---", source, re.S): self.front.update(yaml.safe_load(found[1]) or {})
                continue
            if cell["cell_type"] == "markdown": self._markdown(source, ids)
            if cell["cell_type"] != "code": continue
            asks = directives(source)
            for output in outputs:
                data = output.get("data", {})
                if output["output_type"] == "error": self.faults.append(f"an error output: {output.get('ename')}")
                if output.get("name") == "stderr": self.faults.append("output on stderr")
                plain = text(output.get("text", "")) + "".join(text(data[k]) for k in ("text/plain", "text/markdown", "text/html") if k in data)
                if "Traceback (most recent call last)" in plain: self.faults.append("a traceback in an output")
                if found := re.search(r"\w*Warning:.*", plain): self.faults.append(f"a warning in an output: {found[0][:80]}")
                if any(kind.startswith("image/") for kind in data) and asks.get("output") != "false" and asks.get("include") != "false":
                    for what in ("fig-cap", "fig-alt"):
                        if not asks.get(what, "").strip('" '): self.faults.append(f"a figure without #| {what}: {re.sub(r'(?m)^#.*$', '', source).strip().splitlines()[0][:60]}")
                if "text/markdown" in data: self._markdown(text(data["text/markdown"]), ids, ours=asks.get("echo") != "false")
                elif "text/html" in data: self._html(text(data["text/html"]))
        self.ids = set(ids) | {f"{k}-{i}" for k, n in ids.items() for i in range(1, n)}

    def _html(self, source):
        found = _Html(source)
        self.links += found.links; self.images += found.images; self.explicit = found.ids
        return found.ids

    def _markdown(self, source, ids, ours=True):
        self.words |= set(re.findall(r"`([\w.*]+)`", source))
        for level, heading in re.findall(r"^(#{1,6})[ \t]+(.+?)[ \t#]*$", without_blocks(source), re.M):
            ids[anchor(heading)] += 1
            if ours: self.headings.append((len(level), heading))
        source = without_code(source)
        for name in self._html(source): ids[name] += 1
        for name in re.findall(r"\]\{[^}]*#([\w.:-]+)[^}]*\}|^:+ *\{[^}]*#([\w.:-]+)", source, re.M): ids[name[0] or name[1]] += 1
        for mark, words, target in re.findall(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)", source):
            (self.images.append((target, words)) if mark else self.links.append(target))
        self.keys += re.findall(r"(?<![\w@/.])@([A-Za-z0-9_][\w:.-]*\w)", re.sub(r"\]\([^)]*\)|<[^>]*>", "", source)) if ours else []


def page_faults(pages, folder, base, keys):
    "What is wrong on pages {file name: Page}; links are followed in `folder`, those to our own site too."
    outputs = {page_name(name): name for name in pages}
    for name, page in pages.items():
        for fault in page.faults: yield f"{name}: {fault}"
        if not page.front.get("title"): yield f"{name}: no title (a first cell with one line `# Title`)"
        if not page.front.get("description"): yield f"{name}: no subtitle (a line `> …` under the title)"
        for level, heading in page.headings:
            if level == 1: yield f"{name}: a second heading of the first level: {heading!r}"
        for source, alt in page.images:
            if not (alt or "").strip(): yield f"{name}: an image without alternative text: {source}"
            if not source.startswith(("http:", "https:", "data:")) and not (folder/source).exists(): yield f"{name}: no image {source}"
        for link in page.links:
            if base and link.startswith(base): link = link[len(base):].lstrip("/") or "index.html"
            if re.match(r"[a-z]+:", link): continue
            file, _, fragment = link.partition("#")
            target = name if not file else outputs.get(file, file)
            if target not in pages and not (folder/target).exists(): yield f"{name}: a link to {link}, and there is no {target}"
            elif fragment and target in pages and fragment not in pages[target].ids: yield f"{name}: a link to {link}, and {target} has no such heading"
        for key in page.keys:
            if key not in keys and not key.startswith(("fig-", "tbl-", "eq-", "sec-")): yield f"{name}: no reference @{key} in references.bib"
    for file, n in Counter(page_name(name) for name in pages).items():
        if n > 1: yield f"{n} notebooks become {file}"


# ---- sources

def source_faults(path, home):
    "What can be seen in the notebook itself."
    notebook = read(path)
    first = notebook["cells"][0]
    head, rest = opening(text(first["source"]))
    if first["cell_type"] != "markdown" or not re.match(r"# \S.*\n\n?> \S", head): yield f"{path.name}: the first cell is not a title and a subtitle (`# …`, `> …`)"
    if rest: yield f"{path.name}: nbdev drops what follows title and subtitle in the first cell; put it into a cell of its own (site.py --fix)"
    if re.match(r"\d", path.name):
        second = text(notebook["cells"][1]["source"]) if len(notebook["cells"]) > 1 else ""
        if builds_on(notebook, home) not in second: yield f"{path.name}: its second cell does not end with {builds_on(notebook, home)!r} (site.py --fix)"
    if module_of(notebook):
        for i, cell in enumerate(notebook["cells"]):
            if cell["cell_type"] == "code" and split_imports(text(cell["source"])):
                yield f"{path.name} cell {i}: imports and other code; nbdev_docs runs such cells alone (site.py --fix, imports within functions by hand)"


def _parameters(symbol):
    "Parameters of ours that have no comment: {name}."
    from fastcore.docments import docments
    if inspect.isclass(symbol) and not hasattr(symbol, "__dataclass_fields__") and not ({"__init__", "__new__", "__call__"} & vars(symbol).keys()): return set()
    if hasattr(symbol, "_fields"): return set()  # a named tuple says it in its lines
    signature = inspect.signature(symbol)
    variable = {k for k, p in signature.parameters.items() if p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL) or hasattr(p.annotation, "__metadata__") or getattr(p.annotation, "help", None)}
    return {k for k, v in docments(symbol, full=True, returns=False).items() if k not in ("self", "cls", "return") and k not in variable and not v.get("docment")}


def api_faults(paths, words):
    "Exported symbols without docstring, parameters that nothing explains, and headings of symbols that are not there; `words` are those set as code on each page."
    from nbdev.showdoc import BasicMarkdownRenderer
    home = home_of(paths[0].parent)
    for path in paths:
        name = module_of(read(path))
        if not name or name == "all": continue
        module = importlib.import_module(f"denseaspp.{name}")
        known = set().union(*(words.get(file, set()) for file in (path.name, *(home[m] for m in dependencies(read(path))[0] if m in home))))
        for key in module.__all__:
            symbol = getattr(module, key, None)
            if symbol is None: yield f"{path.name}: {key} is in __all__ and not in the module"; continue
            if not (inspect.isclass(symbol) or inspect.isfunction(symbol)) or symbol.__module__ != module.__name__: continue
            if not (symbol.__doc__ or "").strip(): yield f"{path.name}: {key} has no docstring"
            try: missing = _parameters(symbol)
            except ValueError: yield f"{path.name}: {key} has a default that cannot be compared (an array?): nbdev cannot document it"; continue
            missing -= known | set(re.findall(r"\w+", symbol.__doc__ or ""))
            if missing: yield f"{path.name}: {key}: nothing explains {', '.join(sorted(missing))}"
        for cell in read(path)["cells"]:
            if cell["cell_type"] != "markdown": continue
            for heading in re.findall(r"^### (.+)$", text(cell["source"]), re.M):
                parts = heading.strip().strip("`").split(", ")
                if not all(re.fullmatch(r"[a-z_]\w*|\w+\.\w+|[A-Z][a-z]\w*_\w*", part) for part in parts): continue  # words, or classes
                for part in parts:
                    owner, found = module, True
                    for piece in part.split("."):
                        if piece == "Learner" and owner is module and not hasattr(owner, piece): owner = importlib.import_module("fastai.learner")
                        found = hasattr(owner, piece)
                        if not found: break
                        owner = getattr(owner, piece)
                    if not found and not re.search(rf"^def {re.escape(part)}\b|^class {re.escape(part)}\b", "\n".join(text(c["source"]) for c in read(path)["cells"]), re.M):
                        yield f"{path.name}: the heading {part!r} names nothing in denseaspp.{name}"


# ---- configuration

def _merged(a, b):
    "Two pieces of configuration as Quarto merges them."
    if isinstance(a, dict) and isinstance(b, dict): return {**a, **{k: _merged(a[k], v) if k in a else v for k, v in b.items()}}
    return b


def configuration(root=ROOT):
    "(the site's whole configuration, faults of its files)."
    nbs, faults, whole = root/"nbs", [], {}
    def load(file):
        try: return yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        except FileNotFoundError: faults.append(f"{file.relative_to(root)} does not exist")
        except yaml.YAMLError as e: faults.append(f"{file.relative_to(root)} is no YAML: {str(e).splitlines()[0]}")
        return {}
    stub = load(nbs/"_quarto.yml")
    for name in stub.get("metadata-files", []):
        if name == "nbdev.yml": continue  # nbdev writes it
        whole = _merged(whole, load((nbs/name).resolve()))
    return _merged(whole, {k: v for k, v in stub.items() if k != "metadata-files"}), faults


def entries(contents):
    "Files that a sidebar names."
    for item in contents:
        if isinstance(item, str): yield item
        elif "contents" in item: yield from ([item["href"]] if "href" in item else []); yield from entries(item["contents"])
        elif "href" in item or "file" in item: yield item.get("href") or item["file"]


def entries_of(value):
    "Every dictionary with a link in a piece of configuration."
    if isinstance(value, dict):
        if isinstance(value.get("href"), str): yield value
        for inner in value.values(): yield from entries_of(inner)
    elif isinstance(value, list):
        for inner in value: yield from entries_of(inner)


def configuration_faults(root=ROOT):
    whole, faults = configuration(root)
    yield from faults
    nbs, html = root/"nbs", whole.get("format", {}).get("html", {})
    if whole.get("project", {}).get("type") != "website" or whole.get("project", {}).get("output-dir") != "_docs": yield "_quarto.yml: project is not {type: website, output-dir: _docs}"
    for key in ("search", "sidebar"):
        if not whole.get("website", {}).get(key): yield f"_quarto.yml: no website.{key}"
    theme = html.get("theme", {})
    if not {"light", "dark"} <= (theme.keys() if isinstance(theme, dict) else set()): yield "_quarto.yml: format.html.theme has no light and dark"
    named = [whole.get("bibliography"), html.get("css"), whole.get("csl"), whole.get("website", {}).get("favicon"), whole.get("website", {}).get("navbar", {}).get("logo"),
             whole.get("website", {}).get("image"), *(part.get(k) for part in (whole, html) for k in ("include-in-header", "include-before-body", "include-after-body", "filters")),
             [style for value in (theme.values() if isinstance(theme, dict) else [theme]) for style in ([value] if isinstance(value, str) else value) if style.endswith((".scss", ".css"))],
             whole.get("project", {}).get("resources"), [item["href"] for item in entries_of(whole.get("website", {}).get("navbar", {})) if not re.match(r"[a-z]+:", item["href"])]]
    for value in named:
        for file in value if isinstance(value, list) else [value]:
            if isinstance(file, dict): file = file.get("file") or file.get("path")
            if isinstance(file, str) and "/vendor/" not in file and not list(nbs.glob(file)): yield f"_quarto.yml names {file}, and there is no nbs/{file}"
    listed = list(entries(whole.get("website", {}).get("sidebar", {}).get("contents", [])))
    for file in listed:
        if not (nbs/file).exists(): yield f"sidebar.yml names {file}, and there is no such notebook"
    for file, n in Counter(listed).items():
        if n > 1: yield f"sidebar.yml names {file} {n} times"
    for path in numbered(nbs):
        if path.name not in listed: yield f"sidebar.yml lacks {path.name}"


def references(file=NBS/"references.bib"):
    "Keys of a bibliography; `ValueError` for one that is there twice or lacks author, title or year."
    source = file.read_text(encoding="utf-8")
    keys = re.findall(r"^@\w+\{([^,\s]+),", source, re.M)
    for entry in re.split(r"^@", source, flags=re.M)[1:]:
        key = re.match(r"\w+\{([^,\s]+)", entry)[1]
        for field in ("author", "title", "year"):
            if not re.search(rf"^\s*{field}\s*=", entry, re.M): raise ValueError(f"references.bib: {key} has no {field}")
    if twice := [k for k, n in Counter(keys).items() if n > 1]: raise ValueError(f"references.bib: {twice[0]} is there twice")
    return set(keys)


def check(paths, only=False):
    "All faults; `only` leaves out what concerns the whole site."
    faults = [] if only else list(configuration_faults())
    home = home_of()
    try: keys = references()
    except (OSError, ValueError) as e: keys = set(); faults.append(str(e))
    for path in paths: faults += source_faults(path, home)
    from nbdev.config import get_config
    here = os.getcwd(); os.chdir(ROOT); config = get_config(); os.chdir(here)
    base = (config.doc_host + config.doc_baseurl) if config.get("doc_host") else ""
    with tempfile.TemporaryDirectory() as place:
        for name, error in process(paths, place).items(): faults.append(f"{name}: nbdev cannot process it: {error}")
        pages = {p.name: Page(Path(place)/p.name) for p in paths if (Path(place)/p.name).exists()}
    found = page_faults(pages, NBS, base, keys)
    faults += [f for f in found if not (only and "and there is no" in f)]
    faults += api_faults(paths, {name: page.words for name, page in pages.items()})
    if not only and (lonely := keys - {k for page in pages.values() for k in page.keys}): faults.append(f"references.bib: nobody cites {', '.join(sorted(lonely))}")
    return faults, pages


# ---- every rule, broken once

def _cell(kind, source, **more): return dict(cell_type=kind, id="x", metadata={}, source=source, **(dict(outputs=[], execution_count=None) if kind == "code" else {}), **more)
def _output(**data): return dict(output_type="execute_result", data=data, metadata={}, execution_count=None)
_FIGURE = dict(**{"image/png": "AAAA", "text/plain": "<Figure>"})


def _good_page():
    return [_cell("raw", "---\ntitle: Good\ndescription: a page\n---\n"), _cell("markdown", "## One, `two`\n\nSee [there](b.ipynb#one-two), [here](#one-two), [@key2000], `@not_this`, me@home.org.\n\n![What it shows.](picture.png)"),
            {**_cell("code", '#| fig-cap: "A figure."\n#| fig-alt: "A line."\nplot()'), "outputs": [_output(**_FIGURE)]}]


def _page_cases():
    "(what is broken, change of the good page's cells, what must be said)."
    def markdown(source): return lambda cells: cells.append(_cell("markdown", source))
    def output(**o): return lambda cells: cells.append({**_cell("code", "f()"), "outputs": [o]})
    def figure(source): return lambda cells: cells[2].update(source=source)
    yield "a link to no file", markdown("[x](none.ipynb)"), "there is no none.ipynb"
    yield "a link to no heading", markdown("[x](b.ipynb#two)"), "no such heading"
    yield "a link in HTML", markdown('<a href="none.html">x</a>'), "there is no none.html"
    yield "a link of the API to no page", markdown("[x](https://site.org/base/none.html#f)"), "there is no none.html"
    yield "a missing image", markdown("![words](none.png)"), "no image none.png"
    yield "an image without words", markdown("![](picture.png)"), "without alternative text"
    yield "an HTML image without words", markdown('<img src="picture.png">'), "without alternative text"
    yield "a figure without caption", figure('#| fig-alt: "A line."\nplot()'), "without #| fig-cap"
    yield "a figure without alternative text", figure('#| fig-cap: "A figure."\nplot()'), "without #| fig-alt"
    yield "a figure with an empty one", figure('#| fig-cap: "A figure."\n#| fig-alt: ""\nplot()'), "without #| fig-alt"
    yield "an unknown reference", markdown("[@nobody1999]"), "no reference @nobody1999"
    yield "a reference in words", markdown("as @nobody1999 says"), "no reference @nobody1999"
    yield "a warning", output(output_type="stream", name="stdout", text="UserWarning: deprecated"), "a warning in an output"
    yield "output on stderr", output(output_type="stream", name="stderr", text="x"), "stderr"
    yield "a traceback", output(output_type="stream", name="stdout", text="Traceback (most recent call last):"), "a traceback"
    yield "an error", output(output_type="error", ename="ValueError", evalue="", traceback=[]), "an error output: ValueError"
    yield "a second title", markdown("# Another"), "a second heading"
    yield "no title", lambda cells: cells[0].update(source="---\ndescription: x\n---\n"), "no title"
    yield "no subtitle", lambda cells: cells[0].update(source="---\ntitle: x\n---\n"), "no subtitle"


def _source_cases():
    yield "words under the subtitle", ["# T\n\n> s\n\nlost"], "nbdev drops"
    yield "no subtitle", ["# T"], "not a title and a subtitle"
    yield "no line Builds on", ["# T\n\n> s", "words"], "does not end with"
    yield "imports and code", ["# T\n\n> s", "*Builds on:* no other notebook.", "#| default_exp x", "import json\nx = y"], "imports and other code"


def selftest():
    "Break something for each rule and see it said; the number of rules that slept."
    asleep = []
    def expect(what, faults, said):
        if not any(said in fault for fault in faults): asleep.append(f"not noticed: {what}; said was {faults}")
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        def write(name, cells): (place/name).write_text(json.dumps(dict(cells=cells, metadata={}, nbformat=4, nbformat_minor=5)), encoding="utf-8"); return place/name
        def faults_of(cells):
            write("a.ipynb", cells); write("b.ipynb", _good_page())
            return list(page_faults({n: Page(place/n) for n in ("a.ipynb", "b.ipynb")}, place, "https://site.org/base", {"key2000"}))
        (place/"picture.png").write_bytes(b"x")
        if faults := faults_of(_good_page()): asleep.append(f"a good page has faults: {faults}")
        cases = 1
        for what, change, said in _page_cases():
            cells = _good_page(); change(cells)
            expect(what, faults_of(cells), said); cases += 1
        expect("two notebooks of one name", page_faults({n: Page(place/"a.ipynb") for n in ("05_a.ipynb", "61_a.ipynb")}, place, "", {"key2000"}), "2 notebooks become a.html")
        for what, sources, said in _source_cases():
            path = write("00_x.ipynb", [_cell("markdown" if i < 2 else "code", s) for i, s in enumerate(sources)])
            expect(what, list(source_faults(path, {})), said); cases += 1
            fix(path, {})
            if said != "not a title and a subtitle" and (left := list(source_faults(path, {}))): asleep.append(f"--fix does not mend {what}: {left}")

        (place/"selftest_module.py").write_text("__all__ = ['told', 'silent', 'bare', 'gone']\ndef told(a,  # what it is\n    b):\n    'Says `b`.'\ndef silent(c):\n    'A sentence.'\ndef bare(): pass\n")
        spec = importlib.util.spec_from_file_location("denseaspp.selftest_module", place/"selftest_module.py")
        sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[spec.name])
        path = write("00_x.ipynb", [_cell("code", "#| default_exp selftest_module"), _cell("markdown", "### not_there")])
        faults = list(api_faults([path], {}))
        for what, said in dict(docstring="bare has no docstring", parameter="silent: nothing explains c", absent="gone is in __all__", heading="'not_there' names nothing").items(): expect(what, faults, said); cases += 1
        if any("told" in fault for fault in faults): asleep.append(f"a documented function has faults: {faults}")
        path = write("00_y.ipynb", [_cell("markdown", "# T\n\n> s"), _cell("code", "#| default_exp y"), _cell("code", "#| export\ndef f(): pass"), _cell("code", "import json\nnothing")])
        expect("a page that cannot be made", list(process([path], place).values()), "nothing"); cases += 1

        root = place/"site"
        (root/"nbs").mkdir(parents=True)
        def site(**change):
            files = {"_quarto.yml": "project: {type: website, output-dir: _docs}\nformat: {html: {theme: {light: cosmo, dark: darkly}, css: s.css}}\nwebsite: {search: true, navbar: {left: [{href: index.ipynb}]}}\nbibliography: r.bib\nfilters: [f.lua]",
                     "nbs/_quarto.yml": "metadata-files: [../_quarto.yml, nbdev.yml, sidebar.yml]", "nbs/sidebar.yml": "website: {sidebar: {contents: [index.ipynb, {section: a, contents: [00_a.ipynb]}]}}",
                     "nbs/s.css": "", "nbs/r.bib": "@book{k,\n author = {x},\n title = {y},\n year = {2000}\n}", "nbs/f.lua": "", "nbs/index.ipynb": "{}", "nbs/00_a.ipynb": "{}"}
            for file in root.rglob("*.*"):
                if file.is_file(): file.unlink()
            for name, content in {**files, **change}.items():
                if content is not None: (root/name).write_text(content, encoding="utf-8")
            return list(configuration_faults(root))
        if faults := site(): asleep.append(f"a good site has faults: {faults}")
        for what, change, said in (("a missing style sheet", {"nbs/s.css": None}, "names s.css"), ("a missing filter", {"nbs/f.lua": None}, "names f.lua"), ("a missing bibliography", {"nbs/r.bib": None}, "names r.bib"),
                                   ("a notebook that the sidebar lacks", {"nbs/01_b.ipynb": "{}"}, "lacks 01_b.ipynb"), ("an entry without notebook", {"nbs/00_a.ipynb": None}, "names 00_a.ipynb"),
                                   ("a page of the bar at the top", {"nbs/index.ipynb": None}, "names index.ipynb"), ("broken YAML", {"_quarto.yml": "a: [b"}, "is no YAML"), ("no dark theme", {"_quarto.yml": "format: {html: {theme: cosmo}}"}, "light and dark"),
                                   ("no sidebar", {"nbs/sidebar.yml": None}, "does not exist")):
            expect(what, site(**change), said); cases += 1
        for what, entry, said in (("a reference without year", "@book{k,\n author = {x},\n title = {y}\n}", "no year"), ("a reference twice", "@book{k,\n author = {x},\n title = {y},\n year = {1}\n}\n"*2, "there twice")):
            (place/"r.bib").write_text(entry)
            try: references(place/"r.bib"); expect(what, [], said)
            except ValueError as e: expect(what, [str(e)], said)
            cases += 1
    print("\n".join(asleep) or f"{cases} rules, each broken once and noticed")
    return len(asleep)


if __name__ == "__main__":
    started, arguments = time.perf_counter(), [a for a in sys.argv[1:] if not a.startswith("--")]
    paths = [Path(a).resolve() for a in arguments] or numbered()
    if "--fix" in sys.argv:
        for path in paths:
            if fix(path, home_of()): print(f"rewritten: {path.name}")
        sys.exit()
    if "--selftest" in sys.argv: sys.exit(selftest())
    faults, pages = check(paths, only=bool(arguments))
    print("\n".join(faults) or f"{len(pages)} pages, {sum(len(p.links) for p in pages.values())} links, {sum(len(p.images) for p in pages.values())} images: nothing to mend ({time.perf_counter() - started:.0f} s)")
    sys.exit(bool(faults))
