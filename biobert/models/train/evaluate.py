"""Scores of a model on a dev set, by the metric of its task."""

import torch

from . import data, scores
from .model import Bert
from .tasks import Task


@torch.no_grad()
def logits(model: Bert, exs: list[data.Example], device, tokens: int = 8192) -> list[torch.Tensor]:
    """Of the words of each example [words, labels], or of the example [labels], in bf16: faster and not quite what is shipped."""
    was = model.training
    model.eval()
    out: list = [None] * len(exs)
    for some in data.by_length([len(e.ids) for e in exs], tokens):
        b = data.collate([exs[i] for i in some], device)
        with torch.autocast(device.type, torch.bfloat16):
            all, _ = model(b["ids"], b["mask"])
        for i, x in zip(some, all.float().cpu()):
            out[i] = x[exs[i].words] if model.tagger else x
    model.train(was)
    return out


def judge(task: Task, labels: list[str], rows: list, exs: list[data.Example], logits: list[torch.Tensor]) -> dict:
    """Scores of the most probable labels."""
    found = [[labels[k] for k in x.argmax(-1).tolist()] if x.dim() > 1 else labels[int(x.argmax())] for x in logits]
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


def score(task: Task, model: Bert, rows: list, exs: list[data.Example], device) -> dict:
    """Scores on rows, of which exs are the examples."""
    return judge(task, model.labels, rows, exs, logits(model, exs, device))


@torch.no_grad()
def balance(task: Task, model: Bert, rows: list, exs: list[data.Example], device) -> tuple[float, float]:
    """Moves the bias of the first label, O or no relation, then those of a tagger's labels inside entities, to where F1 is best on rows, and
    returns by how much. Training minimizes another loss, on another share of negatives; these two numbers are chosen on dev."""
    found = logits(model, exs, device)
    first = torch.tensor([float(i == 0) for i in range(len(model.labels))])
    inside = torch.tensor([float(task.tagger and l.startswith("I-")) for l in model.labels])
    chosen = []
    for labels in (first, inside):
        by = {k / 10: judge(task, model.labels, rows, exs, [x + k / 10 * labels for x in found])["f1"] for k in range(-15, 16)}
        best = max(by, key=lambda k: (sum(by.get(round(k + d, 1), 0.0) for d in (-0.2, -0.1, 0.0, 0.1, 0.2)), -abs(k)))  # and good beside it, too
        found = [x + best * labels for x in found]
        model.classifier.bias += best * labels.to(model.classifier.bias)
        chosen.append(best)
    return chosen[0], chosen[1]


def sample(rows: list, most: int) -> list:
    """Every n-th row: enough to choose by, where the whole dev set would take minutes."""
    return rows[:: -(-len(rows) // most)] if rows else rows
