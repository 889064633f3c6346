"""Prunes a trained model in one go: each matrix by ADMM, so that its outputs on some texts stay those of the dense model.

With the inputs X that a matrix has in the model as pruned so far, and the outputs Y that it has in the dense model, ADMM looks for
the weights and the bias that minimize |X w + b - Y|^2 among those with enough zeros, while the sparsity rises; what is left is then fitted by least
squares. After Boza (Fast and Effective Weight Update for Pruned Large Language Models, 2024); biobert/compress does the same.
"""

import torch

from . import data
from .model import Bert, Linear

STEPS, RAMP = 150, 130  # of ADMM, and those in which the sparsity rises
DAMP = 0.01
LEAST = 1e-3  # what an input varies at least, as a share of the mean: none gets a large weight
FIT = 40  # steps of conjugate gradients


class Moments:
    """What is known of the inputs x of some matrices and of the outputs that each is to have: sums over tokens."""

    def __init__(self):
        self.n, self.x, self.xx, self.y, self.xy = 0, 0, 0, {}, {}

    def add(self, x: torch.Tensor, wanted: dict[str, torch.Tensor]) -> None:
        self.n += len(x)
        self.x, self.xx = self.x + x.double().sum(0), self.xx + (x.T @ x).double()
        for name, y in wanted.items():
            self.y[name] = self.y.get(name, 0) + y.double().sum(0)
            self.xy[name] = self.xy.get(name, 0) + (x.T @ y).double()


class Solver:
    """Finds sparse weights for matrices with the same inputs, which it counts in units of their standard deviation."""

    def __init__(self, m: Moments):
        self.m, self.mean = m, m.x / m.n
        h = m.xx / m.n - self.mean.outer(self.mean)
        var = h.diagonal()
        self.scale = var.clamp(min=max(float(LEAST * var.mean()), 1e-30)).sqrt()
        eye = torch.eye(len(h), dtype=h.dtype, device=h.device)
        self.h = h / self.scale.outer(self.scale) + DAMP * eye
        self.inverse = torch.linalg.inv(self.h + eye).float()

    def prune(self, name: str, linear: Linear, sparsity: float) -> None:
        y = self.m.y[name] / self.m.n
        dense = linear.weight.double() * self.scale
        target = (self.m.xy[name] / self.m.n - self.mean.outer(y)).T / self.scale + DAMP * dense
        z = self.fit(self.zeros(dense.float(), target.float(), sparsity).double(), target)
        weight = z / self.scale
        linear.weight.copy_(weight)
        linear.bias.copy_(y - weight @ self.mean)

    def zeros(self, v: torch.Tensor, target: torch.Tensor, sparsity: float) -> torch.Tensor:
        """ADMM: V is pulled to Z, which has the zeros, and U sums up what keeps them apart."""
        u = torch.zeros_like(v)
        for step in range(STEPS):
            x = v + u
            now = sparsity * (1 - (1 - min((step + 1) / RAMP, 1.0)) ** 3)
            z = torch.where(x.abs() > x.abs().flatten().kthvalue(max(round(now * x.numel()), 1)).values, x, 0.0)
            u = x - z
            v = (target + z - u) @ self.inverse
        return z

    def fit(self, z: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Solves z H = target for the elements of z that are not zero, row by row, by conjugate gradients."""
        kept = z != 0
        r = (target - z @ self.h) * kept
        p, last = r, r.square().sum(1, keepdim=True)
        for _ in range(FIT):
            hp = p @ self.h
            alpha = last / (p * hp).sum(1, keepdim=True).clamp(min=1e-30)
            z, r = z + alpha * p, (r - alpha * hp) * kept
            now = r.square().sum(1, keepdim=True)
            p, last = r + now / last.clamp(min=1e-30) * p, now
        return z


class Taken:
    """What goes into and comes out of the linears of a layer while it runs, without padding: [tokens, in] and [tokens, out]."""

    def __init__(self, layer):
        self.layer, self.linears = layer, {n: m for n, m in layer.named_modules() if isinstance(m, Linear)}

    def __call__(self, x: torch.Tensor, mask: torch.Tensor):
        into, out = {}, {}
        def take(name):
            def hook(_, args, result):
                into[name], out[name] = args[0][mask].float(), result[mask].float()
            return hook
        hooks = [m.register_forward_hook(take(n)) for n, m in self.linears.items()]
        with torch.autocast(x.device.type, torch.bfloat16):
            x = self.layer(x, mask).float()
        for h in hooks:
            h.remove()
        return x, into, out


# The matrices of a layer by what goes into them, in the order in which they compute.
GROUPS = (("attention.self.query", "attention.self.key", "attention.self.value"), ("attention.output.dense",), ("intermediate.dense",), ("output.dense",))


@torch.no_grad()
def prune(model: Bert, exs: list, sparsity: float, note=print) -> None:
    """Prunes every matrix of the encoder of a model to a sparsity, calibrated on examples."""
    device = next(model.parameters()).device
    sizes = [len(e.ids) for e in exs]
    batches = [data.collate([exs[i] for i in some], device) for some in data.by_length(sizes, 6144)]
    masks = [b["mask"] for b in batches]
    dense = pruned = [model.bert["embeddings"](b["ids"]) for b in batches]
    for n, layer in enumerate(model.layers):
        run = Taken(layer)
        dense, wanted = zip(*((y, out) for y, _, out in (run(x, mask) for x, mask in zip(dense, masks))))
        for names in GROUPS:
            m = Moments()
            for x, out, mask in zip(pruned, wanted, masks):
                m.add(run(x, mask)[1][names[0]], {name: out[name] for name in names})
            solver = Solver(m)
            for name in names:
                solver.prune(name, run.linears[name], sparsity)
        pruned = [run(x, mask)[0] for x, mask in zip(pruned, masks)]
        apart = sum(float((p - d)[m].square().sum()) for p, d, m in zip(pruned, dense, masks))
        note(f"layer {n}: {apart / sum(float(d[m].square().sum()) for d, m in zip(dense, masks)):.3f} from the dense one")
