"""Writes seqeval.json: seeded random tag sequences and what seqeval says of them.

Written with Python 3.11, seqeval 1.2.2:
    python make_seqeval.py        (in this folder; overwrites the file)
"""
import json
import random
import warnings

from seqeval.metrics import accuracy_score, classification_report
from seqeval.scheme import IOB2

warnings.filterwarnings("ignore")  # divisions by zero, which count as 0


def noise(rng, tags, n):
    return [rng.choice(tags) for _ in range(n)]


def sensible(rng, types, n):
    """A correct IOB2 sequence."""
    out = []
    while len(out) < n:
        if rng.random() < 0.5:
            out.append("O")
        else:
            t = rng.choice(types)
            out += ["B" + t] + ["I" + t] * rng.randrange(4)
    return out[:n]


def spoil(rng, tags, seq, p):
    return [rng.choice(tags) if rng.random() < p else t for t in seq]


def scores(gold, pred, **mode):
    r = classification_report(gold, pred, output_dict=True, **mode)
    row = lambda s: [float(s["precision"]), float(s["recall"]), float(s["f1-score"]), int(s["support"])]
    return {"micro": row(r["micro avg"]), "types": {k: row(v) for k, v in sorted(r.items()) if not k.endswith(" avg")}}


def main():
    rng = random.Random(20261123)
    cases = []
    for i in range(40):
        types = [["-protein", "-DNA", "-cell_type"], ["-x"], [""], ["-a", "-a-b"]][i % 4]
        tags = ["O"] + [p + t for t in types for p in "BI"]
        gold, pred = [], []
        for _ in range(rng.randrange(1, 6)):
            n = rng.randrange(1, 14)
            gold.append(noise(rng, tags, n) if i % 5 == 4 else sensible(rng, types, n))
            pred.append(spoil(rng, tags, gold[-1], [0.1, 0.3, 1.0][i % 3]))
        if not any(t[0] == "B" for s in gold + pred for t in s):
            continue  # seqeval has no answer without an entity
        cases.append({"gold": [" ".join(s) for s in gold], "pred": [" ".join(s) for s in pred],
                      "strict": scores(gold, pred, mode="strict", scheme=IOB2), "conll": scores(gold, pred),
                      "accuracy": accuracy_score(gold, pred)})
    with open("seqeval.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


if __name__ == "__main__":
    main()
