"""The training loop: resumable to the bit on one machine, stoppable at any step."""

import json
import math
import os
import random
import resource
import signal
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F

from . import data, evaluate
from .model import HIDDEN, Bert
from .prune import Pruner, sparsity
from .tasks import Settings, Task


class Stopped(Exception):
    """Time is up; the checkpoint is written and the same command goes on from there."""


class Clock:
    """Says when to stop: after a number of seconds, or when asked to by a signal."""

    def __init__(self, seconds: float | None):
        self.end = time.monotonic() + seconds if seconds else math.inf
        self.asked = False
        for s in (signal.SIGTERM, signal.SIGINT):
            signal.signal(s, self.stop)

    def stop(self, *_):
        self.asked = True

    def over(self) -> bool:
        return self.asked or time.monotonic() > self.end


@dataclass
class Distillation:
    """Weights of the parts of the loss: the labels, the teacher's logits and its hidden states."""

    hard: float = 0.3
    soft: float = 1.0
    hidden: float = 0.1
    temperature: float = 2.0


@dataclass
class Pruning:
    """how: "admm", in one go before the first step, or "gradual". ramp and int8 are shares of all steps: where the schedule begins and
    ends, and where INT8 is simulated from."""

    how: str = "admm"
    final: float = 0.9
    ramp: tuple[float, float] = (0.03, 0.6)
    every: int = 20
    int8: float = 0.85
    score: str = "magnitude"
    scope: str = "layer"
    block: int = 1


def cpu_seconds() -> float:
    u = resource.getrusage(resource.RUSAGE_SELF)
    return u.ru_utime + u.ru_stime


def write_atomic(path: Path, write) -> None:
    """Has write(temporary path) make a file that appears whole or not at all."""
    tmp = path.with_name(path.name + ".tmp")
    write(tmp)
    os.replace(tmp, path)


