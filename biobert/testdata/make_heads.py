"""Makes tiny-relation/, tiny-topics/ and tiny-qa/ with their golden files: two-layer BERT models with seeded random
weights and the heads for sequence classification (one label a text, and several) and for question answering, and
what PyTorch and the pipelines of transformers compute from them. Nothing is trained.

Written with Python 3.11, torch 2.15.0, transformers 4.57.6 (the last with a question answering pipeline), tokenizers
0.22.2, safetensors 0.8.0:
    python make_heads.py        (in this folder; overwrites the files)
"""
import json
import os
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoTokenizer, BertConfig, BertForQuestionAnswering, BertForSequenceClassification, pipeline

from make_qa_cases import QA
from make_tiny import TEXTS, pieces, to_bytes

HERE = Path(__file__).parent
SEED = 2291
PAIRS = [
    ("IL-2Rα binds NF-κB.", "The receptor binds a factor."),
    ("Activated T lymphocytes express TGF-β1 and CD28 receptors", "T cells"),
    ("κB", "In human peripheral blood monocytes, IFN-γ induced the IL-12 promoter; TNF-α did not."),
    ("", "IL-2"),
    ("IL-2", ""),
]
LONG = "GATA-3 regulates the interleukin-5 gene in T cells; IFN-α mRNA was not induced in resting macrophages. " * 3
LONG_PAIRS = [(LONG, "IL-2 binds."), ("IL-2 binds NF-κB.", LONG), (LONG, "We show that " + LONG), ("α " + LONG, LONG[:60])]


