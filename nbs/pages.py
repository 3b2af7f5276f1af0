"""What a page of the site shows, and where: nbdev's `renderer` and one of its `procs` (see settings.ini).

`Symbol` is the documentation of a function or class; `Page` makes of a notebook what Quarto gets."""
import ast, inspect, re, sys, textwrap, tokenize
from dataclasses import dataclass, is_dataclass
from importlib import import_module
from importlib.util import find_spec
from io import StringIO
from itertools import groupby
from operator import attrgetter
from os.path import relpath
from pathlib import Path
from types import SimpleNamespace

from execnb.nbio import mk_cell
from nbdev.config import get_config
from nbdev.doclinks import NbdevLookup, _nbpath2html
from nbdev.process import Processor

WIDTH = 100  # columns of a signature
PACKAGES = dict(PIL="Pillow", yaml="PyYAML")  # where a module's name is not its package's
COLAB = "https://colab.research.google.com"
BADGE = """<p class="colab-badge badges"><a href="{colab}/github/{repo}/blob/{branch}/{path}"
><img src="{colab}/assets/colab-badge.svg" alt="Open in Colab"></a></p>"""


# ---- a symbol

def packaged(symbol):
    "The symbol as the package has it: a class that a notebook's cell defines has no source."
    symbol = inspect.unwrap(getattr(symbol, "fget", None) or symbol)
    if symbol.__module__ != "__main__": return symbol
    for module, names in NbdevLookup().entries[get_config().lib_name]["syms"].items():
        if f"{module}.{symbol.__qualname__}" in names:
            return inspect.unwrap(attrgetter(symbol.__qualname__)(import_module(module)))
    return symbol


@dataclass
class Parameter:
    "A parameter or field, each part as its source has it."
    name: str  # with its stars
    kind: str = ""  # type
    default: str = ""
    meaning: str = ""  # the comment on the line where it ends
    line: int = 0

    def __str__(self): return self.name + (f"={self.default}" if self.default else "")
    def row(self): return span(self.name), typed(self.kind), span(self.default), cell(self.meaning)


class Definition:
    "A function or class, read from its source."
    def __init__(self, symbol):
        self.symbol, (lines, self.line) = symbol, inspect.getsourcelines(symbol)
        self.source = textwrap.dedent("".join(lines))
        self.node = ast.parse(self.source).body[0]
        tokens = tokenize.generate_tokens(StringIO(self.source).readline)
        self.notes = {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}
        self.doc = inspect.cleandoc(ast.get_docstring(self.node) or "")

    def written(self, node):
        "A piece of the source, on one line."
        return re.sub(r"\s+", " ", ast.get_source_segment(self.source, node)) if node else ""

    def parameter(self, name, node, annotation, default=None):
        line = (default or annotation or node).end_lineno
        kind = self.written(annotation).strip("\"'")
        value = getattr(default, "value", None) if isinstance(default, ast.Constant) else None
        if not kind and value is not None: kind = type(value).__name__
        found = Parameter(name, kind, self.written(default), self.notes.get(line, ""), line)
        if isinstance(default, ast.Call) and ast.unparse(default.func) == "field":
            parts = {keyword.arg: self.written(keyword.value) for keyword in default.keywords}
            made = parts["default_factory"] + "()" if "default_factory" in parts else ""
            found.default = parts.get("default", made)
        asked = getattr(self.symbol, "__annotations__", {}).get(name)  # a command's `Param`
        if getattr(asked, "help", None): found.kind, found.meaning = asked.type.__name__, asked.help
        return found

    def parameters(self):
        "Those of a function; a bare `*` is one of them."
        args, one = self.node.args, self.parameter
        plain = [*args.posonlyargs, *args.args]
        defaults = [None]*(len(plain) - len(args.defaults)) + args.defaults
        rows = [one(a.arg, a, a.annotation, d) for a, d in zip(plain, defaults)]
        rows = [row for row in rows if row.name not in ("self", "cls")]
        if args.vararg: rows.append(one("*" + args.vararg.arg, args.vararg, args.vararg.annotation))
        elif args.kwonlyargs: rows.append(Parameter("*"))
        rows += [one(a.arg, a, a.annotation, d) for a, d in zip(args.kwonlyargs, args.kw_defaults)]
        if args.kwarg: rows.append(one("**" + args.kwarg.arg, args.kwarg, args.kwarg.annotation))
        for row, after in zip(rows, rows[1:]):
            if row.line == after.line: row.meaning = ""  # a comment belongs to the last parameter on its line
        delegate = getattr(self.symbol, "__delwrap__", None)
        if delegate and args.kwarg: rows[-1].meaning = rows[-1].meaning or f"as in `{delegate.__qualname__}`"
        return rows

    def fields(self):
        "Those of a dataclass or named tuple."
        return [self.parameter(n.target.id, n, n.annotation, n.value) for n in self.node.body
                if isinstance(n, ast.AnnAssign) and not ast.unparse(n.annotation).startswith("ClassVar")]


