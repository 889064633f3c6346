"""Readers for the corpora in SPARSEBIO_SHARED/corpora: train and dev splits only.

Each returns plain data: Sentence (words with IOB2 tags), Document (text with character spans) or Pair (marked text with a label).
"""

import csv
import gzip
import hashlib
import io
import os
import re
import tarfile
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

FILES: dict[str, str] = {}  # every file read so far, relative to the corpora, and its SHA-256


class CorpusError(ValueError):
    """Says where a corpus file stopped making sense."""

    def __init__(self, path, line, what):
        super().__init__(f"{path}:{line}: {what}")


@dataclass
class Sentence:
    words: list[str]
    tags: list[str]


@dataclass
class Span:
    start: int
    end: int
    label: str


@dataclass
class Document:
    id: str
    text: str
    spans: list[Span] = field(default_factory=list)


@dataclass
class Pair:
    id: str
    text: str
    label: str


def folder() -> Path:
    shared = os.environ.get("SPARSEBIO_SHARED")
    if not shared:
        raise SystemExit("train: SPARSEBIO_SHARED is not set (want the folder that holds corpora/)")
    return Path(shared) / "corpora"


def read(name: str) -> bytes:
    """The bytes of a corpus file, uncompressed if it ends in .gz, and its hash noted."""
    data = (folder() / name).read_bytes()
    FILES[name] = hashlib.sha256(data).hexdigest()
    return gzip.decompress(data) if name.endswith(".gz") and not name.endswith(".tar.gz") else data


def lines(name: str):
    return enumerate(read(name).decode("utf-8").splitlines(), 1)


def conll(name: str) -> list[Sentence]:
    """Sentences of a file of "word TAB tag" lines; -DOCSTART- and ###MEDLINE: lines begin a document."""
    out, words, tags = [], [], []

    def end():
        nonlocal words, tags
        if words:
            out.append(Sentence(words, tags))
            words, tags = [], []

    for n, line in lines(name):
        if not line or line.startswith(("-DOCSTART-", "###MEDLINE:")):
            end()
            continue
        parts = line.split("\t")
        if len(parts) != 2 or not parts[0].strip() or not re.fullmatch(r"O|[BI](-\S+)?", parts[1]):
            raise CorpusError(name, n, f"{line!r} is not word, tab, tag")
        words.append(parts[0])
        tags.append(parts[1])
    end()
    return out


def blue(name: str) -> list[Pair]:
    """Rows "index, sentence, label" of BLUE's form, quoted as CSV is."""
    rows = csv.reader(io.StringIO(read(name).decode("utf-8"), newline=""), delimiter="\t")
    if next(rows, None) != ["index", "sentence", "label"]:
        raise CorpusError(name, 1, "want the header index, sentence, label")
    out = []
    for row in rows:
        if len(row) != 3:
            raise CorpusError(name, rows.line_num, f"{len(row)} fields, want 3")
        out.append(Pair(row[0], row[1].strip(), row[2]))
    return out


def chemprot_documents(split: str) -> list[Document]:
    """Abstracts of ChemProt ("training" or "development") with chemicals and genes; GENE-Y and GENE-N are one."""
    base = f"chemprot/original/chemprot_{split}_"
    docs = {}
    for n, line in lines(base + "abstracts.tsv.gz"):
        parts = line.split("\t")
        if len(parts) != 3:
            raise CorpusError(base + "abstracts.tsv.gz", n, "want id, title, abstract")
        docs[parts[0]] = Document(parts[0], parts[1] + "\t" + parts[2])
    for n, line in lines(base + "entities.tsv.gz"):
        pmid, _, kind, start, end, text = line.split("\t")
        span = Span(int(start), int(end), "chemical" if kind == "CHEMICAL" else "gene")
        if docs[pmid].text[span.start : span.end] != text:
            raise CorpusError(base + "entities.tsv.gz", n, f"{text!r} is not at its offsets")
        docs[pmid].spans.append(span)
    return list(docs.values())


def ddi_documents() -> list[Document]:
    """Sentences of the DDI corpus' train documents. A discontinuous entity reaches from its first to its last character."""
    out = []
    with tarfile.open(fileobj=io.BytesIO(read("ddi2013/xml/train.tar.gz"))) as tar:
        for member in sorted((m for m in tar if m.name.endswith(".xml")), key=lambda m: m.name):
            for s in ET.parse(tar.extractfile(member)).getroot().iter("sentence"):
                doc = Document(s.get("id"), s.get("text"))
                for e in s.iter("entity"):
                    at = [int(n) for n in re.findall(r"\d+", e.get("charOffset"))]
                    doc.spans.append(Span(at[0], at[-1] + 1, e.get("type")))
                if doc.text.strip():
                    out.append(doc)
    return out


def pretrain() -> list[Document]:
    """Abstracts of biomedical papers, without annotations."""
    import zstandard

    data = read("pretrain/abstracts.txt.zst")
    text = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read().decode("utf-8")
    return [Document(f"pretrain.{i}", line) for i, line in enumerate(text.split("\n")) if line.strip()]


def part(id: str) -> float:
    """A number from 0 to 1 that depends on an id alone, to cut a corpus the same way everywhere."""
    return int.from_bytes(hashlib.sha256(id.encode()).digest()[:4], "big") / 2**32
