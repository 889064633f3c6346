"""Writes tiny-pruned90.pytorch_model.bin: the weights of tiny-pruned90/model.safetensors as older checkpoints hold them. LayerNorm's
parameters are called gamma and beta, query, key and value are views of one storage, and the feed-forward weights lie transposed.

Written with Python 3.11, torch 2.15.0, safetensors 0.8.0:
    python make_pytorch.py        (in this folder; overwrites the file)
"""
from pathlib import Path

import torch
from safetensors.torch import load_file

HERE = Path(__file__).parent


def main():
    weights = load_file(HERE / "tiny-pruned90" / "model.safetensors")
    out = {}
    for name, t in weights.items():
        name = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
        if "intermediate.dense.weight" in name or name.endswith("output.dense.weight"):
            t = t.t().contiguous().t()
        out[name] = t
    for i in range(2):
        names = [f"bert.encoder.layer.{i}.attention.self.{x}.weight" for x in ("query", "key", "value")]
        for name, part in zip(names, torch.cat([out[n] for n in names]).chunk(3)):
            out[name] = part
    torch.save(out, HERE / "tiny-pruned90.pytorch_model.bin")


if __name__ == "__main__":
    main()