def call(start, parameters, end=""):
    "A signature, on as many lines as it takes."
    parts = [str(parameter).replace(" ", "\0") for parameter in parameters]
    line = f"{start}({', '.join(parts)}){end}"
    if len(line) > WIDTH:
        outer = re.match(" *", start)[0]
        options = dict(break_long_words=False, break_on_hyphens=False)
        inner = textwrap.wrap(", ".join(parts), WIDTH - len(outer) - 4, **options)
        line = "\n".join([start + "(", *(outer + "    " + part for part in inner), outer + ")" + end])
    return line.replace("\0", " ")


def span(text): return f"`{text}`" if text else ""


def typed(kind):
    "A type as code, linked to the page of the first class in it that has one."
    pages = filter(None, map(NbdevLookup().doc, re.findall(r"[A-Z]\w*", kind)))
    return next((f"[`{kind}`]({page})" for page in pages), span(kind))


def cell(text):
    "Text for a cell of a table; quotation marks stay as they are typed."
    return re.sub(r'(`[^`]*`)|([|"])', lambda found: found[1] or "\\" + found[2], " ".join(text.split()))


def table(head, rows):
    "A table without empty columns, which share the width by what they hold; none if the signature says all."
    columns = [column for column in zip(head, *rows) if any(column[1:])]
    if {column[0] for column in columns} <= {"name", "default"}: return ""
    lines = ["| " + " | ".join(row) + " |" for row in zip(*columns)]
    shown = [[re.sub(r"\]\([^)]*\)|\]\{[^}]*\}|[\[`]", "", text) for text in column] for column in columns]
    rule = "|".join("-"*min(48, max(4, *map(len, column))) for column in shown)
    return "\n".join([lines[0], f"|{rule}|", *lines[1:]])


def heading(level, name):
    "A symbol's heading, with the anchor that nbdev's index knows."
    return "#"*level + " " + re.sub(r"\b__|__\b", r"\\_\\_", name) + f" {{#{name.lower()}}}"


class Symbol:
    "Heading, signature, description and parameters of a symbol, as Markdown: nbdev's `renderer`."
    def __init__(self, sym, name=None, title_level=3):
        self.symbol, self.level = packaged(sym), title_level
        self.name, self.definition = name or self.symbol.__qualname__, Definition(self.symbol)

    def _rows(self, parameters):
        named = [parameter for parameter in parameters if parameter.name != "*"]
        self.silent = " ".join(parameter.name.lstrip("*") for parameter in named if not parameter.meaning)
        return [parameter.row() for parameter in named]

    def _function(self):
        "(signature, table of parameters and result)."
        definition, returns = self.definition, self.definition.node.returns
        parameters, result = definition.parameters(), definition.written(returns)
        rows = self._rows(parameters)
        note = definition.notes.get(returns.end_lineno) if returns else None
        if note: rows.append(("*returns*", typed(result), "", cell(note)))
        text = call("def " + self.name.rpartition(".")[2], parameters, f" -> {result}" if result else "")
        return text, table(("name", "type", "default", "meaning"), rows)

    def _class(self):
        "The same: a dataclass shows its fields, another class what its `__init__` takes where that is ours."
        definition, first, parameters = self.definition, "name", []
        bases = ", ".join(map(definition.written, definition.node.bases))
        lines = ["@" + definition.written(decorator) for decorator in definition.node.decorator_list]
        lines.append(f"class {self.name}" + (f"({bases})" if bases else ""))
        family = [c for c in self.symbol.__mro__ if c.__module__.startswith(get_config().lib_name + ".")]
        if is_dataclass(self.symbol) or hasattr(self.symbol, "_fields"):
            first, parameters = "field", [field for c in reversed(family) for field in Definition(c).fields()]
        elif owner := next((c for c in family if "__init__" in vars(c)), None):
            parameters = Definition(owner.__init__).parameters()
            lines.append(call("    def __init__", [Parameter("self"), *parameters]))
        return "\n".join(lines), table((first, "type", "default", "meaning"), self._rows(parameters))

    def _methods(self):
        "Methods and properties that say what they do, each with its anchor."
        for node in self.definition.node.body if inspect.isclass(self.symbol) else ():
            if not isinstance(node, ast.FunctionDef) or re.match("_(?!_call__|_add__)", node.name): continue
            if not (says := ast.get_docstring(node)): continue
            taken = ", ".join(a.arg for a in [*node.args.args[1:], *node.args.kwonlyargs])
            attribute = any("property" in ast.unparse(decorator) for decorator in node.decorator_list)
            shown = node.name if attribute else f"{node.name}({taken})"
            yield f"[`{shown}`]{{#{self.name.lower()}.{node.name.lower()}}}", cell(says.split("\n\n")[0])

    def _repr_markdown_(self):
        signature, rows = self._class() if inspect.isclass(self.symbol) else self._function()
        source = NbdevLookup().code(self.symbol.__qualname__)
        return "\n\n".join(filter(None, [
            heading(self.level, self.name),
            f'::: {{.api data-symbol="{self.name}" data-line="{self.definition.line}"'
            f' data-silent="{self.silent}"}}',
            source and f"[source]({source}){{.source}}",
            f"```python\n{signature}\n```", self.definition.doc,
            rows, table(("method", "what it does"), [*self._methods()]), ":::"]))

    __repr__ = _repr_markdown_


