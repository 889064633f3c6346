#!/usr/bin/env python3
"""Write golden.safetensors and golden.json with the reference implementation.

    pip install safetensors==0.8.0 numpy==2.4.6
    python make_golden.py

The JSON holds name -> [dtype, shape, elements as numbers].
"""
import json
import pathlib

import numpy as np
from safetensors.numpy import save_file

here = pathlib.Path(__file__).resolve().parent
values = np.array([0.0, -0.0, 1.0, -1.5, 0.333251953125, 65504.0, 6e-8, -6.1e-5, 2.0**-14, 3.140625])
tensors = {
    "f64": values.reshape(2, 5),
    "f32": values.astype(np.float32).reshape(5, 2),
    "f16": values.astype(np.float16),
    "i64": np.array([[1, -(2**40)]], dtype=np.int64),
    "i8": np.array([-128, 0, 127], dtype=np.int8),
    "u8": np.array([0, 255], dtype=np.uint8),
    "bool": np.array([True, False, True]),
    "scalar": np.array(2.5, dtype=np.float32),
    "empty": np.zeros((0, 3), dtype=np.float32),
    "größe β": np.array([1.0], dtype=np.float16),
}
save_file(tensors, here / "golden.safetensors", metadata={"format": "np", "note": "naïve"})
names = {"float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64", "int8": "I8", "uint8": "U8", "bool": "BOOL"}
golden = {
    n: [names[str(a.dtype)], list(a.shape), [float(x) for x in a.astype(np.float64).reshape(-1)]] for n, a in tensors.items()
}
(here / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")
