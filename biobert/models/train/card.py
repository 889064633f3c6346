"""Writes the model card of a finished model, from what training measured and from what the engine scores.

    sparsebio eval --task TASK --data DEV --model DIR/TASK/teacher/model,MODEL --json >eval.json
    python -m train.card --task TASK --out DIR --eval eval.json --to FOLDER      FOLDER/README.md, metrics.json, teacher.json

MODEL is the packed model as it ships, after its teacher. The card is made of these figures only; it is not to be edited by hand.
"""

import argparse
import json
import re
import sys
from pathlib import Path

from .tasks import TASKS

# What a model does and what it is not for, which no log says.
ABOUT = {
    "jnlpba": (
        "Marks **protein, DNA, RNA, cell_type and cell_line** in English biomedical text.",
        "The corpus is about human blood cells and transcription factors, and JNLPBA's test split is known to be some points harder than devel: on other "
        "kinds of text expect less. It does not know chemicals, diseases or species.",
    ),
    "bc2gm": (
        "Marks **genes and proteins** (GENE, one type for both) in English biomedical text.",
        "Sentences of PubMed abstracts, with generous borders: the corpus accepts several spans for many genes, and the figures here count one only.",
    ),
    "chemprot-ner": (
        "Marks **chemicals and genes** (proteins are genes here) in English biomedical text. It finds the entities that the model chemprot relates.",
        "Abstracts on pharmacology and biochemistry. Of mentions within each other only the outermost can be found.",
    ),
    "chemprot": (
        "Says how a chemical and a gene or protein of one sentence are related: **CPR:3** activator, **CPR:4** inhibitor, **CPR:5** agonist, **CPR:6** antagonist, "
        "**CPR:9** substrate or product, or **false**, not at all.",
        "It reads a sentence in which the two are replaced by @CHEMICAL$ and @GENE$, as `biobert.NewRelationExtraction` makes it. Relations across sentences are not found.",
    ),
    "ddi-ner": (
        "Marks **drug, brand, group** (a class of drugs) **and drug_n** (an active substance that is no drug for humans) in English text.",
        "Most of the corpus are DrugBank's descriptions of interactions, a fifth of the documents are MEDLINE abstracts; drug_n is rare and badly found.",
    ),
    "ddi": (
        "Says how two drugs of one sentence interact: **DDI-mechanism** (of the concentration), **DDI-effect**, **DDI-advise** (advice on taking both), **DDI-int** (no more is said), or "
        "**DDI-false**, not at all.",
        "It reads a sentence in which both are replaced by @DRUG$, as `biobert.NewRelationExtraction` makes it.",
    ),
}

# What Pruning.how chooses the zeros by; "obs" was a way of earlier models.
HOW = {
    "admm": "ADMM, layer by layer, then training with what is left",
    "gradual": "by magnitude, little by little during training",
    "obs": "Optimal Brain Surgeon, layer by layer (`obs.py` of revision bf83155), then training with what is left",
}


def percent(x: float) -> str:
    return f"{100 * x:.2f}"


def card(name: str, student: dict, teacher: dict, ev: dict) -> str:
    task, (what, limits) = TASKS[name], ABOUT[name]
    dense, m = ev["models"]
    pruning, runs = student["pruning"], [student]
    while before := runs[0].get("before"):
        runs.insert(0, before)
    epochs = ", then ".join(f"{r['settings']['epochs']:g} epochs" for r in runs)
    size = ", ".join(f"{s['n']:,} {s['what']}" for s in ev["size"])
    low, high = m["f1_ci"]
    rows = "\n".join(f"| {t['type']} | {percent(t['precision'])} | {percent(t['recall'])} | {percent(t['f1'])} | {t['support']:,} |" for t in m["types"])
    also = "".join(f"Also: {a['metric']} {percent(a['micro']['f1'])}. " for a in m.get("also") or [])
    inside = f", and those of its labels inside entities ({student['offset_inside']:+.1f})" if student.get("offset_inside") else ""
    also_read = f", {student['transfer']:,} abstracts or parts of them without annotations besides in each epoch" if student["transfer"] else ""
    return f"""# {name}

{what}

| | |
|---|---|
| architecture | BERT, 6 layers x 384, 12 heads, feed-forward 1536, 512 positions, uncased |
| start | all-MiniLM-L6-v2 (sentence-transformers, Apache-2.0){f", by way of {task.start}'s dense teacher" if task.start else ""} |
| training data | {task.data} |
| licence of the data | {task.licence} |
| pruning | {100 * student['sparsity']:.1f} % of each encoder matrix: {HOW[runs[0]["pruning"]["how"]]} |
| distillation | from a dense teacher's labels and hidden states{also_read}; {epochs} |
| weights | INT8, one scale per output |
| activations | 8 bits, a scale and zero point per token, simulated in the last {100 - 100 * pruning["int8"]:.0f} % of the training |
| word embedding | INT8, one scale per row, frozen, in the shared table `minilm` |

Scores on the dev set ({size}), {ev["metric"]}:

| | precision | recall | F1 |
|---|---|---|---|
| **{name}**, sparse INT8, as shipped | {percent(m["precision"])} | {percent(m["recall"])} | **{percent(m["f1"])}** ({percent(low)} to {percent(high)}) |
| its dense teacher, fp32 | {percent(dense["precision"])} | {percent(dense["recall"])} | {percent(dense["f1"])} |

| type | precision | recall | F1 | support |
|---|---|---|---|---|
{rows}

{also}The interval holds 95 % by bootstrap over documents. The dev set chose the model among its epochs, and by how much ({student["offset"]:+.1f}) the
bias of its first label, {task.labels[0]}, was moved{inside}. {limits} Not for clinical use.

    sparsebio eval --task {name} --data DEV

[metrics.json](metrics.json) and [teacher.json](teacher.json) hold what is needed to train it again, and the log: settings, seed, versions, hashes and command. `make train TASK={name}`, then
`go generate` in this folder.
"""


def main() -> int:
    p = argparse.ArgumentParser(prog="python -m train.card", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--task", required=True, choices=list(TASKS))
    p.add_argument("--out", required=True, type=Path, help="as of python -m train")
    p.add_argument("--eval", required=True, type=Path)
    p.add_argument("--to", required=True, type=Path)
    a = p.parse_args()
    student, teacher = (json.loads((a.out / a.task / s / "model" / "metrics.json").read_text()) for s in ("pruned90", "teacher"))
    (a.to / "README.md").write_text(card(a.task, student, teacher, json.loads(a.eval.read_text())))
    for name, d in (("metrics", student), ("teacher", teacher)):
        run = d
        while run:
            run["command"], run = re.sub(r"--(out|student) \S+", r"--\1 DIR", run["command"]), run.get("before")
        (a.to / f"{name}.json").write_text(json.dumps(d, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