# ---- a page

TOKENS = re.compile(r"""
    ^(?P<fence>```+|~~~+).*?^(?P=fence)[ \t]*$     # a block of code
  | ^\#.*?$ | ^[ ]{4}.*?$                          # headings, indented code
  | </?[A-Za-z][^>]*> | <!--.*?-->                 # HTML
  | !?\[(?:[^\[\]]|\[[^\[\]]*\])*\][({][^)}]*[)}]  # links, images, spans
  | `(?P<name>[A-Za-z_][\w.]*)(?:\(\))?`           # a name
  | (?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)     # other code
  | (?P<option>(?<![\w-])--(?=\w))                 # of a command
    """, re.M | re.S | re.X)


def prose(source, here, rooms):
    """Markdown with links from names to their pages, and with options of commands that keep both dashes.

    A plain word such as `train` is a name only in the rooms that define or import it."""
    def replaced(found):
        if found["option"]: return r"\-\-"
        page = NbdevLookup()[found["name"]] if found["name"] else None
        known = isinstance(page, tuple) and (re.search("[A-Z_.]", found["name"]) or page[1] in rooms)
        return f"[{found[0]}]({page[0]})" if known else found[0]
    def near(found):  # a page of this site, from here
        page, mark, anchor = found[1].partition("#")
        return "](" + ("" if Path(page) == here else relpath(page, here.parent)) + mark + anchor + ")"
    site = (get_config().doc_host + get_config().doc_baseurl).rstrip("/") + "/"
    return re.sub(rf"\]\({re.escape(site)}([^)\s]*)\)", near, TOKENS.sub(replaced, source))


def Item(kind, **more): return SimpleNamespace(kind=kind, names=[], **more)


def flow(cells):
    "What a page consists of: headings, texts, symbols, exported source that is shown, and all other cells."
    for cell in cells:
        if cell.cell_type == "code" and re.search(r"^show_doc\(", cell.source, re.M):
            for output in cell.outputs:
                body = "".join(output.data["text/markdown"]).partition("\n\n")[2]
                name, line = re.search(r'data-symbol="(.+?)" data-line="(\d+)"', body).groups()
                yield Item("symbol", name=name, line=int(line), body=body)
        elif cell.cell_type == "markdown":
            parts, fenced = [[]], False
            for line in cell.source.split("\n"):
                if re.match("```|~~~", line): fenced = not fenced
                if not fenced and re.match("#+ ", line): parts += [line, []]
                else: parts[-1].append(line)
            for i, part in enumerate(parts):
                if i % 2:
                    marks, _, title = part.partition(" ")
                    yield Item("heading", level=len(marks), title=title.strip().replace("`", ""), body=part)
                elif body := "\n".join(part).strip("\n"): yield Item("text", body=body)
        else: yield Item("source" if "exports" in cell.directives_ else "cell", cell=cell)


def arranged(items):
    """The same, each symbol under a heading of its own.

    It stands right below its heading, or below the text of a heading that names several. Where the page has
    none, one is made: where the symbol is exported, or after the section of a symbol exported with it."""
    symbols, owned = {item.name: item for item in items if item.kind == "symbol"}, set()
    for item in items:
        if item.kind == "heading":
            parts = re.split(r",\s*|\s+and\s+", item.title)
            item.names = [name for name in parts if name in symbols and name not in owned]
            owned.update(item.names)
    section, waiting, below = Item("heading", level=0), [], []
    for run, group in groupby(items, key=lambda item: item.kind in ("symbol", "source")):
        group = [*group]
        if run: group.sort(key=lambda item: (item.kind == "source", getattr(item, "line", 0)))
        exported = {item.name for item in group if item.kind == "symbol"}
        for item in group:
            if item.kind != "text": yield from below; below = []
            if item.kind == "heading":
                if item.level <= section.level: yield from waiting; waiting = []
                section = item
                below = [symbols[name] for name in item.names]
                if item.names == [item.title]: item.body = heading(item.level, item.title)
                else:
                    for one in below: one.body = one.body.replace(".api", f".api #{one.name.lower()}", 1)
                if len(below) == 1:
                    item.body, below = item.body + "\n\n" + below[0].body, []
            elif item.kind == "symbol":
                if item.name in owned: continue
                level = section.level if section.names else max(3, section.level + (section.level > 2))
                item.body = heading(level, item.name) + "\n\n" + item.body
                if exported & set(section.names): waiting.append(item); continue
            elif item.kind == "source": item.folded = bool(exported)
            yield item
            if item.kind == "text": yield from below; below = []
    yield from [*below, *waiting]


