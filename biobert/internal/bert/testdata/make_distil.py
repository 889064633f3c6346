"""Writes distil/, a small DistilBERT that labels tokens, in the files of transformers, with what it gives for some token ids. Written for transformers 5.23 and
torch 2.15: python make_distil.py"""
import json
import os

import torch
from transformers import DistilBertConfig, DistilBertForTokenClassification

torch.manual_seed(4)
here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "distil")
config = DistilBertConfig(vocab_size=24, dim=16, n_layers=2, n_heads=2, hidden_dim=32, max_position_embeddings=16, sinusoidal_pos_embds=False, id2label={0: "O", 1: "B-x", 2: "I-x"}, label2id={"O": 0, "B-x": 1, "I-x": 2})
model = DistilBertForTokenClassification(config).eval()
with torch.no_grad():
    for name, p in model.named_parameters():
        p.copy_(torch.randn(p.shape) * (0.3 if p.dim() > 1 else 0.1) + ("norm" in name.lower() and name.endswith("weight")))
    cases = [[1, 5, 9, 2], [1, 23, 7, 7, 0, 12, 2]]
    logits = [model(torch.tensor([ids])).logits[0].tolist() for ids in cases]
model.save_pretrained(here)
with open(os.path.join(here, "cases.json"), "w") as f:
    json.dump([{"input_ids": i, "logits": l} for i, l in zip(cases, logits)], f)
    f.write("\n")
