"""The six tasks: where their data is, their labels and their settings."""

from dataclasses import dataclass, replace
from typing import Callable

from . import corpora


@dataclass(frozen=True)
class Settings:
    """What a stage of training is told. Batches hold `batch` sequences, worked on at most `tokens` at a time."""

    epochs: float
    rate: float
    batch: int = 32
    tokens: int = 6144
    warmup: float = 0.06
    dropout: float = 0.0
    negatives: float = 1.0  # share of the pairs without a relation that an epoch visits


@dataclass(frozen=True)
class Task:
    name: str
    kind: str  # "words" (tagged words), "spans" (text with spans) or "pairs" (marked text)
    labels: list[str]
    train: Callable[[], list]
    dev: Callable[[], list]
    teacher: Settings
    prune: Settings
    metric: str
    data: str  # what the model card says about the data
    licence: str
    start: str = ""  # the task whose teacher this one's starts from
    texts: int | None = None  # of those for transfer, at most
    transfer: float = 0.0  # what the student reads besides, an epoch: texts without annotations, by tokens as a share of those with
    per_sentence: int = 0  # pairs without a relation of one sentence that an epoch visits at most, if not 0

    @property
    def tagger(self) -> bool:
        return self.kind != "pairs"


def iob(*types: str) -> list[str]:
    return ["O"] + ["B-" + t for t in types] + ["I-" + t for t in types]


def ddi_ner(dev: bool) -> list:
    """DDI has no dev split of its own: an eighth of the documents, chosen by id, is ours."""
    return [d for d in corpora.ddi_documents() if (corpora.part(d.id.rsplit(".", 1)[0]) < 0.125) == dev]


def ddi_train() -> list:
    """The rows that are not in BLUE's dev set, but for the one interaction without a type."""
    dev = {p.id for p in corpora.blue("ddi2013/blue/dev.release.tsv.gz")}
    return [p for p in corpora.blue("ddi2013/blue/train.tsv.gz") if p.id not in dev and p.label != "DDI-None"]


STRICT = "strict entity F1 (IOB2, label of the first piece of each word)"
SPANS = "exact span and type F1 on running text"
MICRO = "micro F1 over the positive labels"

TASKS = {
    t.name: t
    for t in (
        Task(
            "jnlpba", "words", iob("DNA", "RNA", "cell_line", "cell_type", "protein"),
            lambda: corpora.conll("jnlpba/mtl/train.tsv.gz"), lambda: corpora.conll("jnlpba/mtl/devel.tsv.gz"),
            Settings(4, 1.5e-4, dropout=0.1), Settings(4, 5e-4), STRICT,
            "BioNLP/JNLPBA 2004 shared task, train split", "annotations CC BY 3.0 (GENIA project)", transfer=0.5,
        ),
        Task(
            "chemprot-ner", "spans", iob("chemical", "gene"),
            lambda: corpora.chemprot_documents("training"), lambda: corpora.chemprot_documents("development"),
            Settings(6, 1.5e-4, batch=16, dropout=0.1), Settings(3, 5e-4, batch=16), SPANS,
            "BioCreative VI ChemProt, training split", "none explicit; abstracts are PubMed's", transfer=3.0,
        ),
        Task(
            "chemprot", "pairs", ["false", "CPR:3", "CPR:4", "CPR:5", "CPR:6", "CPR:9"],
            lambda: corpora.blue("chemprot/blue/train.tsv.gz"), lambda: corpora.blue("chemprot/blue/dev.tsv.gz"),
            Settings(4, 1e-4, dropout=0.1, negatives=0.5), Settings(2, 5e-4, negatives=0.5), MICRO,
            "BioCreative VI ChemProt, training split, BLUE-style rows", "none explicit; abstracts are PubMed's",
        ),
        Task(
            "bc2gm", "words", iob("GENE"),
            lambda: corpora.conll("bc2gm/mtl/train.tsv.gz"), lambda: corpora.conll("bc2gm/mtl/devel.tsv.gz"),
            Settings(3, 1.5e-4, dropout=0.1), Settings(5, 5e-4, batch=16), STRICT,
            "BioCreative II gene mention, train split", "US Government work, public domain; MTL files CC BY 4.0", start="jnlpba", transfer=1.0,
        ),
        Task(
            "ddi-ner", "spans", iob("brand", "drug", "drug_n", "group"),
            lambda: ddi_ner(dev=False), lambda: ddi_ner(dev=True),
            Settings(6, 1.5e-4, dropout=0.1), Settings(5, 5e-4, batch=16), SPANS,
            "DDI corpus (DDIExtraction 2013), seven eighths of the train documents", "CC BY-NC 4.0: no commercial use", transfer=1.0,
        ),
        Task(
            "ddi", "pairs", ["DDI-false", "DDI-advise", "DDI-effect", "DDI-int", "DDI-mechanism"],
            ddi_train, lambda: corpora.blue("ddi2013/blue/dev.release.tsv.gz"),
            Settings(1.5, 1.2e-4, dropout=0.1), Settings(2, 5e-4), MICRO,
            "DDI corpus (DDIExtraction 2013), train rows outside BLUE's dev set", "CC BY-NC 4.0: no commercial use", start="chemprot",
            per_sentence=6,  # half of all tokens are in the lists of drugs of a few sentences
        ),
    )
}


def smoke(t: Task) -> Task:
    """t on slices so small that a run takes seconds; the scores mean nothing."""
    small = {"words": 96, "spans": 24, "pairs": 96}[t.kind]
    return replace(
        t, texts=50, train=lambda: t.train()[:small], dev=lambda: t.dev()[: small // 2],
        teacher=replace(t.teacher, epochs=1, batch=8), prune=replace(t.prune, epochs=2, batch=8),
    )