def write_vocab(folder, vocab, length):
    (folder / "vocab.txt").write_text("\n".join(vocab) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": length,
        "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "mask_token": "[MASK]"}, indent=1))


def new_model(cls, vocab, seed, positions, head, keep=1.0, **config):
    """Weights such that attention is peaked, activations have outliers, and the type of a token matters."""
    cfg = BertConfig(vocab_size=len(vocab), hidden_size=48, num_hidden_layers=2, num_attention_heads=3, intermediate_size=112,
                     max_position_embeddings=positions, attn_implementation="eager", architectures=[cls.__name__], **config)
    m = cls(cfg).eval()
    g = torch.Generator().manual_seed(seed)
    normal = lambda p, std: p.data.copy_(std * torch.randn(p.shape, generator=g))
    for name, p in m.named_parameters():
        if "LayerNorm.weight" in name:
            p.data.copy_(0.5 + torch.rand(p.shape, generator=g))
            p.data[7] = 3.0  # an outlier channel, as real BERTs have
        elif "LayerNorm.bias" in name:
            normal(p, 0.2)
        elif "classifier" in name or "qa_outputs" in name:
            normal(p, head if p.dim() == 2 else 0.1)
        elif name.endswith(".bias"):
            normal(p, 0.1)
        elif "word_embeddings" in name:
            normal(p, 0.05)
        elif "embeddings" in name:
            normal(p, 0.03)
        else:
            normal(p, (1.4 if "query" in name or "key" in name else 1.0) / p.shape[1] ** 0.5)
        if keep < 1 and "encoder" in name and p.dim() == 2:
            cut = p.abs().flatten().kthvalue(round(p.numel() * (1 - keep))).values
            p.data *= (p.abs() > cut) * 1.6
    return m.to(torch.float16).float()  # what the file holds is what the golden values are of


def save(m, folder):
    cfg = m.config.to_dict()
    keys = ["architectures", "model_type", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act",
            "max_position_embeddings", "type_vocab_size", "vocab_size", "layer_norm_eps", "pad_token_id"]
    if not isinstance(m, BertForQuestionAnswering):
        keys += ["id2label", "label2id", "problem_type"]
    (folder / "config.json").write_text(json.dumps({k: cfg[k] for k in keys}, indent=1) + "\n")
    save_file({k: v.to(torch.float16).contiguous() for k, v in m.state_dict().items()}, folder / "model.safetensors", {"format": "pt"})
    os.chmod(folder / "model.safetensors", 0o644)


def write(name, cases):
    (HERE / f"{name}.golden.json").write_text("[\n" + ",\n".join(json.dumps(c, ensure_ascii=False) for c in cases) + "\n]\n")


def digits(t):
    return [round(v, 6) for v in t.tolist()]


@torch.no_grad()
def balance(m, tok):
    """Sets the classifier's bias so that over the texts every label has the same mean logit."""
    logits = torch.cat([m(**tok(t, return_tensors="pt")).logits for t in TEXTS[:4]])
    m.classifier.bias.data -= logits.mean(0)
    m.classifier.bias.data = m.classifier.bias.data.to(torch.float16).float()
    return m


@torch.no_grad()
def classifier(name, seed, labels, problem, keep, vocab):
    folder = HERE / name
    os.makedirs(folder, exist_ok=True)
    write_vocab(folder, vocab, 64)
    tok = AutoTokenizer.from_pretrained(folder)
    m = new_model(BertForSequenceClassification, vocab, seed, 64, 0.5, keep, id2label=dict(enumerate(labels)),
                  label2id={l: i for i, l in enumerate(labels)}, problem_type=problem)
    m = balance(m, tok)
    save(m, folder)
    pipe = pipeline("text-classification", model=m, tokenizer=tok)
    inputs = [{"text": t} for t in [*TEXTS[:4], TEXTS[5], ""]] + [{"text": a, "text_pair": b} for a, b in PAIRS]
    inputs += [{"text": LONG, "truncated": True}] + [{"text": a, "text_pair": b, "truncated": True} for a, b in LONG_PAIRS]
    cases, best = [], set()
    for x in inputs:
        cut = x.pop("truncated", False)
        e = tok(**x, truncation=cut)
        out = m(input_ids=torch.tensor([e["input_ids"]]), token_type_ids=torch.tensor([e["token_type_ids"]]), output_hidden_states=True)
        pooled = m.bert.pooler(out.hidden_states[-1])[0]
        case = dict(x, truncated=cut, input_ids=e["input_ids"], second=e["token_type_ids"].index(1) if 1 in e["token_type_ids"] else len(e["input_ids"]),
                    pooled=digits(pooled), logits=digits(out.logits[0]))
        case["scores"] = {f: [{"label": r["label"], "score": round(r["score"], 6)} for r in
                              pipe(x, top_k=None, truncation=cut, **({} if f == "auto" else {"function_to_apply": f}))]
                          for f in ("auto", "softmax", "sigmoid", "none")}
        best.add(case["scores"]["auto"][0]["label"])
        cases.append(case)
    assert len(best) >= 3, best
    assert any(len(c["input_ids"]) == 64 for c in cases)
    write(name, cases)
    print(name, len(cases), best)


@torch.no_grad()
def question_answering(vocab):
    name = "tiny-qa"
    folder = HERE / name
    os.makedirs(folder, exist_ok=True)
    write_vocab(folder, vocab, 512)
    tok = AutoTokenizer.from_pretrained(folder)
    m = new_model(BertForQuestionAnswering, vocab, SEED + 4, 512, 0.8)
    save(m, folder)
    pipe = pipeline("question-answering", model=m, tokenizer=tok)
    cases, windows = [], []
    for question, context, options in QA:
        e = tok(question, context, truncation="only_second", max_length=384, stride=128, return_overflowing_tokens=True)
        out = m(input_ids=torch.tensor([e["input_ids"][0]]), token_type_ids=torch.tensor([e["token_type_ids"][0]]))
        answers = pipe(question=question, context=context, **options)
        answers = answers if isinstance(answers, list) else [answers]
        for a in answers:
            a.update(score=round(a["score"], 8), start=to_bytes(context, a["start"]), end=to_bytes(context, a["end"]))
        for a, b in zip(answers, answers[1:]):
            assert a["score"] - b["score"] > 1e-3 * a["score"], ("an order hangs on rounding: take another seed", question)
        windows.append(len(e["input_ids"]))
        case = {"question": question, "context": context, **options, "windows": windows[-1], "answers": answers}
        if len(e["input_ids"][0]) < 60:  # the first window, for the engine
            case.update(input_ids=e["input_ids"][0], second=e["token_type_ids"][0].index(1),
                        start_logits=digits(out.start_logits[0]), end_logits=digits(out.end_logits[0]))
        cases.append(case)
        print(windows[-1], len(e["input_ids"][0]), question, [(a["answer"], a["score"]) for a in answers])
    write(name, cases)


def main():
    vocab = pieces()
    classifier("tiny-relation", SEED, ["false", "activator", "inhibitor", "substrate"], "single_label_classification", 0.1, vocab)
    classifier("tiny-topics", SEED + 1, ["immunology", "genetics", "oncology"], "multi_label_classification", 1.0, vocab)
    question_answering(vocab)


if __name__ == "__main__":
    main()
