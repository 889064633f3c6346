"""Writes sklearn.json: seeded random labels of rows and what scikit-learn says of them.

Written with Python 3.11, scikit-learn 1.9.1:
    python make_sklearn.py        (in this folder; overwrites the file)
"""
import json
import random
import warnings

from sklearn.metrics import precision_recall_fscore_support

warnings.filterwarnings("ignore")  # divisions by zero, which count as 0

LABELS = [["false", "CPR:3", "CPR:4", "CPR:5", "CPR:6", "CPR:9"], ["DDI-false", "DDI-advise", "DDI-effect", "DDI-int", "DDI-mechanism"], ["no", "yes"]]


def row(p, r, f, n):
    return [float(p), float(r), float(f), int(n or 0)]


def main():
    rng = random.Random(20261123)
    cases = []
    for i in range(60):
        labels = LABELS[i % 3]
        negative, positives = labels[0], labels[1:]
        n = rng.choice((1, 5, 40, 120))
        gold = [negative if rng.random() < 0.6 else rng.choice(positives) for _ in range(n)]
        noise = rng.choice((0.1, 0.4, 1.0))
        pred = [rng.choice(labels) if rng.random() < noise else g for g in gold]
        score = lambda average: precision_recall_fscore_support(gold, pred, labels=positives, average=average, zero_division=0)
        types = {l: row(*s) for l, *s in zip(positives, *score(None))}
        cases.append({"gold": gold, "pred": pred, "positives": positives, "micro": row(*score("micro")), "macro": row(*score("macro")), "types": types})
    with open("sklearn.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


if __name__ == "__main__":
    main()
