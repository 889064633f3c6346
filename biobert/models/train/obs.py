"""Prunes a trained model in one go: Optimal Brain Surgeon, matrix by matrix.

For the inputs X that a matrix has in the model as pruned so far and the outputs Y that it has in the dense model, the weights that
are left minimize |X w - Y|^2 exactly, row by row. Those whose loss costs least go first, some at a time. After Hassibi and Stork
(1993), Frantar and Alistarh (Optimal Brain Compression, 2022; SparseGPT, 2023).
"""

import torch

from . import data
from .model import Bert, Linear

ROUNDS = (0.76, 0.91, 1.0)  # shares of what is to go
DAMP = 0.01


class Surgeon:
    """Takes weights from one matrix: gram is X'X [in, in] and cross X'Y [in, out], over the same tokens."""

    def __init__(self, weight: torch.Tensor, gram: torch.Tensor, cross: torch.Tensor):
        damp = DAMP * gram.diagonal().mean()
        gram = gram + damp * torch.eye(len(gram), dtype=gram.dtype)
        wanted = (cross + damp * weight.T).T
        inverse = torch.linalg.inv(gram)
        self.weight = wanted @ inverse
        self.cost = self.weight.square() / inverse.diagonal()  # how much the error grows without it
        self.gram, self.wanted = gram.float(), wanted.float()

    def prune(self, sparsity: float) -> None:
        """Removes what costs least, of all rows together, and fits the rest."""
        keep = self.cost > self.cost.flatten().kthvalue(round(sparsity * self.cost.numel())).values
        self.weight = torch.zeros_like(self.wanted)
        self.cost = torch.full_like(self.wanted, -1.0)
        for row, kept in enumerate(keep):
            at = kept.nonzero().squeeze(1)
            if len(at):
                inverse = torch.cholesky_inverse(torch.linalg.cholesky(self.gram[at[:, None], at]))
                self.weight[row, at] = w = inverse @ self.wanted[row, at]
                self.cost[row, at] = w.square() / inverse.diagonal()


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
        linears = run.linears
        dense, wanted = zip(*((y, out) for y, _, out in (run(x, mask) for x, mask in zip(dense, masks))))
        for names in GROUPS:
            gram, cross = 0, dict.fromkeys(names, 0)
            for x, out, mask in zip(pruned, wanted, masks):
                z = run(x, mask)[1][names[0]]
                gram = gram + (z.T @ z).double()
                for name in names:
                    cross[name] = cross[name] + (z.T @ (out[name] - linears[name].bias)).double()
            for name in names:
                s = Surgeon(linears[name].weight.double(), gram, cross[name])
                for share in ROUNDS:
                    s.prune(share * sparsity)
                linears[name].weight.copy_(s.weight)
        pruned = [run(x, mask)[0] for x, mask in zip(pruned, masks)]
        apart = sum(float((p - d)[m].square().sum()) for p, d, m in zip(pruned, dense, masks))
        note(f"layer {n}: {apart / sum(float(d[m].square().sum()) for d, m in zip(dense, masks)):.3f} from the dense one")