class Trainer:
    """Trains one model on one task; with a teacher and a pruner, prunes it on the way."""

    remember_bytes = 7 << 30  # of the teacher's hidden states
    checkpoint_steps = 200

    def __init__(self, task: Task, model: Bert, sets, settings: Settings, out: Path, device, seed: int, clock: Clock,
                 teacher: Bert | None = None, pruning: Pruning | None = None, distillation: Distillation | None = None):
        self.task, self.model, self.settings, self.out, self.device, self.seed, self.clock = task, model, settings, out, device, seed, clock
        self.train, self.dev = sets["train"], sets["dev"]
        self.teacher, self.pruning, self.distillation = teacher, pruning, distillation
        self.exs = self.train[1] + (sets["transfer"] if teacher else [])  # those without labels last
        self.labelled = len(self.train[1])
        self.sizes = [len(e.ids) for e in self.exs]
        own, more = sum(self.sizes[: self.labelled]), self.sizes[self.labelled :]
        self.some_more = min(round(task.transfer * own / (sum(more) / len(more))), len(more)) if more else 0
        self.positive = [i for i, e in enumerate(self.train[1]) if task.tagger or e.target != 0]
        self.negative = [i for i, e in enumerate(self.train[1]) if not task.tagger and e.target == 0]
        self.per_epoch = math.ceil(len(self.some_of(0)) / settings.batch) + math.ceil(self.some_more / settings.batch)
        self.steps = max(round(settings.epochs * self.per_epoch), 1)
        self.step, self.best, self.best_step = 0, -1.0, -1
        torch.manual_seed(seed)
        model.to(device).train()
        model.set_dropout(settings.dropout)
        matrices = [p for p in model.parameters() if p.requires_grad and p.dim() > 1]
        rest = [p for p in model.parameters() if p.requires_grad and p.dim() == 1]
        groups = [{"params": matrices, "weight_decay": 0.0 if pruning else 0.01}, {"params": rest, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=settings.rate, betas=(0.9, 0.999), fused=True)
        self.pruner = Pruner(model, pruning.score, pruning.scope, pruning.block) if pruning else None
        if teacher:
            teacher.to(device).eval()
        self.taught_of: dict[int, tuple] = {}
        self.remember = self.remember_bytes // (len(model.layers) * HIDDEN * 2) if device.type == "cpu" else 0  # tokens
        self.signature = {"task": task.name, "settings": vars(settings), "seed": seed, "steps": self.steps, "transfer": self.some_more,
                          "pruning": vars(pruning) if pruning else None, "distillation": vars(distillation) if distillation else None}

    def some_of(self, epoch: int) -> list[int]:
        """The examples of an epoch: of pairs without a relation a share or some of each sentence, others each time."""
        rng = random.Random(f"negatives/{self.seed}/{epoch}")
        few = rng.sample(self.negative, round(self.settings.negatives * len(self.negative)))
        if self.task.per_sentence:
            seen = Counter()
            kept = []
            for i in few:
                sentence = self.train[0][i].id.rpartition(".")[0]
                seen[sentence] += 1
                if seen[sentence] <= self.task.per_sentence:
                    kept.append(i)
            few = kept
        return sorted(self.positive + few)

    def batches_of(self, epoch: int) -> list[list[int]]:
        """The batches of an epoch: of examples with labels and, for a student of tasks that say so, of texts without."""
        batches = data.order(self.some_of(epoch), self.sizes, self.settings.batch, self.seed, epoch)
        if self.some_more:
            rng = random.Random(f"transfer/{self.seed}/{epoch}")
            more = rng.sample(range(self.labelled, len(self.exs)), self.some_more)
            batches += data.order(more, self.sizes, self.settings.batch, self.seed, epoch)
            rng.shuffle(batches)
        return batches

    # Schedules, of the step alone.

    def rate(self, step: int) -> float:
        """Warms up, holds while the model is pruned, and falls to zero in a straight line."""
        s = self.settings
        warm = max(round(s.warmup * self.steps), 1)
        hold = max(self.ramp()[1], warm) if self.pruning else warm
        if step < warm:
            return s.rate * (step + 1) / warm
        return s.rate * min(1.0, (self.steps - step) / max(self.steps - hold, 1))

    def ramp(self) -> tuple[int, int]:
        if self.pruning.how == "admm":
            return 0, 0
        return round(self.pruning.ramp[0] * self.steps), round(self.pruning.ramp[1] * self.steps)

    def int8_now(self) -> bool:
        return self.pruning is not None and self.step >= round(self.pruning.int8 * self.steps)

    def pruned(self) -> bool:
        """Whether the model has lost all that it is to lose."""
        return self.pruning is None or self.step > self.ramp()[1]

    # One step.

    @torch.no_grad()
    def taught(self, some: list[int], b: dict):
        """What the teacher says of examples: computed once where memory allows, for it never changes."""
        if some[0] >= self.labelled or any(i not in self.taught_of for i in some):
            logits, hidden = self.teacher(b["ids"], b["mask"])
            new = sum(self.sizes[i] for i in some if i not in self.taught_of)
            if some[0] >= self.labelled or new > self.remember:
                return logits, hidden
            self.remember -= new
            for row, i in enumerate(some):
                n = self.sizes[i] if self.task.tagger else None
                self.taught_of[i] = logits[row, :n].clone(), torch.stack([h[row, : self.sizes[i]] for h in hidden]).bfloat16()
            return logits, hidden
        kept = [self.taught_of[i] for i in some]
        if not self.task.tagger:
            logits = torch.stack([l for l, _ in kept])
        else:
            logits = torch.zeros(*b["ids"].shape, kept[0][0].shape[-1])
            for row, (l, _) in enumerate(kept):
                logits[row, : len(l)] = l
        layers, _, width = kept[0][1].shape
        hidden = torch.zeros(layers, *b["ids"].shape, width, dtype=torch.bfloat16)
        for row, (_, h) in enumerate(kept):
            hidden[:, row, : h.shape[1]] = h
        return logits, list(hidden)

    def loss(self, some: list[int], b: dict, labels: int, tokens: int) -> dict[str, torch.Tensor]:
        """The loss of a part of a batch of so many labels and tokens of text, or sequences."""
        with torch.autocast(self.device.type, torch.bfloat16):
            logits, hidden = self.model(b["ids"], b["mask"])
            if self.teacher:
                want, want_hidden = self.taught(some, b)
        flat, target = logits.float().flatten(0, -2), b["target"].flatten()
        hard = F.cross_entropy(flat, target, ignore_index=data.IGNORE, reduction="sum") / max(labels, 1)
        if not self.teacher:
            return {"loss": hard, "labels": hard.detach()}
        d = self.distillation
        known = b["text"].flatten() if self.task.tagger else torch.ones_like(target, dtype=torch.bool)
        p, q = (F.log_softmax(x / d.temperature, -1) for x in (want.float().flatten(0, -2)[known], flat[known]))
        soft = F.kl_div(q, p, log_target=True, reduction="sum") * d.temperature**2 / tokens
        kept, share = b["mask"], int(known.sum()) / tokens
        apart = sum(((h.float() - w.float())[kept].square().sum() / w.float()[kept].square().sum()) for h, w in zip(hidden, want_hidden))
        apart = apart / len(hidden) * share
        total = d.hard * hard + d.soft * soft + d.hidden * apart
        return {"loss": total, "labels": hard.detach(), "soft": soft.detach(), "hidden": apart.detach()}

    def one(self, some: list[int]) -> dict[str, float]:
        exs = self.exs
        labels, tokens = len(some), len(some)
        if self.task.tagger:
            labels, tokens = sum(sum(t != data.IGNORE for t in exs[i].target) for i in some), sum(self.sizes[i] - 2 for i in some)
        for g in self.optimizer.param_groups:
            g["lr"] = self.rate(self.step)
        said: dict[str, float] = {}
        for part in data.micro(some, self.sizes, self.settings.tokens):
            losses = self.loss(part, data.collate([exs[i] for i in part], self.device), labels, max(tokens, 1))
            losses["loss"].backward()
            for k, v in losses.items():
                said[k] = said.get(k, 0.0) + float(v.detach())
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        if self.pruner:
            lo, hi = self.ramp()
            if lo <= self.step <= hi and ((self.step - lo) % self.pruning.every == 0 or self.step == hi):
                self.pruner.update(sparsity(self.step, (lo, hi), self.pruning.final), self.optimizer)
            else:
                self.pruner.apply()
        return said

    # Checkpoints and logs.

    def save(self) -> None:
        state = {"signature": self.signature, "step": self.step, "best": self.best, "best_step": self.best_step,
                 "model": self.model.own(), "optimizer": self.optimizer.state_dict(), "rng": torch.get_rng_state(),
                 "cuda": torch.cuda.get_rng_state() if self.device.type == "cuda" else None,
                 "masks": self.pruner.masks if self.pruner else None}
        write_atomic(self.out / "state.pt", lambda p: torch.save(state, p))

    def resume(self) -> bool:
        """Goes back to the last checkpoint, if there is one."""
        path = self.out / "state.pt"
        if not path.exists():
            (self.out / "log.jsonl").unlink(missing_ok=True)
            return False
        state = torch.load(path, map_location=self.device, weights_only=True)
        if json.dumps(state["signature"]) != json.dumps(self.signature):
            raise SystemExit(f"train: {path} is of a run with other settings (remove it or give another --out)")
        self.step, self.best, self.best_step = state["step"], state["best"], state["best_step"]
        self.model.load_state_dict(state["model"], strict=False)
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["rng"].cpu())
        if state["cuda"] is not None and self.device.type == "cuda":
            torch.cuda.set_rng_state(state["cuda"].cpu())
        if self.pruner:
            self.pruner.masks = state["masks"]
        log = [l for l in self.log() if l["step"] <= self.step]
        write_atomic(self.out / "log.jsonl", lambda p: p.write_text("".join(json.dumps(l) + "\n" for l in log)))
        return True

    def log(self) -> list[dict]:
        path = self.out / "log.jsonl"
        return [json.loads(l) for l in path.read_text().splitlines()] if path.exists() else []

    def note(self, **what) -> None:
        what = {"step": self.step, "epoch": round(self.step / self.per_epoch, 2), **what}
        with open(self.out / "log.jsonl", "a") as f:
            f.write(json.dumps(what) + "\n")
        print(f"{self.task.name}: " + ", ".join(f"{k} {v}" for k, v in what.items()), flush=True)

    def judge(self) -> None:
        """Scores the model on dev and keeps it if it is the best so far that has lost all it is to lose."""
        rows, exs = self.dev
        self.model.set_int8(self.pruning is not None and self.pruned())
        s = evaluate.score(self.task, self.model, rows, exs, self.device)
        now = {"sparsity": round(self.pruner.total(), 4)} if self.pruner else {}
        self.note(dev_f1=s["f1"], dev_precision=s["precision"], dev_recall=s["recall"], **now)
        if self.pruned() and s["f1"] >= self.best:
            self.best, self.best_step = s["f1"], self.step
            write_atomic(self.out / "best.pt", lambda p: torch.save(self.model.own(), p))

    def run(self) -> None:
        """Trains to the end and leaves the best model in self.model, or raises Stopped."""
        resumed = self.resume()
        began, cpu, tokens, sums, n = time.monotonic(), cpu_seconds(), 0, {}, 0
        epoch, batches = -1, []
        if not resumed:
            self.note(start=True, steps=self.steps, examples=len(self.sizes), tokens_per_epoch=sum(self.sizes))
        while self.step < self.steps:
            if self.clock.over():
                self.save()
                raise Stopped(f"{self.task.name}: stopped at step {self.step} of {self.steps}")
            if self.step // self.per_epoch != epoch:
                epoch = self.step // self.per_epoch
                batches = self.batches_of(epoch)
            some = batches[self.step % self.per_epoch]
            self.model.set_int8(self.int8_now())
            for k, v in self.one(some).items():
                sums[k] = sums.get(k, 0.0) + v
            n, tokens = n + 1, tokens + sum(self.sizes[i] for i in some)
            if self.step % 50 == 0 or self.step == self.steps:
                took, used = time.monotonic() - began, cpu_seconds() - cpu
                extra = {"sparsity": round(self.pruner.total(), 4)} if self.pruner else {}
                self.note(**{k: round(v / n, 4) for k, v in sums.items()}, rate=f"{self.rate(self.step - 1):.2e}",
                          tokens_per_s=round(tokens / took), tokens_per_cpu_s=round(tokens / max(used, 1e-9)), **extra)
                began, cpu, tokens, sums, n = time.monotonic(), cpu_seconds(), 0, {}, 0
            if self.step % self.per_epoch == 0 and 2 * self.step >= self.steps or self.step == self.steps:
                self.judge()
                began, cpu = time.monotonic(), cpu_seconds()
            if self.step % self.checkpoint_steps == 0 or self.step == self.steps:
                self.save()
        best = torch.load(self.out / "best.pt", map_location=self.device, weights_only=True)
        self.model.load_state_dict(best, strict=False)
