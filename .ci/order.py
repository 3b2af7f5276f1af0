#!/usr/bin/env python3
"""The order of the site: nbs/order.yml, and within a folder the notebooks' numbers.

order.py           writes nbs/sidebar.yml, and below `<!-- chapters: SECTION -->` in nbs/index.ipynb a table
order.py --check   says what differs, what order.yml lacks and names twice, and which titles are not unique"""
import json, os, re, sys
from collections import Counter
from pathlib import Path

import yaml
from nbdev.doclinks import nbglob
from nbdev.frontmatter import _md2dict

os.chdir(Path(__file__).resolve().parents[1])
NBS = Path("nbs").resolve()


def called(path):
    "A notebook's name in order.yml."
    return re.sub(r"(^|/)\d+[a-z]?_", r"\1", path).removeprefix("api/").removesuffix(".ipynb")


def named(entries):
    "The names in a list of entries."
    for entry in entries:
        if isinstance(entry, str): yield entry
        else:
            for value in entry.values(): yield from named(value) if isinstance(value, list) else ()


def titled(entries):
    "The titles of the sections in a list of entries, and of links."
    for entry in entries:
        if isinstance(entry, dict):
            for title, value in entry.items():
                yield title
                if isinstance(value, list): yield from titled(value)


def placed(entries, pages, names):
    "The sidebar's contents for a list of entries."
    for entry in entries:
        if isinstance(entry, dict):
            for title, value in entry.items():
                if isinstance(value, str): yield dict(text=title, href=value)
                elif inner := [*placed(value, pages, names)]: yield dict(section=title, contents=inner)
        elif entry in pages: yield pages[entry]
        else:
            inner = {name: path for name, path in pages.items() if name.startswith(entry + "/")}
            yield from (path for name, path in inner.items() if name not in names)


def files(contents):
    for item in contents:
        if isinstance(item, str): yield item
        else: yield from files(item.get("contents", []))


def made():
    "({file: what it should hold}, faults)."
    order = yaml.safe_load((NBS/"order.yml").read_text(encoding="utf-8"))
    paths = sorted((path.relative_to(NBS) for path in nbglob(as_path=True)), key=lambda path: path.parts)
    pages = {called(path.as_posix()): path.as_posix() for path in paths}
    names = [*named(order)]
    contents = [*placed(order, pages, names)]
    listed = Counter(files(contents))
    folders = {name.rpartition("/")[0] for name in pages}
    faults = [f"order.yml: there is no {name}" for name in names if name not in {*pages, *folders}]
    faults += [f"order.yml has {listed[p]} places for {p}" for p in pages.values() if listed[p] != 1]

    cells = {path: json.loads((NBS/path).read_text(encoding="utf-8"))["cells"] for path in pages.values()}
    opened = {path: _md2dict("".join(first["source"])) for path, (first, *_) in cells.items()}
    faults += [f"{p} opens without `# title`, `> subtitle`" for p in opened if "description" not in opened[p]]
    bar = yaml.safe_load((NBS.parent/"_quarto.yml").read_text(encoding="utf-8"))["website"]["navbar"]["left"]
    entries = [*((it.get("title"), path) for path, it in opened.items()), *((it, it) for it in titled(order)),
               *((it["text"], it["href"]) for it in bar)]
    titles = Counter(title for title, place in set(entries))
    faults += [f"{n} entries are called {title}" for title, n in titles.items() if n > 1]
    index = json.loads((NBS/"index.ipynb").read_text(encoding="utf-8"))
    sections = {item.get("section"): item.get("contents") for item in contents if isinstance(item, dict)}
    for cell in index["cells"]:
        mark = re.search(r"(?s)^.*<!-- chapters: (.+?) -->\n", "".join(cell["source"]))
        if not mark: continue
        found = {path: opened[path] for path in files(sections[mark[1]])}
        rows = [f"| [{it.get('title')}]({path}) | {it.get('description')} |" for path, it in found.items()]
        table = ["| chapter | what it explains |", "|---|---|", *rows]
        cell["source"] = (mark[0] + "\n" + "\n".join(table)).splitlines(True)
    sidebar = yaml.dump(dict(website=dict(sidebar=dict(contents=contents))), sort_keys=False, width=110)
    return {NBS/"sidebar.yml": "# Made from order.yml by .ci/order.py.\n" + sidebar,
            NBS/"index.ipynb": json.dumps(index, indent=1, ensure_ascii=False, sort_keys=True) + "\n"}, faults


if __name__ == "__main__":
    texts, faults = made()
    for file, text in texts.items():
        if "--check" not in sys.argv: file.write_text(text, encoding="utf-8")
        elif file.read_text(encoding="utf-8") != text: faults.append(f"{file.name}: run python .ci/order.py")
    print("\n".join(faults) or "nothing to mend")
    sys.exit(bool(faults))
