"""Runs ONNX Runtime on token ids: a JSON object {"model": path, "sequences": [[ids], ...]} comes on standard input, a list with the logits of each sequence,
end to end, goes to standard output. Of a model that finds answers they are the start and the end of each token. The last sequence is also run padded, with the
one before it, to show that the mask works. The graph runs as it is written, unless "optimized" is true. Used by the tests called TestONNXRuntime; written for onnxruntime 1.32.0."""
import json
import sys

import numpy as np
import onnxruntime

request = json.load(sys.stdin)
options = onnxruntime.SessionOptions()
if not request.get("optimized"):
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(request["model"], options)


def run(sequences):
    longest = max(map(len, sequences))
    ids = np.array([s + [0] * (longest - len(s)) for s in sequences], np.int64)
    mask = np.array([[1] * len(s) + [0] * (longest - len(s)) for s in sequences], np.int64)
    out = session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)})
    if len(out) == 2:
        out = [np.stack(out, -1)]
    return [o[: len(s)].flatten() if o.ndim == 2 else o for o, s in zip(out[0], sequences)]


logits = [run([s])[0] for s in request["sequences"]]
padded = run(request["sequences"][-2:])
for alone, together in zip(logits[-2:], padded):
    assert np.abs(alone - together).max() < 1e-4, "padding changes the result"
json.dump([[float(x) for x in s] for s in logits], sys.stdout)
