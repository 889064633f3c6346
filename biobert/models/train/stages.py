"""The stages of a task: teacher, then prune."""

import itertools
import json
import random
import time
from dataclasses import replace
from pathlib import Path

import torch

from . import admm, corpora, data, evaluate, export
from .loop import Clock, Distillation, Pruning, Trainer
from .model import Bert, load, start
from .tasks import Task


class Stages:
    """What the stages of one task share."""

    rows = {"words": 3000, "spans": 300, "pairs": 4000}  # of dev, to choose an epoch by
    most = 1 << 30
    calibration = 48_000  # tokens that say what a matrix is for, where it is pruned in one go

    def __init__(self, task: Task, out: Path, start_from: Path, table: Path, device, seed: int, clock: Clock, resume: bool):
        if task.start:
            start_from = out.parent / task.start / "teacher" / "model"
            if not (start_from / "metrics.json").exists():
                raise SystemExit(f"train: {task.name}: no finished teacher in {start_from} to start from (train {task.start} first)")
        self.task, self.out, self.start_from, self.table = task, out, start_from, table
        self.device, self.seed, self.clock, self.resume = device, seed, clock, resume
        tok = data.load_tokenizer(start_from)
        train, all = task.train(), task.dev()[: self.most]
        dev = evaluate.sample(all, self.rows[task.kind])
        make = lambda rows, train: data.examples(task, tok, rows, train)
        self.sets = {"train": (train, make(train, True)), "dev": (dev, make(dev, False)), "all": (all, make(all, False)),
                     "transfer": data.unlabelled(tok, corpora.pretrain()[: task.texts]) if task.transfer else []}

    def model(self) -> Bert:
        torch.manual_seed(self.seed)
        return start(self.task.labels, self.task.tagger, self.start_from, self.table)

    def folder(self, name: str) -> Path:
        """The folder of a stage; without resume, what is left of an earlier run goes."""
        to = self.out / name
        to.mkdir(parents=True, exist_ok=True)
        if not self.resume:
            for f in ("state.pt", "best.pt", "log.jsonl", "model/metrics.json"):
                (to / f).unlink(missing_ok=True)
        return to

    def done(self, name: str) -> bool:
        return self.resume and (self.out / name / "model" / "metrics.json").exists()

    def finish(self, t: Trainer, name: str, **more) -> None:
        """Exports the best model of a run and scores it on all of dev, a student in simulated INT8."""
        to = t.out / "model"
        began = time.monotonic()
        t.model.set_int8(t.pruning is not None)
        if t.pruning:
            more["offset"], more["offset_inside"] = evaluate.balance(self.task, t.model, *self.sets["all"], self.device)
        export.halve(t.model)
        score = evaluate.score(self.task, t.model, *self.sets["all"], self.device)
        export.checkpoint(self.task, t.model, self.start_from, to)
        export.metrics(self.task, to, t.log(), stage=name, best_step=t.best_step, **{k: v for k, v in t.signature.items() if k != "task"},
                       **more, dev_rows=len(self.sets["all"][0]), score=score, start_sha256=export.sha256(self.start_from / "model.safetensors"),
                       table_sha256=export.sha256(self.table / "model.safetensors"), device=str(self.device))
        print(f"{self.task.name} {name}: F1 {score['f1']}", flush=True)
        print(f"{self.task.name} {name}: {time.monotonic() - began:.0f} s to score it and to write {to}", flush=True)
        (t.out / "state.pt").unlink(missing_ok=True)  # large, and of no more use

    def some(self) -> list:
        """Examples of the train split, to calibrate with."""
        exs = list(self.sets["train"][1])
        random.Random(self.seed).shuffle(exs)
        sizes = itertools.accumulate(len(e.ids) for e in exs)
        return [e for e, n in zip(exs, sizes) if n <= self.calibration]

    def teacher(self) -> None:
        if self.done("teacher"):
            return
        t = Trainer(self.task, self.model(), self.sets, self.task.teacher, self.folder("teacher"), self.device, self.seed, self.clock)
        t.run()
        self.finish(t, "teacher")

    def prune(self, pruning: Pruning, distillation: Distillation, epochs: float | None = None, rate: float | None = None, student: Path | None = None) -> None:
        """Makes the student, from its teacher or, to train it longer, from an earlier one with the zeros that it is to have."""
        name = f"pruned{round(100 * pruning.final)}"
        if self.done(name):
            return
        trained = self.out / "teacher" / "model"
        if not (trained / "metrics.json").exists():
            raise SystemExit(f"train: {self.task.name}: no finished teacher in {trained} (run --stage teacher)")
        teacher, model = self.model(), self.model()
        load(teacher, trained)
        load(model, student or trained)
        more = {"before": json.loads((student / "metrics.json").read_text())} if student else {}
        to = self.folder(name)
        if pruning.how == "admm" and not student and not (to / "state.pt").exists():
            admm.prune(model.to(self.device), self.some(), pruning.final, lambda what: print(f"{self.task.name}: {what}", flush=True))
        settings = self.task.prune
        settings = replace(settings, epochs=epochs or settings.epochs, rate=rate or settings.rate)
        t = Trainer(self.task, model, self.sets, settings, to, self.device, self.seed, self.clock, teacher, pruning, distillation)
        t.run()
        self.finish(t, name, sparsity=t.pruner.total(), sparsity_per_matrix=t.pruner.report(), **more)