def installs(source):
    "Whether a cell installs this package: a notebook that begins with it runs in a fresh session."
    return bool(re.search(r"\bpip\b", source)) and get_config().lib_name in source


class Page(Processor):
    "The notebook that Quarto gets: nbdev's `procs`, in place of its add_links, add_fold and mv_exports."
    def __init__(self, nb):  # before nbdev takes exported cells away
        super().__init__(nb)
        self.config = get_config()
        self.path = Path(nb.path_).resolve().relative_to(self.config.nbs_path.resolve())
        named = [cell.directives_["default_exp"][0] for cell in nb.cells if "default_exp" in cell.directives_]
        self.room = named[0] if named else None
        sources = [cell.source for cell in nb.cells if cell.cell_type == "code"]
        self.installs = bool(sources) and installs(sources[0])
        exported = [cell.source for cell in nb.cells if {"export", "exports"} & cell.directives_.keys()]
        nodes = [node for source in exported for node in ast.walk(ast.parse(source))]
        modules = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
        modules |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        lib = self.config.lib_name
        self.before = sorted(module for module in modules if module.startswith(lib + "."))
        needs = {module.partition(".")[0] for module in modules} - {lib, *sys.stdlib_module_names}
        self.needs = sorted((PACKAGES.get(name, name) for name in needs), key=str.lower)

    def badge(self):
        "The link that opens the notebook in Colab."
        config = self.config
        path = f"{config.nbs_path.name}/{self.path.as_posix()}"
        return BADGE.format(colab=COLAB, repo=f"{config.user}/{config.repo}", branch=config.branch, path=path)

    def builds_on(self):
        "The line that says which rooms a room imports, and which packages."
        here, links = (self.config.nbs_path/self.path).resolve().parent, []
        for module in self.before:
            file = Path(find_spec(module).origin)
            if notebook := re.search(r"File to edit: (.+?\.ipynb)", file.read_text(encoding="utf-8")):
                links.append((relpath((file.parent/notebook[1]).resolve(), here), module.rpartition(".")[2]))
        rooms = ", ".join(f"[{name.replace('_', ' ')}]({link})" for link, name in sorted(links))
        needs = f" *Needs:* {', '.join(self.needs)}." if self.needs else ""
        return f"*Builds on:* {rooms or 'no other notebook'}.{needs}"

    def begin(self):
        here = _nbpath2html(self.path)
        modules = [*self.before, f"{self.config.lib_name}.{self.room}"]
        rooms = {module.replace(".", "/") + ".py" for module in modules}
        items = [*arranged([*flow(self.nb.cells)])]
        taken = {getattr(item, "title", getattr(item, "name", "")).lower() for item in items}
        def detail(method): return f"{method[1]}({method[2]})" if method[2][1:] in taken else method[0]
        for item in items:
            if hasattr(item, "body"): item.body = re.sub(r"(\[`[^`]+`\])\{(#[\w.]+)\}", detail, item.body)
            if item.kind == "text": item.body = re.sub(r"^\*Builds on:\*.*$", "", item.body, flags=re.M)
        start = sum(item.kind == "cell" and item.cell.cell_type == "raw" for item in items)  # front matter
        first = next((i for i, item in enumerate(items[start:], start) if item.kind != "text"), len(items))
        if self.room: items.insert(first, Item("text", body=self.builds_on()))
        if self.installs: items.insert(start, Item("text", body=self.badge()))
        self.nb.cells = [self.made(item, here, rooms) for item in items]

    def made(self, item, here, rooms):
        "The cell of an item."
        if hasattr(item, "body"): return mk_cell(prose(item.body, here, rooms), cell_type="markdown")
        for output in item.cell.get("outputs", []):
            data = output.get("data", {})
            html = data.pop("text/html", None)  # an output for which Quarto fetches foreign scripts
            if text := data.get("text/markdown"):
                data["text/markdown"] = prose("".join(text), here, rooms).splitlines(True)
            elif html: data["text/markdown"] = ["```{=html}\n", *"".join(html).splitlines(True), "\n```\n"]
        if item.kind == "source":  # folded where its symbol has just been described
            fold = "true" if item.folded else "show"
            item.cell.source = f'#| code-fold: {fold}\n#| code-summary: "Exported source"\n{item.cell.source}'
        return item.cell
