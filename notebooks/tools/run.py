"""Runs notebooks from top to bottom, checks what they say, and writes them as pages that load nothing from anywhere.

usage: run.py [--out DIR] [--write [--fresh] | --check] [--solutions] [--jobs N] NOTEBOOK...

  --out DIR    where the pages and the notebooks with their outputs go (default: out)
  --write      put the outputs into NOTEBOOK itself, tidied for the repository; those that say the same stay as they are
  --fresh      with --write: put all outputs anew, so that they look as they would be drawn today
  --check      fail if the outputs in NOTEBOOK no longer say what they say now
  --solutions  run the solutions of the exercises too, after the last cell
  --jobs N     run N notebooks at a time, in processes of their own; what one says appears when it is done. Measured speeds
               suffer, so not for outputs that are to be kept

Prints a line for each cell while it works, and at the end what the cells tagged "headline" said. A cell that fails, or that
does not say what its metadata expects, ends the run with exit status 1. notebooks/README.md describes the metadata.
"""

import argparse
import copy
import os
import pathlib
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

# The environment that runs this holds the kernel; what the home folder has must not matter, nor be added to.
os.environ["JUPYTER_DATA_DIR"] = os.path.join(sys.prefix, "share", "jupyter")
os.environ["JUPYTER_CONFIG_DIR"] = os.path.join(sys.prefix, "etc", "jupyter")
os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
os.environ["IPYTHONDIR"] = os.path.join(sys.prefix, "share", "ipython")

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter

import cells
import remote

CELL_SECONDS = 600  # no cell of ours takes one; a stuck one must not hang a build


class Failure(Exception):
    """Something about a notebook that its reader must be told."""


class Progress:
    """Prints a line for each code cell as it runs, and remembers which were slower than they should be."""

    def __init__(self, nb):
        self.number = {c.id: i + 1 for i, c in enumerate(c for c in nb.cells if c.cell_type == "code")}
        self.began = 0.0
        self.slow: list[str] = []

    def start(self, cell, cell_index):
        if cell.cell_type == "code":
            self.began = time.monotonic()
            print(f"  cell {self.number[cell.id]} of {len(self.number)}: {cells.title(cell)} ... ", end="", flush=True)

    def done(self, cell, cell_index, execute_reply):
        if cell.cell_type != "code":
            return
        took, limit = time.monotonic() - self.began, cells.max_seconds(cell)
        print(f"{took:.1f} s" + (f", slow: {limit:g} s are meant to be enough" if took > limit else ""), flush=True)
        if took > limit:
            self.slow.append(f"{cells.title(cell)} {took:.1f} s, not {limit:g} s")


def execute(nb, folder: pathlib.Path) -> Progress:
    progress = Progress(nb)
    client = NotebookClient(
        nb,
        timeout=CELL_SECONDS,
        kernel_name="gonb",
        resources={"metadata": {"path": str(folder)}},
        coalesce_streams=True,  # a progress bar leaves its last line only
        record_timing=False,
        on_cell_start=progress.start,
        on_cell_executed=progress.done,
    )
    try:
        client.execute()
    except CellExecutionError as err:
        print("failed", flush=True)
        cell = next((c for c in nb.cells if any(o.output_type == "error" for o in c.get("outputs", []))), None)
        raise Failure(f"this cell failed:\n\n{cell.source if cell else ''}\n\n{cells.said(cell) if cell else err}") from None
    return progress


def export(nb, page: pathlib.Path) -> None:
    exporter = HTMLExporter(
        template_name="page",
        extra_template_basedirs=[str(pathlib.Path(__file__).resolve().parent)],
    )
    body, _ = exporter.from_notebook_node(nb, resources={"metadata": {"name": page.stem}})
    if found := remote.loads(body):
        raise Failure(f"{page.name} would load from elsewhere:\n  " + "\n  ".join(found))
    page.write_text(body, encoding="utf-8")


def run(source: pathlib.Path, outdir: pathlib.Path, args) -> None:
    page = outdir / (source.stem + ".html")
    page.unlink(missing_ok=True)  # an old page must not pass for a new one
    committed = nbformat.read(source, as_version=4)
    nb = copy.deepcopy(committed)
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    solutions = cells.solutions(nb) if args.solutions else []
    nb.cells += solutions

    began = time.monotonic()
    print(f"Running {source.name}")
    progress = execute(nb, source.parent)
    for cell in solutions:
        if not cells.said(cell):
            raise Failure(f"this solution shows nothing:\n\n{cell.source}")
    nb.cells = nb.cells[: len(nb.cells) - len(solutions)]
    cells.tidy(nb)
    if wrong := [f"cell {cells.title(c)}: {w}" for c in nb.cells for w in cells.unmet(c)]:
        for cell in nb.cells:
            if cells.unmet(cell):
                wrong.append(f"\ncell {cells.title(cell)} said:\n{cells.said(cell)}")
        raise Failure("\n".join(wrong))

    nbformat.write(nb, outdir / source.name)
    export(nb, page)
    headlines = cells.headlines(nb)
    if args.check and (stale := [cells.title(c) for c in cells.changed(committed, nb)]):
        raise Failure("says something else than what is committed in: " + ", ".join(stale) + " (make notebooks writes it anew)")
    if args.write:
        if not args.fresh:
            cells.keep(committed, nb)
        nbformat.write(nb, source)

    print(f"Done in {time.monotonic() - began:.0f} s, {os.path.getsize(outdir / source.name) / 1e6:.1f} MB.")
    for line in progress.slow:
        print(f"  slow: {line}")
    print()
    for line in headlines:
        print(line)
    print(f"\nThe page:  {page}\nThe notebook with its outputs:  {outdir / source.name}\n")


def run_beside(args) -> list[str]:
    """Runs several notebooks at a time, those that take longest first, and returns the names of those that failed."""

    def one(source: pathlib.Path) -> int:
        command = [sys.executable, __file__, "--out", str(args.out), "--jobs", "-1"]
        command += [f"--{name}" for name in ("write", "fresh", "check", "solutions") if getattr(args, name)]
        done = subprocess.run([*command, str(source)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(done.stdout, end="", flush=True)
        return done.returncode

    def seconds(source: pathlib.Path) -> float:
        return sum(cells.max_seconds(c) for c in nbformat.read(source, as_version=4).cells if c.cell_type == "code")

    order = sorted(args.notebooks, key=seconds, reverse=True)
    with ThreadPoolExecutor(args.jobs) as pool:
        return [source.name for source, code in zip(order, pool.map(one, order)) if code != 0]


def main() -> int:
    parser = argparse.ArgumentParser(usage=__doc__, add_help=False)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("out"))
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--solutions", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("notebooks", type=pathlib.Path, nargs="+")
    args = parser.parse_args()
    outdir = args.out.resolve()
    outdir.mkdir(parents=True, exist_ok=True)

    if args.jobs > 1 and len(args.notebooks) > 1:
        failed = run_beside(args)
    else:
        failed = []
        for source in args.notebooks:
            try:
                run(source.resolve(), outdir, args)
            except Failure as err:
                print(f"\n{source.name}: {err}\n", file=sys.stderr, flush=True)
                failed.append(source.name)
        if args.jobs < 0:  # run_beside calls, and says the rest
            return len(failed)
    if failed:
        print("failed: " + ", ".join(failed), file=sys.stderr)
        return 1
    print("To play with them:  make lab")
    return 0


if __name__ == "__main__":
    sys.exit(main())
