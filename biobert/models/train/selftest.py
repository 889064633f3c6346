"""Checks of the recipe's own parts, in a minute or two: python -m train.selftest

The forward pass against transformers' (the reference outputs beside the shared checkpoints), scores against seqeval's, the
INT8 simulation against plain integer arithmetic, and that a run that was stopped and resumed ends with the same bits.
"""

import json
import os
import random
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import torch

from . import admm, data, export, quant, scores
from .loop import Clock, Distillation, Pruning, Stopped, Trainer
from .model import Bert, load, start_folder
from .prune import sparsity
from .stages import Stages
from .tasks import TASKS, smoke

MODELS = Path(os.environ.get("SPARSEBIO_SHARED", "")) / "models"


def forward() -> str:
    """Logits equal the reference's, alone and padded in a batch."""
    worst = 0.0
    for name in ("jnlpba-dense", "jnlpba-pruned90"):
        cases = json.loads((MODELS / name / "reference.json").read_text())
        cases = cases["cases"] if isinstance(cases, dict) else cases
        model = Bert(TASKS["jnlpba"].labels, True)
        load(model, MODELS / name)
        model.eval()
        exs = [data.Example(c["input_ids"], [0] * len(c["input_ids"])) for c in cases]
        b = data.collate(exs, "cpu")
        with torch.no_grad():
            logits, _ = model(b["ids"], b["mask"])
        for c, got in zip(cases, logits):
            want = torch.tensor(c["logits"])
            worst = max(worst, (got[: len(want)] - want).abs().max().item())
    assert worst < 1e-3, worst
    return f"largest difference to transformers {worst:.1e}"


def strict() -> str:
    """Scores equal seqeval's strict ones on random tags, legal or not."""
    try:
        from seqeval.metrics import f1_score, precision_score, recall_score
        from seqeval.scheme import IOB2
    except ImportError:
        return "skipped: no seqeval"
    rng = random.Random(0)
    tags = TASKS["jnlpba"].labels
    for _ in range(50):
        gold, found = ([[rng.choice(tags) for _ in range(n)] for n in (1, 7, 30)] for _ in range(2))
        found = [[g if rng.random() < 0.7 else f for g, f in zip(a, b)] for a, b in zip(gold, found)]
        s = scores.sets([scores.entities(t) for t in gold], [scores.entities(t) for t in found])
        how = {"mode": "strict", "scheme": IOB2, "zero_division": 0}
        want = [round(100 * f(gold, found, **how), 2) for f in (precision_score, recall_score, f1_score)]
        assert [s["precision"], s["recall"], s["f1"]] == want, (s, want)
    return "50 random corpora"


def integers() -> str:
    """The simulation gives what integer arithmetic gives."""
    torch.manual_seed(0)
    x = torch.randn(5, 64) * torch.tensor([1e-3, 1, 10, 1, 0])[:, None] + torch.tensor([0, 0, 3, -9, 0.0])[:, None]
    w = torch.randn(7, 64)
    w[3] = 0
    got = quant.u8(x) @ quant.s8(w, 1).T
    for i, row in enumerate(x.tolist()):
        lo, hi = min(0, *row), max(0, *row)
        scale = (hi - lo) / 255 or 1.0
        zero = round(-lo / scale)
        q = [min(max(round(v / scale) + zero, 0), 255) for v in row]
        for j, line in enumerate(w.tolist()):
            most = max(map(abs, line)) / 127 or 1.0
            want = sum((a - zero) * round(b / most) for a, b in zip(q, line)) * scale * most
            assert abs(got[i, j].item() - want) <= 0.02 * max(1.0, abs(want)), (i, j, got[i, j], want)
    q, k, v = torch.randn(3, 2, 4, 19, 32).unbind(0)
    mask = torch.arange(19)[None] < torch.tensor([[19], [11]])
    exact = torch.nn.functional.scaled_dot_product_attention(q, k, v, mask[:, None, None])
    near = quant.attention(q, k, v, mask)
    apart = ((near - exact)[0].norm() / exact[0].norm()).item()
    assert apart < 0.03, apart
    short = quant.attention(q[1:, :, :11], k[1:, :, :11], v[1:, :, :11], mask[1:, :11])
    assert (short - near[1:, :, :11]).abs().max() < 1e-5, "padding has a part in the result"
    return f"attention differs from fp32 by {100 * apart:.1f} %"


def labels() -> str:
    """Spans survive the way to pieces and back, but for those that overlap or begin inside a word."""
    said = []
    tok = data.load_tokenizer(start_folder())
    for name in ("chemprot-ner", "ddi-ner"):
        rows = TASKS[name].dev()
        found: list[set] = [set() for _ in rows]
        for e in data.examples(TASKS[name], tok, rows, False):
            assert len(e.ids) == len(e.target) <= data.LONGEST
            tags = [TASKS[name].labels[e.target[w]] for w in e.words]
            found[e.source] |= {(e.offsets[a][0], e.offsets[b - 1][1], kind) for a, b, kind in scores.entities(tags)}
        s = scores.sets([{(x.start, x.end, x.label) for x in d.spans} for d in rows], found)
        assert s["f1"] > 95, s
        said.append(f"{name} {s['f1']}")
    assert data.windows([0, 0, 1, 1, 1, 2], 4) == [(0, 2), (2, 6)]
    return "at best F1 " + ", ".join(said)


def resuming() -> str:
    """Stopping in either stage changes nothing, if the teacher is asked every time: what is kept of it is rounded. A student that is
    trained longer keeps its zeros and says what it was before."""
    task = smoke(TASKS["jnlpba"])
    rows = task.train(), task.dev()
    task = replace(task, train=lambda: rows[0], dev=lambda: rows[1])
    Stages.most, Stages.calibration, Trainer.remember_bytes, digests = 48, 2000, 0, []
    admm.STEPS, admm.RAMP, admm.FIT = 4, 3, 4
    with tempfile.TemporaryDirectory() as tmp:
        for stops in ((), (5, 9)):
            out = Path(tmp) / str(len(stops))
            for stop in (*stops, None):
                clock = Clock(None)
                if stop:
                    calls = iter(range(stop))
                    clock.over = lambda: next(calls, None) is None
                s = Stages(task, out, start_folder(), MODELS / "jnlpba-pruned90", torch.device("cpu"), 1, clock, True)
                try:
                    s.teacher()
                    s.prune(Pruning(every=2), Distillation())
                except Stopped:
                    pass
            digests.append(export.sha256(out / "pruned90" / "model" / "model.safetensors"))
        first = (out / "pruned90").rename(out / "first") / "model"
        s.prune(Pruning(), Distillation(), student=first)
        longer, was = out / "pruned90" / "model", json.loads((first / "metrics.json").read_text())
        assert json.loads((longer / "metrics.json").read_text())["before"] == was
        models = [s.model(), s.model()]
        for m, folder in zip(models, (first, longer)):
            load(m, folder)
        a, b = (m.linears() for m in models)
        assert all(((a[n].weight == 0) <= (b[n].weight == 0)).all() for n in a) and any((a[n].weight != b[n].weight).any() for n in a)
    assert digests[0] == digests[1], digests
    return "same bits"


def schedule() -> str:
    s = [sparsity(i, (10, 110), 0.9) for i in range(130)]
    assert s[10] == 0 and s[110] == s[129] == 0.9 and s == sorted(s) and abs(s[60] - 0.9 * 7 / 8) < 1e-9
    return "cubic"


def main() -> int:
    for check in (schedule, strict, integers, forward, labels, resuming):
        print(f"{check.__name__}: ", end="", flush=True)
        print(check(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
