#!/usr/bin/env python3
"""Check the pages of the documentation site as a browser gets them.

site.py [--keep FOLDER]   makes them first, by nbdev's processing and, in Quarto's place, pandoc
site.py FOLDER            checks pages that are there, such as Quarto's own in _docs"""
import argparse, ast, os, re, shutil, sys, tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from html import escape
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat, pypandoc, yaml
from bs4 import BeautifulSoup
from nbdev.config import get_config
from nbdev.doclinks import _nbpath2html, nbglob
from nbdev.process import NBProcessor
from nbdev.serve import proc_nbs

COLUMNS = 110  # of code and of output
FENCE = "`````"
CONTRAST = 4.5  # of text to its ground, in both schemes
SEARCHED = ("create_model", "load_model", "Segmenter", "install", "train on my own data")  # some page has it
BADGES = (  # all that pages fetch from elsewhere
    "https://colab.research.google.com/assets/", "https://kaggle.com/static/",
    "https://img.shields.io/badge/", "https://github.com/denseaspp/denseaspp/actions/workflows/")
ROOT = Path(__file__).resolve().parents[1]
os.chdir(ROOT); sys.path.insert(0, str(ROOT))  # nbdev's workers import what is here, not what is installed
installs = import_module("nbs.pages").installs


# ---- pages without Quarto

def output_markdown(output, options):
    data = {kind: "".join(value) for kind, value in output.get("data", {}).items()}
    for kind in ("text/markdown", "text/html"):
        if kind in data: return data[kind]
    for kind in data:
        if kind.startswith("image/"):
            source, alt = f"data:{kind};base64,{data[kind].strip()}", escape(str(options.get("fig-alt", "")))
            caption = f"<figcaption>{options.get('fig-cap', '')}</figcaption>"
            return f'<figure><img src="{source}" alt="{alt}">{caption}</figure>'
    text = "".join(output.get("text") or output.get("traceback") or data.get("text/plain", ""))
    return f"{FENCE}{{.output}}\n{text.rstrip()}\n{FENCE}"


def cell_markdown(cell):
    "What Quarto makes of a cell and its options."
    if cell.cell_type != "code": return [cell.source]
    options = yaml.safe_load("\n".join(re.findall(r"^#\| ?(.*:.*)$", cell.source, re.M))) or {}
    if options.get("include") is False: return []
    source = re.sub(r"^#\|.*\n?", "", cell.source, flags=re.M).strip()
    shown = f"{FENCE}python\n{source}\n{FENCE}"
    if options.get("code-fold") is True:
        summary = options.get("code-summary", "Code")
        shown = f"<details><summary>{summary}</summary>\n\n{shown}\n\n</details>"
    outputs = [output_markdown(output, options) for output in cell.outputs]
    return [shown]*(options.get("echo") is not False) + outputs*(options.get("output") is not False)


def render(source, target):
    "A page from a processed notebook; links to notebooks lead to their pages, as Quarto's do."
    def page(link): return link[1] + _nbpath2html(Path(link[2])).as_posix()
    if source.suffix == ".ipynb":
        cells = nbformat.read(source, as_version=4).cells
        text = "\n\n".join(part for cell in cells for part in cell_markdown(cell))
    else: text = source.read_text(encoding="utf-8")
    text = re.sub(r'(\]\(|href=")(?![a-z]+:)([^)\s"#]+\.ipynb)', page, text)
    target.parent.mkdir(parents=True, exist_ok=True)
    style = os.path.relpath(ROOT/"nbs/styles.css", target.parent.resolve())
    pypandoc.convert_text(text, "html5", format="markdown", outputfile=target, extra_args=[
        "--standalone", "--mathml", "--syntax-highlighting=none", "--metadata=lang:en", f"--css={style}",
        "--citeproc", "--bibliography=nbs/references.bib",
        "--variable=include-before:<main>", "--variable=include-after:</main>"])


