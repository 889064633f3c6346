"""Makes tiny/, tiny-pruned90/ and their golden files: two-layer BERT token classifiers with seeded
random weights, and what PyTorch and transformers compute from them. Nothing is trained.

Written with Python 3.11, torch 2.15.0, transformers 5.23.0, tokenizers 0.23.3, safetensors 0.8.0:
    python make_tiny.py        (in this folder; overwrites the files)
"""
import json
import os
import string
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import AutoTokenizer, BertConfig, BertForTokenClassification, pipeline

HERE = Path(__file__).parent
LABELS = ["O", "B-protein", "B-cell", "B-DNA", "I-protein", "I-cell", "I-DNA"]
STRATEGIES = ["none", "simple", "first", "average", "max"]
SEED = 2290
FULL = 3  # the first cases carry every intermediate tensor, the rest the layers' outputs

WORDS = """the of in and is by to with that from on an we show not these are binds binding activates
inhibits regulates expression induced human mouse primary resting activated mature receptor receptors kinase
protein proteins gene genes promoter enhancer site sites element factor factors cell cells line lines nuclear
lymph macro mono interleukin interferon tumor necrosis growth transcription il nf tnf ifn tgf stat gata cd jun
kappa alpha beta gamma blood peripheral bone marrow stem cyto dna rna mrna receptor-like levels level role"""
PIECES = "ase ases kine kines in ins ed ing s es ous oid blast blasts cyte cytes phage phages ocyte ocytes ogen omic b1 r α β"
TEXTS = [
    "T",
    "IL-2Rα binds NF-κB.",
    "Activated T lymphocytes express TGF-β1 and CD28 receptors",
    "In human peripheral blood monocytes, IFN-γ induced the IL-12 promoter; TNF-α did not.",
    "We show that GATA-3 regulates expression of the interleukin-5 gene in T cells, and that the NF-κB site of the "
    "IL-2 enhancer binds c-Jun in activated macrophages; levels of IFN-α mRNA (37% of resting cells) were not induced.",
    "β",
]


def pieces():
    chars = string.ascii_lowercase + string.digits + "αβγδκλμ"
    out = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *".,;:()-/%+'", *chars]
    out += ["##" + c for c in chars] + [w for w in WORDS.split() if "-" not in w] + ["##" + p for p in PIECES.split()]
    return list(dict.fromkeys(out))


