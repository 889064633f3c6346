"""Writes bootstrap.json: documents with counts of two types, what two models make of them, and scipy's percentile bootstrap
of the scores of the first model and of the lead of its F1 over that of the second.

Written with Python 3.11, scipy 1.17.1, with so many resamples that another seed moves a bound by less than 0.001:
    python make_bootstrap.py        (in this folder; overwrites the file)
"""
import json

import numpy as np
from scipy.stats import bootstrap


def quotients(c, axis):
    """Precision, recall and F1 of counts (correct, predicted, support)."""
    c, n, g = (np.take(c, i, axis=axis).astype(float) for i in range(3))
    div = lambda a, b: np.divide(a, b, out=np.zeros_like(a), where=b != 0)
    p, r = div(c, n), div(c, g)
    return p, r, div(2 * p * r, p + r)


def main():
    rng = np.random.default_rng(20261123)
    docs = 150
    support = rng.poisson((1.5, 0.2), (docs, 2))
    correct = rng.binomial(support, (0.8, 0.5))
    predicted = correct + rng.poisson((0.4, 0.1), (docs, 2))
    counts = np.stack([correct, predicted, support], axis=2)  # document, type, count

    def statistic(at, axis):
        sums = counts[at].sum(axis=axis if axis >= 0 else at.ndim - 1)  # ..., type, count
        per = np.stack(quotients(sums, -1), -1)
        micro = np.stack(quotients(sums.sum(axis=-2), -1), -1)
        return np.moveaxis(np.concatenate([per[..., 0, :], per[..., 1, :], micro, per.mean(axis=-2)], -1), -1, 0)

    found = bootstrap((np.arange(docs),), statistic, n_resamples=200_000, batch=10_000, method="percentile", rng=np.random.default_rng(1)).confidence_interval
    # The second model errs mostly where the first does.
    other = np.random.default_rng(20261124)
    worse = np.maximum(correct - other.binomial(1, (0.12, 0.03), (docs, 2)), 0)
    rival = np.stack([worse, worse + predicted - correct + other.binomial(1, 0.05, (docs, 2)), support], axis=2)

    def f1(counts, at):
        sums = counts[at].sum(axis=-3)
        per = quotients(sums, -1)[2]
        return np.concatenate([per, quotients(sums.sum(axis=-2), -1)[2][..., None], per.mean(axis=-1)[..., None]], -1)

    def lead(at, axis):
        return np.moveaxis(f1(counts, at) - f1(rival, at), -1, 0)

    pair = bootstrap((np.arange(docs),), lead, n_resamples=200_000, batch=10_000, method="percentile", rng=np.random.default_rng(1))
    drawn = pair.bootstrap_distribution
    p = np.minimum(2 * np.minimum((drawn <= 0).mean(axis=-1), (drawn >= 0).mean(axis=-1)), 1)
    rows = ["a", "b", "micro", "macro"]
    bounds = np.stack([found.low, found.high], -1).reshape(4, 3, 2).round(5).tolist()
    with open("bootstrap.json", "w") as f:
        json.dump({"counts": counts.tolist(), "intervals": dict(zip(rows, bounds)),
                   "rival": rival.tolist(), "leads": dict(zip(rows, np.stack([pair.confidence_interval.low, pair.confidence_interval.high, p], -1).round(5).tolist()))}, f)
        f.write("\n")


if __name__ == "__main__":
    main()
