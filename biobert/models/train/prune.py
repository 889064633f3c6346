"""Which weights of the encoder go, and when."""

import torch

from .model import Bert


def sparsity(step: int, ramp: tuple[int, int], final: float, initial: float = 0.0) -> float:
    """The cubic schedule: `initial` until ramp[0], `final` from ramp[1] on."""
    lo, hi = ramp
    done = min(max((step - lo) / max(hi - lo, 1), 0.0), 1.0)
    return final + (initial - final) * (1 - done) ** 3


class Pruner:
    """Keeps masks of the encoder's matrices. What is pruned, here or before, stays zero.

    score: "magnitude", |w|, or "fisher", w^2 times the running mean of squared gradients that Adam has anyway: the
    diagonal of OBS. scope: "layer" prunes every matrix alike, "global" compares scores across matrices, each first
    divided by its mean. block: weights that go together in groups along the inputs, 4 for 1x4 blocks.
    """

    def __init__(self, model: Bert, score: str, scope: str, block: int):
        self.linears, self.score, self.scope, self.block = model.linears(), score, scope, block
        self.masks = {n: m.weight != 0 for n, m in self.linears.items()}

    @torch.no_grad()
    def update(self, target: float, optimizer: torch.optim.Optimizer) -> None:
        """Prunes up to a sparsity."""
        scores = {n: self.scores(n, m.weight, optimizer) for n, m in self.linears.items()}
        if self.scope == "global":
            scores = {n: s / s.mean() for n, s in scores.items()}
            cuts = dict.fromkeys(scores, threshold(torch.cat([s.flatten() for s in scores.values()]), target))
        else:
            cuts = {n: threshold(s.flatten(), target) for n, s in scores.items()}
        for n, s in scores.items():
            keep = s > cuts[n]
            self.masks[n] &= keep.repeat_interleave(self.block, 1) if self.block > 1 else keep
        self.apply()

    def scores(self, name: str, w: torch.Tensor, optimizer) -> torch.Tensor:
        s = w.abs().float()
        if self.score == "fisher":
            v = optimizer.state.get(w, {}).get("exp_avg_sq")
            s = s * v.float().sqrt() if v is not None else s
        s = s * self.masks[name]
        return s.view(s.shape[0], -1, self.block).square().sum(-1) if self.block > 1 else s

    @torch.no_grad()
    def apply(self) -> None:
        for n, m in self.linears.items():
            m.weight.mul_(self.masks[n])

    def report(self) -> dict[str, float]:
        """The share of zeros of every matrix."""
        return {n: round(1 - (m.weight != 0).float().mean().item(), 4) for n, m in self.linears.items()}

    def total(self) -> float:
        kept = sum(int((m.weight != 0).sum()) for m in self.linears.values())
        return 1 - kept / sum(m.weight.numel() for m in self.linears.values())


def threshold(scores: torch.Tensor, target: float) -> torch.Tensor:
    """The score up to which `target` of all scores lie."""
    k = round(scores.numel() * target)
    return scores.kthvalue(k).values if k else torch.tensor(-1.0, device=scores.device)