def write_tokenizer(folder, vocab):
    t = Tokenizer(models.WordPiece({p: i for i, p in enumerate(vocab)}, unk_token="[UNK]", max_input_chars_per_word=100))
    t.normalizer = normalizers.BertNormalizer(lowercase=True)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.decoder = decoders.WordPiece()
    t.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocab.index("[CLS]")), ("[SEP]", vocab.index("[SEP]"))])
    t.add_special_tokens(vocab[:5])
    t.save(str(folder / "tokenizer.json"))
    (folder / "vocab.txt").write_text("\n".join(vocab) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 64,
        "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "mask_token": "[MASK]"}, indent=1))


def new_model(vocab):
    """Weights such that attention is peaked, activations have outliers, and labels vary."""
    cfg = BertConfig(vocab_size=len(vocab), hidden_size=48, num_hidden_layers=2, num_attention_heads=3, intermediate_size=112,
                     max_position_embeddings=64, id2label=dict(enumerate(LABELS)), label2id={l: i for i, l in enumerate(LABELS)},
                     attn_implementation="eager", architectures=["BertForTokenClassification"])
    m = BertForTokenClassification(cfg).eval()
    g = torch.Generator().manual_seed(SEED)
    normal = lambda p, std, mean=0.0: p.data.copy_(mean + std * torch.randn(p.shape, generator=g))
    for name, p in m.named_parameters():
        if "LayerNorm.weight" in name:
            p.data.copy_(0.5 + torch.rand(p.shape, generator=g))
            p.data[7] = 3.0  # an outlier channel, as real BERTs have
        elif "LayerNorm.bias" in name:
            normal(p, 0.2)
        elif "classifier" in name:
            normal(p, 0.3 if p.dim() == 2 else 0.0)
        elif name.endswith(".bias"):
            normal(p, 0.1)
        elif "word_embeddings" in name:
            normal(p, 0.05)
        elif "embeddings" in name:
            normal(p, 0.02)
        else:
            normal(p, (1.4 if "query" in name or "key" in name else 1.0) / p.shape[1] ** 0.5)
    return m


@torch.no_grad()
def balance(m, tok):
    """Sets the classifier's bias so that over TEXTS every label has the same mean logit, O a little more."""
    logits = torch.cat([m(input_ids=torch.tensor([tok.encode(t).ids])).logits[0] for t in TEXTS])
    m.classifier.bias.data -= logits.mean(0)
    m.classifier.bias.data[0] += 0.5
    return m


def prune(m, keep=0.1):
    """Keeps the largest tenth of each encoder matrix, scaled up so that the signal survives."""
    for name, p in m.named_parameters():
        if "encoder" in name and p.dim() == 2:
            cut = p.abs().flatten().kthvalue(round(p.numel() * (1 - keep))).values
            p.data *= (p.abs() > cut) * 1.6
    return m


def save(m, folder, dtype):
    cfg = m.config.to_dict()
    keys = ["architectures", "model_type", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act",
            "max_position_embeddings", "type_vocab_size", "vocab_size", "layer_norm_eps", "id2label", "label2id", "pad_token_id"]
    (folder / "config.json").write_text(json.dumps({k: cfg[k] for k in keys}, indent=1) + "\n")
    save_file({k: v.to(dtype).contiguous() for k, v in m.state_dict().items()}, folder / "model.safetensors", {"format": "pt"})


@torch.no_grad()
def trace(m, ids, prefix, full):
    """Runs m and returns its tensors, [tokens, width] each."""
    out, hooks = {}, []

    def keep(module, name):
        def hook(_, __, y):
            out[f"{prefix}.{name}"] = (y[0] if isinstance(y, tuple) else y)[0].clone().contiguous()
        hooks.append(module.register_forward_hook(hook))

    keep(m.bert.embeddings, "embeddings")
    for i, layer in enumerate(m.bert.encoder.layer):
        keep(layer, f"layer{i}.output")
        if full:
            att = layer.attention
            for name, module in (("query", att.self.query), ("key", att.self.key), ("value", att.self.value), ("context", att.self),
                                 ("attention", att.output), ("intermediate", layer.intermediate)):
                keep(module, f"layer{i}.{name}")
    out[prefix + ".logits"] = m(input_ids=torch.tensor([ids])).logits[0].contiguous()
    for h in hooks:
        h.remove()
    return out


def to_bytes(text, i):
    return len(text[:i].encode())


def aggregated(ner, text):
    out = {}
    for s in STRATEGIES:
        out[s] = ner(text, aggregation_strategy=s)
        for e in out[s]:
            e.update(score=round(float(e["score"]), 6), start=to_bytes(text, e["start"]), end=to_bytes(text, e["end"]))
    return out


def check_variety(cases):
    """The golden file is only worth having if the strategies differ on it."""
    for a in STRATEGIES[1:]:
        for b in STRATEGIES[1:]:
            same = all([(e["entity_group"], e["start"]) for e in c["aggregated"][a]] == [(e["entity_group"], e["start"]) for e in c["aggregated"][b]] for c in cases)
            assert a == b or not same, (a, b)
    seen = set()
    for c in cases:
        for (l, m), (w, v) in zip(zip(c["labels"][1:], c["labels"][2:]), zip(c["words"][1:], c["words"][2:])):
            seen.add((l[0] + m[0], "same type" if l[1:] == m[1:] else "other type", "in word" if w == v else "across"))
    for want in ("BI", "II", "OI", "BB", "IO"):
        assert any(s[0] == want for s in seen), want
    assert {("BI", "same type", "across"), ("II", "other type", "in word"), ("BI", "other type", "in word")} <= seen, seen


def write_golden(m, folder, name, full):
    tok = AutoTokenizer.from_pretrained(folder)
    fast = Tokenizer.from_file(str(folder / "tokenizer.json"))
    ner = pipeline("token-classification", model=m, tokenizer=tok)
    cases, tensors = [], {}
    for i, text in enumerate(TEXTS):
        e = fast.encode(text)
        assert e.ids == tok(text)["input_ids"]
        t = trace(m, e.ids, f"case{i}", full and i < FULL)
        tensors |= t if full else {k: v for k, v in t.items() if k.endswith("logits")}
        top = t[f"case{i}.logits"].topk(2).values
        assert (top[:, 0] - top[:, 1]).min() > 0.005, "a label hangs on rounding: take another seed"
        labels = [LABELS[j] for j in t[f"case{i}.logits"].argmax(-1)]
        cases.append({"text": text, "input_ids": e.ids, "offsets": [[to_bytes(text, a), to_bytes(text, b)] for a, b in e.offsets],
                      "words": [-1 if w is None else w for w in e.word_ids], "labels": labels, "aggregated": aggregated(ner, text)})
    save_file(tensors, HERE / f"{name}.golden.safetensors")
    lines = ",\n".join(json.dumps(c, ensure_ascii=False) for c in cases)
    (HERE / f"{name}.golden.json").write_text("[\n" + lines + "\n]\n")
    return cases


def main():
    vocab = pieces()
    for name, dtype in (("tiny", torch.float32), ("tiny-pruned90", torch.float16)):
        folder = HERE / name
        os.makedirs(folder, exist_ok=True)
        write_tokenizer(folder, vocab)
        m = new_model(vocab)
        if name != "tiny":
            m = prune(m)
        m = balance(m, Tokenizer.from_file(str(folder / "tokenizer.json")))
        m = m.to(dtype).float()  # what the file holds is what the golden values are of
        save(m, folder, dtype)
        cases = write_golden(m, folder, name, full=name == "tiny")
        for c in cases:
            print(name, len(c["input_ids"]), " ".join(c["labels"]))
        if name == "tiny":
            check_variety(cases)


if __name__ == "__main__":
    main()
