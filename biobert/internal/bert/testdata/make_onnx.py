"""Writes texts.onnx, answers.onnx, texts-quant.onnx, answers-quant.onnx and onnx.json: one-layer BERTs of random weights as torch exports them, with their configurations and what
torch computes. texts classifies pairs of texts, with attention and layer normalization as newer versions of transformers and ONNX write them;
answers finds answers, with attention taken apart and GELU approximated by tanh; texts-quant and answers-quant are what the static quantization of ONNX
Runtime, per channel, makes of them, and their logits are those of ONNX Runtime.

Written with Python 3.11, torch 2.15.0, transformers 5.23.0, onnx 1.23.2, onnxruntime 1.32.0:
    python make_onnx.py        (in this folder; overwrites the files)
"""
import json
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from transformers import BertConfig, BertForQuestionAnswering, BertForSequenceClassification

HERE = Path(__file__).parent


@torch.no_grad()
def export(name, cls, opset, outputs, seed, **config):
    torch.manual_seed(seed)
    cfg = BertConfig(vocab_size=24, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=24, max_position_embeddings=12,
                     architectures=[cls.__name__], **config)
    m = cls(cfg).eval()
    for p in m.parameters():
        p.add_(torch.randn(p.shape) * 0.3)
    ids = torch.randint(0, 24, (2, 9))
    types = torch.tensor([[0] * 5 + [1] * 4, [0] * 3 + [1] * 6])
    inputs = (ids, torch.ones_like(ids), types)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    torch.onnx.export(m, inputs, HERE / f"{name}.onnx", input_names=names, output_names=outputs, opset_version=opset, dynamo=False,
                      dynamic_axes={k: {0: "batch", 1: "sequence"} for k in names})
    out = m(*inputs)
    logits = out.logits[:, None] if "logits" in outputs else torch.stack([out.start_logits, out.end_logits], -1)
    keys = ["architectures", "model_type", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act",
            "max_position_embeddings", "type_vocab_size", "vocab_size", "layer_norm_eps", "id2label"]
    cfg = cfg.to_dict()
    return {"model": f"{name}.onnx", "config": {k: cfg[k] for k in keys}, "input_ids": ids.tolist(), "token_type_ids": types.tolist(), "logits": logits.tolist()}


class Texts(CalibrationDataReader):
    def __init__(self, vocab):
        r = np.random.RandomState(3)
        self.inputs = iter([self.one(r.randint(0, vocab, (1, 9))) for _ in range(8)])

    @staticmethod
    def one(ids):
        return {"input_ids": ids.astype(np.int64), "attention_mask": np.ones(ids.shape, np.int64), "token_type_ids": np.zeros(ids.shape, np.int64)}

    def get_next(self):
        return next(self.inputs, None)


def quantize(case, name):
    quantize_static(HERE / case["model"], HERE / f"{name}.onnx", Texts(case["config"]["vocab_size"]), quant_format=QuantFormat.QDQ,
                    op_types_to_quantize=["MatMul"], activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, per_channel=True,
                    extra_options={"MatMulConstBOnly": True})
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(HERE / f"{name}.onnx", options, providers=["CPUExecutionProvider"])
    inputs = Texts.one(np.array(case["input_ids"])) | {"token_type_ids": np.array(case["token_type_ids"])}
    out = session.run(None, inputs)
    return case | {"model": f"{name}.onnx", "logits": (np.stack(out, -1) if len(out) > 1 else out[0][:, None]).tolist()}


def main():
    cases = [
        export("texts", BertForSequenceClassification, 17, ["logits"], 1, id2label={0: "a", 1: "b", 2: "c"}),
        export("answers", BertForQuestionAnswering, 14, ["start_logits", "end_logits"], 2, attn_implementation="eager", hidden_act="gelu_new"),
    ]
    cases += [quantize(cases[1], "answers-quant"), quantize(cases[0], "texts-quant")]
    (HERE / "onnx.json").write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


if __name__ == "__main__":
    main()
