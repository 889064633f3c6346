"""Runs a notebook from top to bottom and writes it, outputs included, as a page that loads nothing from anywhere.

usage: run.py NOTEBOOK OUTDIR

Prints one line a cell while it works, and at the end what the cells tagged "headline" said and where the page is. A cell
that fails ends the run with its error and exit status 1.
"""

import html
import html.parser
import os
import pathlib
import re
import sys
import time

# The environment that runs this holds the kernel; what the home folder has must not matter, nor be added to.
os.environ["JUPYTER_DATA_DIR"] = os.path.join(sys.prefix, "share", "jupyter")
os.environ["JUPYTER_CONFIG_DIR"] = os.path.join(sys.prefix, "etc", "jupyter")
os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
os.environ["IPYTHONDIR"] = os.path.join(sys.prefix, "share", "ipython")

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter

CELL_SECONDS = 600  # no cell of ours takes one; a stuck one must not hang a build


def title(cell) -> str:
    """What to call a cell: its id where somebody chose one, or else the first line of its program."""
    if re.fullmatch(r"[a-z]+(-[a-z]+)*", cell.id) and not re.fullmatch(r"[a-f]{8}", cell.id):
        return cell.id.replace("-", " ")
    lines = [line.strip() for line in cell.source.splitlines() if line.strip()]
    program = lines[lines.index("%%") + 1 :] if "%%" in lines else lines
    first = (program or lines or [""])[0]
    return first if len(first) <= 72 else first[:71] + "…"


def plain(markup: str) -> str:
    """The text of an HTML output, for a terminal."""
    markup = re.sub(r"(?is)<(style|script)\b.*?</\1>", " ", markup)
    markup = re.sub(r"(?i)<(br|/p|/div|/pre|/li|/tr)\b[^>]*>", "\n", markup)
    lines = (line.rstrip() for line in html.unescape(re.sub(r"<[^>]*>", "", markup)).splitlines())
    return "\n".join(line for line in lines if line.strip())


def said(cell) -> str:
    """Everything a failed cell printed and displayed."""
    parts = []
    for out in cell.outputs:
        if out.output_type == "stream":
            parts.append(out.text)
        elif out.output_type == "error":
            parts.append(f"{out.ename}: {out.evalue}")
        elif "text/html" in out.get("data", {}):
            parts.append(plain(out.data["text/html"]))
    # colours are for notebooks
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(p.strip("\n") for p in parts if p.strip()))


class Remote(html.parser.HTMLParser):
    """Collects what a page would load from elsewhere. Links that a reader may follow load nothing."""

    loads = {"src", "srcset", "poster", "data", "background", "xlink:href"}

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.in_style = False

    def handle_starttag(self, tag, attrs):
        self.in_style = tag == "style"
        for name, value in attrs:
            value = (value or "").strip()
            if name in self.loads or (name == "href" and tag in ("link", "image", "use", "base")):
                self.note(tag, value)
            elif name == "style":
                self.css(value)

    def handle_endtag(self, tag):
        self.in_style = False

    def handle_data(self, data):
        if self.in_style:
            self.css(data)

    def css(self, text):
        for m in re.finditer(r"""url\(\s*(["']?)(.*?)\1\s*\)|@import\s+(["'])(.*?)\3""", text):
            self.note("style", (m.group(2) or m.group(4) or "").strip())

    def note(self, where, address):
        if address and not address.startswith(("data:", "blob:", "#", "javascript:")):
            self.found.append(f"<{where}> loads {address[:100]}")


def remote(page: str) -> list[str]:
    parser = Remote()
    parser.feed(page)
    parser.close()
    return parser.found


class Progress:
    """Prints a line for each code cell as it runs."""

    def __init__(self, nb):
        self.number = {c.id: i + 1 for i, c in enumerate(c for c in nb.cells if c.cell_type == "code")}
        self.began = 0.0

    def start(self, cell, cell_index):
        if cell.cell_type == "code":
            self.began = time.monotonic()
            print(f"  cell {self.number[cell.id]} of {len(self.number)}: {title(cell)} ... ", end="", flush=True)

    def done(self, cell, cell_index, execute_reply):
        if cell.cell_type == "code":
            print(f"{time.monotonic() - self.began:.1f} s", flush=True)


def execute(nb, folder: pathlib.Path) -> None:
    progress = Progress(nb)
    client = NotebookClient(
        nb,
        timeout=CELL_SECONDS,
        kernel_name="gonb",
        resources={"metadata": {"path": str(folder)}},
        coalesce_streams=True,  # a progress bar leaves its last line only
        on_cell_start=progress.start,
        on_cell_executed=progress.done,
    )
    client.execute()


def headlines(nb) -> list[str]:
    return [
        out.text.strip()
        for cell in nb.cells
        if "headline" in cell.metadata.get("tags", [])
        for out in cell.get("outputs", [])
        if out.output_type == "stream" and out.name == "stdout"
    ]


def tidy(nb) -> None:
    """Makes an executed notebook fit to be shown: no trace of progress bars that cleared themselves, colours for Go."""
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if o.output_type != "stream" or o.text.strip()]
    nb.metadata["language_info"] = {"name": "go", "file_extension": ".go", "mimetype": "text/x-go", "pygments_lexer": "go"}


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    source, outdir = (pathlib.Path(a).resolve() for a in sys.argv[1:])
    outdir.mkdir(parents=True, exist_ok=True)
    page = outdir / (source.stem + ".html")
    page.unlink(missing_ok=True)  # an old page must not pass for a new one
    nb = nbformat.read(source, as_version=4)

    began = time.monotonic()
    print(f"Running {source.name}")
    try:
        execute(nb, source.parent)
    except CellExecutionError as err:
        print("failed")
        cell = next((c for c in nb.cells if any(o.output_type == "error" for o in c.get("outputs", []))), None)
        text = said(cell) if cell else str(err)
        print(f"\n{source.name}: this cell failed:\n\n{cell.source if cell else ''}\n\n{text}", file=sys.stderr)
        return 1
    tidy(nb)
    nbformat.write(nb, outdir / source.name)

    exporter = HTMLExporter(
        template_name="page",
        extra_template_basedirs=[str(pathlib.Path(__file__).resolve().parent)],
    )
    body, _ = exporter.from_notebook_node(nb, resources={"metadata": {"name": source.stem}})
    if found := remote(body):
        print(f"{page.name} would load from elsewhere:\n  " + "\n  ".join(found), file=sys.stderr)
        return 1
    page.write_text(body, encoding="utf-8")

    print(f"Done in {time.monotonic() - began:.0f} s.\n")
    for line in headlines(nb):
        print(line)
    print(f"\nThe page:  {page}\nThe notebook with its outputs:  {outdir / source.name}\nTo play with it:  make lab")
    return 0


if __name__ == "__main__":
    sys.exit(main())
