"""Writes jnlpba-dense.aggregation.json: what the token classification pipeline of transformers finds in
sentences written by us, with the JNLPBA checkpoint, for each aggregation strategy.

Written with Python 3.11, torch 2.15.0, transformers 5.23.0:
    python make_aggregation.py CHECKPOINT_FOLDER        (in this folder; overwrites the file)
"""
import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline

from make_tiny import STRATEGIES, to_bytes

SENTENCES = [
    "IL-2 gene expression and NF-κB activation through CD28 require reactive oxygen production by 5-lipoxygenase.",
    "TNF-α induced VCAM-1 mRNA in human umbilical vein endothelial cells but not in Jurkat T cells.",
    "The GATA-3 promoter contains two STAT6-binding sites upstream of exon 1.",
    "Glucocorticoid receptors in peripheral blood mononuclear cells were measured before treatment.",
    "We transfected HeLa, U937 and COS-7 cells with an IL-12p40 reporter construct.",
    "Interferon-γ-activated macrophages produced IL-1β, IL-6 and TGF-β1 within 4 h.",
    "Neither c-Fos nor JunB bound the AP-1 element of the granulocyte-macrophage colony-stimulating factor (GM-CSF) enhancer.",
    "Epstein–Barr virus nuclear antigen 2 transactivates the LMP1 promoter in B-cell lines.",
    "No protein is named in this sentence.",
    "The p50/p65 heterodimer, phosphorylated IκBα and IKKβ were found in CD4+CD25+ regulatory T lymphocytes.",
    "α-tubulin and β-actin mRNAs were used as controls.",
    "Knock-down of Pax5 in pro-B cells raised the level of Blimp-1 transcripts twofold (P<0.01).",
]


def main():
    folder = sys.argv[1]
    model = AutoModelForTokenClassification.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    ner = pipeline("token-classification", model=model, tokenizer=AutoTokenizer.from_pretrained(folder))
    cases = []
    for text in SENTENCES:
        out = {s: ner(text, aggregation_strategy=s) for s in STRATEGIES}
        for e in sum(out.values(), []):
            e.update(score=round(float(e["score"]), 5), start=to_bytes(text, e["start"]), end=to_bytes(text, e["end"]))
        cases.append({"text": text, "aggregated": out})
    lines = ",\n".join(json.dumps(c, ensure_ascii=False) for c in cases)
    (Path(__file__).parent / "jnlpba-dense.aggregation.json").write_text("[\n" + lines + "\n]\n")


if __name__ == "__main__":
    main()
