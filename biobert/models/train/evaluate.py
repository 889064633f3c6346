"""Scores of a model on a dev set, by the metric of its task."""

import torch

from . import data, scores
from .model import Bert
from .tasks import Task


@torch.no_grad()
def predict(model: Bert, exs: list[data.Example], device, half: bool, tokens: int = 8192) -> list:
    """Labels of the words of each example, or of the example. half: in bf16, faster and not quite what is shipped."""
    was = model.training
    model.eval()
    out: list = [None] * len(exs)
    for some in data.by_length([len(e.ids) for e in exs], tokens):
        b = data.collate([exs[i] for i in some], device)
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            logits, _ = model(b["ids"], b["mask"])
        best = logits.argmax(-1).tolist()
        for i, labels in zip(some, best):
            out[i] = [model.labels[labels[w]] for w in exs[i].words] if model.tagger else model.labels[labels]
    model.train(was)
    return out


def score(task: Task, model: Bert, rows: list, exs: list[data.Example], device, half: bool = False) -> dict:
    """Scores on rows, of which exs are the examples."""
    found = predict(model, exs, device, half)
    if task.kind == "pairs":
        by_row = dict(zip((e.source for e in exs), found))
        return scores.pairs([r.label for r in rows], [by_row[i] for i in range(len(rows))], task.labels[0])
    sets: list[set] = [set() for _ in rows]
    for e, tags in zip(exs, found):
        sets[e.source] |= {(e.offsets[a][0], e.offsets[b - 1][1], kind) for a, b, kind in scores.entities(tags)}
    if task.kind == "words":
        gold = [scores.entities(r.tags) for r in rows]
    else:
        gold = [{(s.start, s.end, s.label) for s in r.spans} for r in rows]
    return scores.sets(gold, sets)


def sample(task: Task, rows: list, most: int) -> list:
    """Every n-th row: enough to choose by, where the whole dev set would take minutes."""
    return rows[:: -(-len(rows) // most)] if rows else rows
