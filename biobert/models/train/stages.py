"""The stages of a task: teacher, then prune."""

import time
from dataclasses import replace
from pathlib import Path

import torch

from . import corpora, data, evaluate, export
from .loop import Clock, Distillation, Pruning, Trainer
from .model import Bert, load, start
from .tasks import Task


class Stages:
    """What the stages of one task share."""

    def __init__(self, task: Task, out: Path, start_from: Path, table: Path, device, seed: int, clock: Clock, resume: bool):
        self.task, self.out, self.start_from, self.table = task, out, start_from, table
        self.device, self.seed, self.clock, self.resume = device, seed, clock, resume
        tok = data.load_tokenizer(start_from)
        self.rows = {"train": task.train(), "dev": task.dev(), **{k: f() for k, f in (task.others or {}).items()}}
        self.few = evaluate.sample(task, self.rows["dev"], Trainer.dev_rows)
        make = lambda rows, train: data.examples(task, tok, rows, train)
        self.sets = {"train": (self.rows["train"], make(self.rows["train"], True)), "dev": (self.few, make(self.few, False)),
                     "transfer": data.unlabelled(tok, corpora.pretrain()[: task.texts]) if task.transfer else []}
        self.full = {k: make(rows, False) for k, rows in self.rows.items() if k != "train"}

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

    def scores(self, model: Bert, int8: bool, names) -> dict:
        model.set_int8(int8)
        return {k: evaluate.score(self.task, model, self.rows[k], self.full[k], self.device) for k in names}

    def finish(self, t: Trainer, name: str, **more) -> None:
        """Exports the best model of a run and scores it as it is shipped: a teacher in fp32, a student in INT8 too."""
        to = t.out / "model"
        began = time.monotonic()
        if t.pruning:
            t.model.set_int8(True)
            more["offset"] = evaluate.balance(self.task, t.model, self.rows["dev"], self.full["dev"], self.device)
        export.halve(t.model)
        results = {"scores_fp32": self.scores(t.model, False, ["dev"])}
        if t.pruning:
            results["scores_int8"] = self.scores(t.model, True, self.full)
        export.checkpoint(self.task, t.model, self.start_from, to)
        export.metrics(self.task, to, t.log(), stage=name, best_step=t.best_step, **{k: v for k, v in t.signature.items() if k != "task"},
                       **more, **results, start_sha256=export.sha256(self.start_from / "model.safetensors"),
                       table_sha256=export.sha256(self.table / "model.safetensors"), device=str(self.device))
        for how, sets in results.items():
            print(f"{self.task.name} {name}, {how}: " + ", ".join(f"{k} F1 {s['f1']}" for k, s in sets.items()), flush=True)
        print(f"{self.task.name} {name}: {time.monotonic() - began:.0f} s to score it and to write {to}", flush=True)
        (t.out / "state.pt").unlink(missing_ok=True)  # large, and of no more use

    def teacher(self) -> None:
        if self.done("teacher"):
            return
        t = Trainer(self.task, self.model(), self.sets, self.task.teacher, self.folder("teacher"), self.device, self.seed, self.clock)
        t.run()
        self.finish(t, "teacher")

    def prune(self, pruning: Pruning, distillation: Distillation, epochs: float | None = None) -> None:
        name = f"pruned{round(100 * pruning.final)}"
        if self.done(name):
            return
        trained = self.out / "teacher" / "model"
        if not (trained / "metrics.json").exists():
            raise SystemExit(f"train: {self.task.name}: no finished teacher in {trained} (run --stage teacher)")
        teacher, model = self.model(), self.model()
        for m in (teacher, model):
            load(m, trained)
        settings = replace(self.task.prune, epochs=epochs) if epochs else self.task.prune
        t = Trainer(self.task, model, self.sets, settings, self.folder(name), self.device, self.seed, self.clock, teacher, pruning, distillation)
        t.run()
        self.finish(t, name, sparsity=t.pruner.total(), sparsity_per_matrix=t.pruner.report())
