"""Writes views.bin, views-protocol4.bin, legacy.bin, evil.bin, list.bin and views.json: weights as torch.save writes them, and their values.

views.bin holds transposed, cut and shared tensors of all types; legacy.bin is in the format before PyTorch 1.6; evil.bin calls a
function when it is loaded in Python (os.getpid, which does no harm); list.bin is not a state dict.

Written with Python 3.11, torch 2.15.0:
    python make_golden.py        (in this folder; overwrites the files)
"""
import json
import os
from collections import OrderedDict
from pathlib import Path

import torch

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
        flag=torch.tensor([True, False]), parameter=torch.nn.Parameter(torch.tensor([[1.0], [2.0]])), ones=torch.ones(1, 2),
    )
    views._metadata = OrderedDict({"": {"version": 1}})
    torch.save(views, HERE / "views.bin")
    torch.save(views, HERE / "views-protocol4.bin", pickle_protocol=4)
    torch.save(OrderedDict(a=torch.ones(2)), HERE / "legacy.bin", _use_new_zipfile_serialization=False)
    torch.save({"a": torch.ones(2), "b": Evil()}, HERE / "evil.bin")
    torch.save([torch.ones(2)], HERE / "list.bin")
    values = {k: {"shape": list(v.shape), "dtype": str(v.dtype).removeprefix("torch."), "values": v.detach().flatten().to(torch.float64).tolist()} for k, v in views.items()}
    (HERE / "views.json").write_text(json.dumps(values) + "\n")


if __name__ == "__main__":
    main()
