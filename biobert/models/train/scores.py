"""The tasks' metrics. Strict entity F1 equals seqeval's (mode="strict", scheme=IOB2)."""

from collections import Counter


def entities(tags: list[str]) -> set[tuple[int, int, str]]:
    """Strict IOB2: an entity begins with B- and goes on with I- of the same type. A stray I- is no entity."""
    out, start, kind = set(), None, None
    for i, tag in enumerate([*tags, "O"]):
        if start is not None and tag != "I-" + kind:
            out.add((start, i, kind))
            start = None
        if tag.startswith("B-"):
            start, kind = i, tag[2:]
    return out


def prf(correct: int, found: int, gold: int) -> dict:
    p, r = correct / found if found else 0.0, correct / gold if gold else 0.0
    f = 2 * p * r / (p + r) if p + r else 0.0
    return {"precision": round(100 * p, 2), "recall": round(100 * r, 2), "f1": round(100 * f, 2), "support": gold}


def sets(gold: list[set], found: list[set]) -> dict:
    """Micro scores of sets of (start, end, type), overall and per type."""
    c, n, g = Counter(), Counter(), Counter()
    for a, b in zip(gold, found, strict=True):
        for counter, items in ((c, a & b), (n, b), (g, a)):
            counter.update(kind for *_, kind in items)
    out = prf(c.total(), n.total(), g.total())
    out["per_class"] = {k: prf(c[k], n[k], g[k]) for k in sorted(g)}
    return out


def pairs(gold: list[str], found: list[str], negative: str) -> dict:
    """Micro scores over the positive labels."""
    c = Counter(a for a, b in zip(gold, found, strict=True) if a == b and a != negative)
    n, g = Counter(b for b in found if b != negative), Counter(a for a in gold if a != negative)
    out = prf(c.total(), n.total(), g.total())
    out["per_class"] = {k: prf(c[k], n[k], g[k]) for k in sorted(g)}
    out["macro_f1"] = round(sum(s["f1"] for s in out["per_class"].values()) / max(len(g), 1), 2)
    return out
