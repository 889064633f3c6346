"""What the cells of our notebooks say, what they should say, and how they look in the repository."""

import html
import re

import nbformat


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
    """Everything a cell printed and displayed, as text without colours."""
    parts = []
    for out in cell.get("outputs", []):
        if failed(out) and any(o.output_type == "error" for o in cell.outputs):
            continue  # standard error says the same
        if out.output_type == "stream":
            parts.append(out.text)
        elif out.output_type == "error":
            parts.append(f"{out.ename}: {out.evalue}")
        elif "text/html" in out.get("data", {}):
            parts.append(plain(out.data["text/html"]))
        elif "text/plain" in out.get("data", {}):
            parts.append(out.data["text/plain"])
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(p.strip("\n") for p in parts if p.strip()))


def failed(out) -> bool:
    """Whether an output is the box that shows an error."""
    return 'class="sb-error"' in out.get("data", {}).get("text/html", "")


def wishes(cell) -> dict:
    """What a cell's metadata says under "sparsebio"."""
    return cell.metadata.get("sparsebio", {})


def max_seconds(cell) -> float:
    """How long a cell may take on warm caches before it is called slow."""
    return float(wishes(cell).get("max_seconds", 1))


def unmet(cell) -> list[str]:
    """What a cell was expected to say and did not."""
    if cell.cell_type != "code":
        return []
    text = said(cell)
    markup = "\n".join(o.data["text/html"] for o in cell.outputs if "text/html" in o.get("data", {}))
    wrong = []
    if "raises-exception" not in cell.metadata.get("tags", []):
        wrong += ["it shows an error" for o in cell.outputs if failed(o)]
    wrong += [f"nothing it said matches {p!r}" for p in wishes(cell).get("expect", []) if not re.search(p, text, re.M)]
    wrong += [f"nothing it displayed matches {p!r}" for p in wishes(cell).get("expect_html", []) if not re.search(p, markup, re.M)]
    return wrong


def headlines(nb) -> list[str]:
    return [
        out.text.strip()
        for cell in nb.cells
        if "headline" in cell.metadata.get("tags", [])
        for out in cell.get("outputs", [])
        if out.output_type == "stream" and out.name == "stdout"
    ]


def solutions(nb) -> list:
    """The solutions of the exercises: every block of Go inside <details> is a cell, in the order of the notebook."""
    return [
        nbformat.v4.new_code_cell(block.strip("\n"), id=f"{cell.id[:50]}-solution-{n}")
        for cell in nb.cells
        if cell.cell_type == "markdown"
        for n, block in enumerate(re.findall(r"(?ms)^```go\n(.*?)^```", "\n".join(re.findall(r"(?s)<details>(.*?)</details>", cell.source))), 1)
    ]


# The last line of a progress bar, which appears only where reading takes long enough to be watched.
PROGRESS = re.compile(r"(?m)^\d[\d,]*( of \d[\d,]*)? (texts|rows)\b.*/s\b.*\n?")


def tidy(nb) -> None:
    """Makes an executed notebook fit to be shown: no trace of progress bars, nothing that differs between two runs for no reason,
    colours for Go."""
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.metadata.pop("execution", None)
            for out in cell.outputs:
                if out.output_type == "stream":
                    out.text = PROGRESS.sub("", out.text)
            cell.outputs = [o for o in cell.outputs if o.output_type != "stream" or o.text.strip()]
            for out in cell.outputs:
                out.pop("transient", None)
    nb.metadata["kernelspec"] = {"display_name": "Go (gonb)", "language": "go", "name": "gonb"}
    nb.metadata["language_info"] = {"name": "go", "file_extension": ".go", "mimetype": "text/x-go", "pygments_lexer": "go"}


def _gist(cell) -> list:
    """What two runs of a cell must have in common: the texts, but for the last digits of measured figures. Where the
    metadata says that they are volatile, as times and names of processors are, only the kinds of outputs."""
    gist = []
    for out in cell.get("outputs", []):
        data = out.get("data", {})
        text = data.get("text/plain", "")
        if out.output_type == "stream":
            text = PROGRESS.sub("", out.text)
            if not text.strip():
                continue
        if wishes(cell).get("volatile"):
            text = ""
        else:
            # Scores differ by a thousandth between processors.
            text = re.sub(r"\d+\.\d{2,}", lambda m: f"{float(m.group()):.1f}", text)
        gist.append((out.output_type, sorted(data), text))
    return gist


def _pairs(old, new):
    before = {c.id: c for c in old.cells if c.cell_type == "code"}
    return [(before.get(c.id), c) for c in new.cells if c.cell_type == "code"]


def changed(old, new) -> list:
    """The cells whose outputs in new do not say what those in old do."""
    return [cell for was, cell in _pairs(old, new) if was is None or _gist(was) != _gist(cell)]


def keep(old, new) -> None:
    """Puts the outputs of old where those of new say the same, so that running a notebook again changes nothing."""
    for was, cell in _pairs(old, new):
        if was is not None and was.outputs and was.source == cell.source and _gist(was) == _gist(cell):
            cell.outputs = was.outputs
