"""Writes views*.bin, evil*.bin, list.bin, views.json and views.safetensors: weights as torch.save writes them, and their values.

views*.bin hold transposed, cut and shared tensors of all types, as a state dict has them; those called legacy are in the format before PyTorch 1.6,
whose keys of storages are addresses, so that they differ with every run. evil*.bin call a function when they are loaded in Python (os.getpid, which does
no harm); list.bin is not a state dict.

Written with Python 3.11, torch 2.15.0, safetensors 0.8.0:
    python make_golden.py        (in this folder; overwrites the files)
"""
import json
import os
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import save_file

HERE = Path(__file__).parent


class Evil:
    def __reduce__(self):
        return os.getpid, ()


def main():
    base = torch.arange(24, dtype=torch.float32) / 8 - 1
    shared = torch.arange(12, dtype=torch.float16)
    views = OrderedDict(
        matrix=base.view(4, 6), transposed=base.view(4, 6).t(), cut=base.view(4, 6)[1:3, 2:5], every_third=base[2::3],
        cube=base.view(2, 3, 4).permute(2, 0, 1), scalar=torch.tensor(2.5), empty=torch.zeros(0, 3),
        half=shared.view(3, 4), half_too=shared[4:8], bfloat=torch.tensor([1.0, -2.5, 3.140625], dtype=torch.bfloat16),
        double=torch.tensor([0.1, 1e300], dtype=torch.float64), i64=torch.tensor([-(1 << 40), 7]), i32=torch.tensor([-5, 6], dtype=torch.int32),
        i16=torch.tensor([-300], dtype=torch.int16), i8=torch.tensor([-8], dtype=torch.int8), u8=torch.tensor([200], dtype=torch.uint8),
        flag=torch.tensor([True, False]), num_batches_tracked=torch.tensor(12345678901), parameter=torch.nn.Parameter(torch.tensor([[1.0], [2.0]])), ones=torch.ones(1, 2),
    )
    views._metadata = OrderedDict({"": {"version": 1}})
    legacy = {"_use_new_zipfile_serialization": False}
    torch.save(views, HERE / "views.bin")
    torch.save(views, HERE / "views-protocol4.bin", pickle_protocol=4)
    torch.save(views, HERE / "views-legacy.bin", **legacy)
    torch.save(views, HERE / "views-legacy-protocol4.bin", pickle_protocol=4, **legacy)
    evil = {"a": torch.ones(2), "b": Evil()}
    torch.save(evil, HERE / "evil.bin")
    torch.save(evil, HERE / "evil-legacy.bin", **legacy)
    torch.save([torch.ones(2)], HERE / "list.bin")
    save_file({k: v.detach().clone(memory_format=torch.contiguous_format) for k, v in views.items()}, HERE / "views.safetensors")
    values = {k: {"shape": list(v.shape), "dtype": str(v.dtype).removeprefix("torch."), "values": v.detach().flatten().to(torch.float64).tolist()} for k, v in views.items()}
    (HERE / "views.json").write_text(json.dumps(values) + "\n")


if __name__ == "__main__":
    main()
