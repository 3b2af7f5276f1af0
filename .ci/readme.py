#!/usr/bin/env python3
"""Make README.md from nbs/index.ipynb without Quarto: readme.py writes it, readme.py --check compares."""
import re, sys
from pathlib import Path

import nbformat
from nbconvert import MarkdownExporter

README = Path(__file__).resolve().parents[1]/"README.md"
notebook = nbformat.read(README.parent/"nbs"/"index.ipynb", as_version=4)
notebook.metadata["language_info"] = {"name": "python"}
notebook.cells = [cell for cell in notebook.cells if not re.search(r"^#\|\s*hide\s*$", cell.source, re.M)]
for cell in notebook.cells:
    cell.source = re.sub(r"^#\|.*\n?", "", cell.source, flags=re.M)
    if cell.cell_type != "markdown": continue
    cell.source = re.sub(r'(\]\(|src=")(?!https?:|#|\.\./)', r"\1nbs/", cell.source)  # links from here
    cell.source = re.sub(r'(\]\(|src=")\.\./', r"\1", cell.source)
body, _ = MarkdownExporter().from_notebook_node(notebook)
made = "<!-- Made from nbs/index.ipynb by .ci/readme.py: edit the notebook. -->\n\n" + body.strip() + "\n"
made = re.sub(r"\n{3,}", "\n\n", made)
if "--check" not in sys.argv: README.write_text(made, encoding="utf-8")
elif README.read_text(encoding="utf-8") != made: sys.exit("README.md differs from nbs/index.ipynb")
