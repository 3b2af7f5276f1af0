#!/usr/bin/env python3
"""Make README.md from nbs/index.ipynb without Quarto: readme.py writes it, readme.py --check compares."""
import re, sys
from pathlib import Path

import nbformat
from nbconvert import MarkdownExporter

ROOT = Path(__file__).resolve().parents[1]
NOTE = "<!-- Made from nbs/index.ipynb by .ci/readme.py: edit the notebook. -->\n\n"


def readme():
    notebook = nbformat.read(ROOT/"nbs"/"index.ipynb", as_version=4)
    kept = []
    for cell in notebook.cells:
        if re.search(r"^#\|\s*hide\s*$", cell.source, re.M) or cell.cell_type == "raw": continue
        cell.source = re.sub(r"^#\|.*\n?", "", cell.source, flags=re.M)
        if cell.cell_type == "markdown": cell.source = re.sub(r"(\]\(|src=\")(images/|\d+_\w+\.ipynb)", r"\1nbs/\2", cell.source)
        kept.append(cell)
    notebook.cells = kept
    notebook.metadata["language_info"] = {"name": "python"}
    body, _ = MarkdownExporter().from_notebook_node(notebook)
    return NOTE + re.sub(r"\n{3,}", "\n\n", body).strip() + "\n"


if __name__ == "__main__":
    if "--check" in sys.argv:
        if (ROOT/"README.md").read_text(encoding="utf-8") != readme(): sys.exit("README.md differs from nbs/index.ipynb: run python .ci/readme.py")
        print("README.md is nbs/index.ipynb's")
    else: (ROOT/"README.md").write_text(readme(), encoding="utf-8")
