#!/usr/bin/env python3
"""Time HF tokenizers over the JNLPBA sentences, one call a sentence, one thread.

    RAYON_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false python bench_hf.py FOLDER

The counterpart of BenchmarkEncode. FOLDER holds corpora/ and models/.
"""
import gzip
import pathlib
import sys
import time

import tokenizers

shared = pathlib.Path(sys.argv[1])
t = tokenizers.Tokenizer.from_file(str(shared / "models/jnlpba-dense/tokenizer.json"))
t.no_truncation()
t.no_padding()
texts = []
for part in ("train", "devel"):
    with gzip.open(shared / f"corpora/jnlpba/mtl/{part}.tsv.gz", "rt", encoding="utf-8") as f:
        words = []
        for line in list(f) + ["\n"]:
            word = line.rstrip("\n").split("\t")[0]
            if word and word != "-DOCSTART-":
                words.append(word)
            elif words:
                texts.append(" ".join(words))
                words = []
for label, one in (("encode", t.encode), ("encode_batch of one", lambda s: t.encode_batch([s])[0])):
    best = 0
    for _ in range(3):
        start = time.perf_counter()
        tokens = sum(len(one(s).ids) for s in texts)
        best = max(best, tokens / (time.perf_counter() - start))
    print(f"tokenizers {tokenizers.__version__} {label}: {tokens} tokens, {best:,.0f} tokens/s")
start = time.perf_counter()
tokens = sum(len(e.ids) for e in t.encode_batch_fast(texts))
print(f"encode_batch_fast (no offsets): {tokens / (time.perf_counter() - start):,.0f} tokens/s")
