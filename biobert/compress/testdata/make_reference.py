"""Writes reference.safetensors: a small matrix, its inputs, and what Wanda, SparseGPT and least squares make of it.

sparsegpt() follows the authors' implementation (IST-DASLab/sparsegpt, SparseGPT.fasterprune) with torch's own Cholesky factorizations in float64; wanda()
is |W| times the norms of the inputs, row by row (locuslab/wanda). Both remove round(sparsity * n) weights exactly, where the originals remove one more or
round down. magnitude is torch.sort's. Written with Python 3.11 and torch 2.15.0:
    python make_reference.py        (in this folder; overwrites the file)
"""
from pathlib import Path

import torch
from safetensors.torch import save_file

N, K, TOKENS = 12, 136, 160  # more inputs than a block of 128 columns
SPARSITY, DAMPING, COLUMNS = 0.7, 0.01, 128


def lowest(scores, block):
    """Marks the round(SPARSITY * n) groups of block neighbours with the lowest sums of scores."""
    rows, cols = scores.shape
    groups = scores.reshape(rows, cols // block, block).sum(-1).flatten()
    mask = torch.zeros_like(groups, dtype=torch.bool)
    mask[groups.argsort(stable=True)[: round(SPARSITY * groups.numel())]] = True
    return mask.view(rows, -1).repeat_interleave(block, 1)


def magnitude(w, block):
    return w.masked_fill(lowest(w.square(), block), 0)


def wanda(w, x, block):
    scores = (w.abs() * x.norm(dim=0)).square()
    return torch.cat([r.masked_fill(lowest(s[None], block)[0], 0)[None] for r, s in zip(w, scores)])


def sparsegpt(w, x, block):
    w = w.clone()
    h = x.T @ x / len(x)
    dead = h.diag() == 0
    h[dead, dead] = 1
    w[:, dead] = 0
    h += DAMPING * h.diag().mean() * torch.eye(K)
    u = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(h)), upper=True)
    for lo in range(0, K, COLUMNS):
        hi = min(lo + COLUMNS, K)
        w1, u1 = w[:, lo:hi].clone(), u[lo:hi, lo:hi]
        mask = lowest((w1 / u1.diag()).square(), block)
        err = torch.zeros_like(w1)
        for i in range(hi - lo):
            q = w1[:, i].masked_fill(mask[:, i], 0)
            e = (w1[:, i] - q) / u1[i, i]
            w1[:, i:] -= e[:, None] * u1[i, i:]
            w1[:, i] = q
            err[:, i] = e
        w[:, lo:hi] = w1
        w[:, hi:] -= err @ u[lo:hi, hi:]
    return w


def least_squares(w, mask, x, dense, bias, ridge):
    """The weights, zero under mask, and the bias with which x gives what dense gives w, to the ridge of package compress."""
    mx, md = x.mean(0), dense.mean(0)
    scale = (x - mx).square().mean(0).sqrt()
    xs = (x - mx) / scale
    h = xs.T @ xs / len(x) + ridge * torch.eye(K)
    target = w @ ((dense - md).T @ xs / len(x)) + ridge * w * scale
    out = torch.zeros_like(w)
    for i in range(N):
        kept = ~mask[i]
        out[i, kept] = torch.linalg.solve(h[kept][:, kept], target[i, kept])
    out /= scale
    return out, bias + w @ md - out @ mx


torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
mix = torch.randn(K, K) * 0.3 + torch.eye(K)
x = (torch.randn(TOKENS, K) * torch.rand(K).exp() @ mix + torch.randn(K)).half().double()
x[:, 5] = 0  # an input that is never there
dense = (x + 0.2 * torch.randn(TOKENS, K)).half().double()
w, bias = (torch.randn(N, K) * 0.05).float().double(), torch.randn(N).float().double()
out = {"x": x.half(), "dense": dense.half(), "w": w.float(), "bias": bias.float()}
for block in 1, 4:
    out[f"magnitude.{block}"] = magnitude(w, block)
    out[f"wanda.{block}"] = wanda(w, x, block)
    out[f"sparsegpt.{block}"] = sparsegpt(w, x, block)
x[:, 5] = torch.randn(TOKENS)  # least squares divides by the deviation
x = x.half().double()
out["x5"] = x[:, 5].half().contiguous()
mask = lowest(w.square(), 1)
out["refined.w"], out["refined.bias"] = least_squares(w, mask, x, dense, bias, DAMPING)
save_file({k: v.contiguous() if v.dtype == torch.half else v.float().contiguous() for k, v in out.items()}, Path(__file__).parent / "reference.safetensors")
