"""Writes bc2gm.json: seeded random sentences with genes, alternatives and predictions, and what the task's script says.

The script is original-data/train/alt_eval.perl of github.com/spyysalo/bc2gm-corpus, SHA-256 SCRIPT below.
Written with Python 3.11 and Perl 5:
    python make_bc2gm.py alt_eval.perl        (in this folder; overwrites the file)
"""
import hashlib
import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SCRIPT = "629409ed86820717c548a062e4b58a5a6d19aa524a12875e87e5f4001b9b75f1"


def text_of(rng):
    """Words of one to four characters, some not ASCII, with one or two blanks between them."""
    return "".join("".join(rng.choice("abα-2(") for _ in range(rng.randrange(1, 5))) + rng.choice((" ", " ", "  ")) for _ in range(rng.randrange(2, 9))).rstrip()


def some_span(rng, text, near=None):
    """A span of characters that are not blank, first and last, often beside a given one."""
    n = len(re.sub(r"\s", "", text))
    if near and rng.random() < 0.7:
        a, b = near
        a, b = a + rng.choice((-1, 0, 0, 1)), b + rng.choice((-1, 0, 0, 1, 2))
        if 0 <= a <= b < n:
            return a, b
    a = rng.randrange(n)
    return a, min(n - 1, a + rng.randrange(4))


def in_bytes(text, first, last):
    solid = [i for i, c in enumerate(text) if not c.isspace()]
    return [len(text[: solid[first]].encode()), len(text[: solid[last] + 1].encode())]


def lines(sentences, field):
    return "".join(f"{s['id']}|{a} {b}|x\n" for s in sentences for a, b in s[field])


def official(script, sentences):
    with tempfile.TemporaryDirectory() as d:
        names = []
        for field in ("genes", "alternatives", "pred"):
            p = Path(d) / field
            p.write_text(lines(sentences, field))
            names.append(str(p))
        out = subprocess.run(["perl", script, "-gene", names[0], "-altgene", names[1], names[2]], capture_output=True, text=True).stdout
    if "TP: " not in out:  # the script divides by zero where nothing is found
        kinds = [line.split("|")[0].strip("*") for line in out.splitlines()]
        return {"tp": kinds.count("TP"), "fp": kinds.count("FP"), "fn": kinds.count("FN")}
    tp, fp, fn = (int(re.search(rf"{k}: (\d+)", out)[1]) for k in ("TP", "FP", "FN"))
    p, r, f = (float(x) for x in re.search(r"Precision: (\S+) Recall: (\S+) F: (\S+)", out).groups())
    return {"tp": tp, "fp": fp, "fn": fn, "precision": p, "recall": r, "f1": f}


def main(script):
    assert hashlib.sha256(Path(script).read_bytes()).hexdigest() == SCRIPT, "another version of the script"
    rng = random.Random(20261123)
    cases = []
    for _ in range(120):
        sentences = []
        for i in range(rng.randrange(1, 5)):
            s = {"id": f"S{i}", "text": text_of(rng)}
            s["genes"] = [some_span(rng, s["text"]) for _ in range(rng.choice((0, 1, 1, 2, 3)))]
            near = lambda of: rng.choice(of) if of else None
            s["alternatives"] = [some_span(rng, s["text"], near(s["genes"])) for _ in range(rng.choice((0, 1, 2, 4)))] if s["genes"] else []
            s["pred"] = [rng.choice(s["genes"] + s["alternatives"]) if s["genes"] and rng.random() < 0.5 else some_span(rng, s["text"], near(s["genes"] + s["alternatives"]))
                         for _ in range(rng.choice((0, 1, 2, 4)))]
            sentences.append(s)
        want = official(script, sentences)
        for s in sentences:
            s["spans"] = [in_bytes(s["text"], *p) for p in s.pop("pred")]
        cases.append({"sentences": sentences, "want": want})
    with open("bc2gm.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c, ensure_ascii=False) for c in cases) + "\n]\n")


if __name__ == "__main__":
    main(sys.argv[1])
