"""Writes operators.json: what ONNX Runtime computes for rows of numbers, in the operators whose last bits ONNX leaves open. Numbers are float32 in base64.

Written with Python 3.11, onnx 1.23.2, onnxruntime 1.32.0, numpy 2.4.6, in this folder, overwriting the file:
    python make_operators.py                                             on a CPU with AVX-512, which adds exponentials in 16 lanes
    qemu-x86_64 -cpu max python make_operators.py softmax-avx2.json      as one without does, in 8: softmax alone
"""
import base64
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

FLOAT = TensorProto.FLOAT
random = np.random.default_rng(1)


def run(nodes, opset, x, **constants):
    tensors = [helper.make_tensor(k, FLOAT, np.shape(v), np.ravel(v).tolist()) for k, v in constants.items()]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(nodes, "operators", [value("x", FLOAT, [1, 1, len(x)])], [value("y", FLOAT, [1, 1, len(x)])], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 8
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(model.SerializeToString(), options).run(None, {"x": x[None, None]})[0]


def text(x):
    return base64.b64encode(np.ascontiguousarray(x, "<f4").tobytes()).decode()


def normal(n, scale=1.0, shift=0.0):
    return (random.standard_normal(n) * scale + shift).astype(np.float32)


def norms():
    node = helper.make_node
    apart = [node("ReduceMean", ["x"], ["mean"], axes=[-1]), node("Sub", ["x", "mean"], ["d"]), node("Pow", ["d", "two"], ["squares"]),
             node("ReduceMean", ["squares"], ["variance"], axes=[-1]), node("Add", ["variance", "eps"], ["sum"]), node("Sqrt", ["sum"], ["root"]),
             node("Div", ["d", "root"], ["z"]), node("Mul", ["z", "gamma"], ["scaled"]), node("Add", ["scaled", "beta"], ["y"])]
    for n in (4, 12, 20, 100, 384, 768):
        x, gamma, beta = normal(n, 3, 0.5), normal(n, 0.1, 1), normal(n, 0.1)
        y = run(apart, 14, x, gamma=gamma, beta=beta, eps=np.float32(1e-12), two=np.float32(2))
        yield {"operator": "norm", "x": text(x), "gamma": text(gamma), "beta": text(beta), "y": text(y)}


def gelus():
    node = helper.make_node
    x = np.concatenate([normal(100), normal(150, 4), normal(20, 0.01), np.float32([0, -0.0, 1.3, 1.31, 5.5, -5.5, 5.6, 40, -40])])
    for operator, root in (("Div", np.float32(np.sqrt(2))), ("Mul", np.float32(np.sqrt(0.5)))):
        apart = [node(operator, ["x", "root"], ["scaled"]), node("Erf", ["scaled"], ["erf"]), node("Add", ["erf", "one"], ["sum"]),
                 node("Mul", ["x", "sum"], ["product"]), node("Mul", ["product", "half"], ["y"])]
        yield {"operator": "gelu " + operator, "x": text(x), "y": text(run(apart, 14, x, root=root, one=np.float32(1), half=np.float32(0.5)))}
    yield {"operator": "Gelu", "x": text(x), "y": text(run([node("Gelu", ["x"], ["y"])], 20, x))}


def softmaxes():
    softmax = [helper.make_node("Softmax", ["x"], ["y"], axis=-1)]
    for n in (1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 47, 48, 49, 65, 128, 200):
        for scale in (1, 20):
            x = normal(n, scale)
            yield {"operator": "softmax", "x": text(x), "y": text(run(softmax, 14, x))}


def main():
    only = sys.argv[1:]
    cases = list(softmaxes()) if only else [*norms(), *gelus(), *softmaxes()]
    (Path(__file__).parent / (only or ["operators.json"])[0]).write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


if __name__ == "__main__":
    main()