def make(folder):
    "All pages, and what they show."
    os.environ.update(OMP_NUM_THREADS="1", MPLBACKEND="agg", PYTHONWARNINGS="ignore")
    notebooks = proc_nbs(n_workers=2, force=True)  # raises what a notebook raises
    shutil.copytree(notebooks, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.ipynb", "*.qmd"))
    sources = [*notebooks.rglob("*.ipynb"), *notebooks.glob("*.qmd")]
    targets = [folder/_nbpath2html(source.relative_to(notebooks)).with_suffix(".html") for source in sources]
    with ThreadPoolExecutor(2) as pool: list(pool.map(render, sources, targets))


# ---- what may be wrong with them

class Page:
    "A page: its ids, its links, the names that it explains, and what is wrong with it alone."
    def __init__(self, name, file):
        soup = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")
        self.name, self.main, self.silent = name, soup.find("main") or soup, []
        self.ids = {tag["id"] for tag in soup.find_all(id=True)}
        links = soup.select("a[href]:not([aria-hidden]), img[src]")  # hidden: the numbers of code lines
        self.links = [tag.get("href") or tag["src"] for tag in links]
        loaded = soup.select(":is(img, script, iframe, video, source)[src], "
                             "link:is([rel~=stylesheet], [rel~=icon], [rel~=preload])")
        self.fetched = [tag.get("src") or tag.get("href") for tag in loaded]
        self.names = {tag.get_text() for tag in self.main.select("p code, li code")}
        earlier = next((p for p in self.main.find_all("p") if p.get_text().startswith("Builds on:")), None)
        self.earlier = [self.at(a["href"]) for a in earlier.find_all("a")] if earlier else []
        self.blocks = self.main.select(".api")
        self.faults = [*self._parts(), *(fault for block in self.blocks for fault in self._symbol(block))]
        self.words = " ".join(self.main.get_text().split()).lower()
        for tag in self.main.select("pre, code, script, style, math, .math"): tag.replace_with("…")
        text = self.main.get_text()
        for what, sign in (("a raw link", r"\]\("), ("a dash in place of two", r"(?<!\w)[–—](?=[a-z]{2})")):
            self.faults += [f"{what}: {found}" for found in re.findall(rf".{{0,50}}{sign}.{{0,50}}", text)]

    def at(self, link):
        "The file that a link leads to, within the site."
        path = unquote(urlsplit(link).path)
        if path.startswith("/"):  # as the links of 404.html, which is shown in any folder
            return os.path.normpath(path.removeprefix(get_config().doc_baseurl).lstrip("/") or "index.html")
        return os.path.normpath(os.path.join(os.path.dirname(self.name), path)) if path else self.name

    def _parts(self):
        for image in self.main.find_all("img"):
            if not (image.get("alt") or "").strip(): yield f"an image without words: {image['src'][:60]}"
        yield from (f"fetched from elsewhere: {address}" for address in self.fetched
                    if re.match("(https?:)?//", address) and not address.startswith(BADGES))
        for badge in self.main.select(".colab-badge a"):
            place = ROOT/badge["href"].partition(f"/blob/{get_config().branch}/")[2]
            if not place.is_file(): yield f"a badge that leads to no notebook: {place}"; continue
            code = [c.source for c in nbformat.read(place, as_version=4).cells if c.cell_type == "code"]
            if not installs(code[0]): yield "a badge, and the first cell does not install the package"
        for key in self.main.select(".citation strong"): yield f"no reference {key.get_text().rstrip('?')}"
        ids = Counter(tag["id"] for tag in self.main.find_all(re.compile("^(h[1-6]|section)$"), id=True))
        yield from (f"{n} headings are #{key}" for key, n in ids.items() if n > 1)
        if "Traceback (most recent call last)" in self.main.get_text(): yield "a traceback"
        code = self.main.select("pre:not(.cell-output pre, .output)")  # outputs wrap
        wide = [line.strip() for pre in code for line in pre.get_text().splitlines() if len(line) > COLUMNS]
        if wide: yield f"{len(wide)} lines of more than {COLUMNS} columns: {wide[0][:60]} …"

    def _symbol(self, block):
        name, heading = block["data-symbol"], block.find_previous(re.compile("^h[1-6]$")).get_text().strip()
        if name not in re.split(r",?\s+", heading): yield f"{name} stands under the heading {heading!r}"
        if "](" in block.pre.get_text(): yield f"{name}: a raw link in the signature"
        paragraphs = block.find_all("p", recursive=False)
        sentences = [p.get_text() for p in paragraphs if not p.find(class_="source")]
        if not sentences: yield f"{name} has no docstring"
        said = re.findall(r"\w+", " ".join(sentences))
        self.silent += [(name, one) for one in block["data-silent"].split() if one not in said]  # parameters

    def among(self, pages, folder):
        "What is wrong with it among others: links, and parameters that no text here or before explains."
        for link in self.links:
            parts, there = urlsplit(link), self.at(link)
            if parts.scheme or parts.netloc: continue
            if (folder/there).is_dir(): there += "/index.html"
            lost = there in pages and parts.fragment and unquote(parts.fragment) not in pages[there].ids
            if lost or there not in pages and not (folder/there).exists(): yield f"a link to nothing: {link}"
        known = self.names.union(*(pages[there].names for there in self.earlier if there in pages))
        yield from (f"{symbol}: nothing explains {name}" for symbol, name in self.silent if name not in known)


def luminance(colour):
    linear = [v/12.92 if v <= .04045 else ((v + .055)/1.055)**2.4
              for v in (int(colour[i:i + 2], 16)/255 for i in (1, 3, 5))]
    return .2126*linear[0] + .7152*linear[1] + .0722*linear[2]


def contrasts():
    "(scheme, text, ground, contrast) of the colours that styles.css names."
    styles = (ROOT/"nbs/styles.css").read_text(encoding="utf-8")
    rules = re.findall(r"^body(\.quarto-dark)? \{(.*--ground: #.*)\}$", styles, re.M)
    for dark, rule in rules:
        colour = {name: luminance(value) for name, value in re.findall(r"--([\w-]+): (#\w{6})", rule)}
        for text, ground in (("ink", "ground"), ("link", "ground"), ("quiet", "ground"), ("link", "chip"),
                             ("chip-ink", "chip")):
            low, high = sorted((colour[text], colour[ground]))
            yield "dark" if dark else "light", text, ground, (high + .05)/(low + .05)


def whole(pages, folder):
    "What is wrong with the site as a whole: colours, files, styles from elsewhere, what a search would miss."
    for scheme, text, ground, contrast in contrasts():
        if contrast < CONTRAST: yield f"styles.css, {scheme}: {text} on {ground} has contrast {contrast:.2f}"
    website = yaml.safe_load((ROOT/"_quarto.yml").read_text(encoding="utf-8"))["website"]
    for key in ("image", "favicon"):
        if not (ROOT/"nbs"/website[key]).is_file(): yield f"_quarto.yml: there is no {key} {website[key]}"
    if "404.html" not in pages: yield "there is no 404.html"
    address = re.compile(r"""(?:url\(|@import)\s*["']?((?:https?:)?//[^"')\s]+)""")
    for style in folder.rglob("*.css"):
        if found := address.search(style.read_text(encoding="utf-8")):
            yield f"{style.relative_to(folder)} fetches {found[1]}"
    for phrase in SEARCHED:
        if not any(phrase.lower() in page.words for page in pages.values()): yield f"no page says {phrase!r}"


def undocumented(pages):
    "Exported functions and classes that their page does not show."
    for room, symbols in import_module(f"{get_config().lib_path.name}._modidx").d["syms"].items():
        for symbol, (place, _) in symbols.items():
            page, _, anchor = place.partition("#")
            public = symbol.removeprefix(room + ".") in import_module(room).__all__
            if public and (page not in pages or anchor not in pages[page].ids): yield f"{page} lacks {symbol}"


def mixed_cells():
    "Cells that import and do more: nbdev_docs runs the whole of such a cell, without those before it."
    imports, left = (ast.Import, ast.ImportFrom), {"export", "exports", "exporti", "eval:"}
    for path in nbglob(as_path=True):
        cells = NBProcessor(path).nb.cells
        if not any("default_exp" in cell.directives_ for cell in cells): continue
        for cell in cells:
            body = [] if cell.cell_type != "code" or left & cell.directives_.keys() else cell.parsed_() or []
            plain = [isinstance(node, imports) for node in body]
            inner = any(isinstance(node, imports) for part in body for node in ast.walk(part))
            if not all(plain) and (any(plain) or inner and "hide" not in cell.directives_):
                yield f"{path.name}, cell {cell.idx_}: imports and other code in one cell"


if __name__ == "__main__":
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = asked.folder or asked.keep or Path(place)
        if not asked.folder: make(folder)
        files = [file for file in sorted(folder.rglob("*.html")) if "site_libs" not in file.parts]
        names = [file.relative_to(folder).as_posix() for file in files]
        pages = {name: Page(name, file) for name, file in zip(names, files)}
        found = {name: [*page.faults, *page.among(pages, folder)] for name, page in pages.items()}
        faults = [*whole(pages, folder)]
    faults += [f"{name}: {fault}" for name in names for fault in found[name]]
    faults += [*undocumented(pages), *mixed_cells()]
    symbols, links = (sum(len(getattr(page, w)) for page in pages.values()) for w in ("blocks", "links"))
    print("\n".join(faults) or "nothing to mend")
    print(f"{len(pages)} pages, {symbols} symbols, {links} links: {len(faults)} faults")
    sys.exit(bool(faults))
