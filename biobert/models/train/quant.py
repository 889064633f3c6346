"""The engine's INT8 arithmetic, simulated: what kernels.QuantizeS8Rows, QuantizeU8 and AttentionS8 do to their arguments.

Rounding passes gradients through, so that the same code serves quantization-aware training.
"""

import math

import torch

DITHER = torch.tensor([-7, 1, -3, 5, -5, 3, -1, 7]) / 16


class _Rounded(torch.autograd.Function):
    """Replaces a tensor by its rounded values, and its gradient by itself."""

    @staticmethod
    def forward(_, x, rounded):
        return rounded

    @staticmethod
    def backward(_, grad):
        return grad, None


def through(x: torch.Tensor, rounded: torch.Tensor) -> torch.Tensor:
    return _Rounded.apply(x, rounded)


@torch.no_grad()
def s8(x: torch.Tensor, dim: int) -> torch.Tensor:
    """x in symmetric 8 bits with a scale for each slice along dim."""
    most = x.abs().amax(dim, keepdim=True).float()
    scale = torch.where(most < 1e-15, 1.0, most / 127)
    return (x.float() / scale).round() * scale


@torch.no_grad()
def u8(x: torch.Tensor) -> torch.Tensor:
    """x in unsigned 8 bits, with a scale and a zero point for each row, a token."""
    x = x.float()
    lo, hi = x.amin(-1, keepdim=True).clamp(max=0), x.amax(-1, keepdim=True).clamp(min=0)
    scale = (hi - lo) / 255
    tiny = hi - lo < 1e-30
    inverse = torch.where(tiny, 0.0, 1 / scale)
    zero = (-lo * inverse).round().clamp(0, 255)
    q = ((x * inverse).round() + zero).clamp(0, 255)
    return (q - zero) * torch.where(tiny, 1.0, scale)


def weights(w: torch.Tensor) -> torch.Tensor:
    return through(w, s8(w, 1))


def inputs(x: torch.Tensor) -> torch.Tensor:
    return through(x, u8(x).to(x.dtype))


def attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """AttentionS8 for [B, heads, T, d] and a mask [B, T] of what is no padding."""
    kept = mask[:, None, :, None]
    q, k, v = q.float(), k.float(), v.float() * kept
    q, k, v = through(q, s8(q, -1)), through(k, s8(k, -1)), through(v, s8(v, -2))
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    scores = scores.masked_fill(~mask[:, None, None, :], -1e24)
    p = (scores - scores.amax(-1, keepdim=True).detach()).exp()
    dither = DITHER.to(p).repeat(p.shape[-1] // 8 + 1)[: p.shape[-1]]
    p = through(p, (255 * p.detach() + dither).round() / 255) * mask[:, None, None, :]
    return p @ v / p.sum(-1, keepdim=True)
