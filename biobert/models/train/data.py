"""From corpora to token ids, and from token ids to batches."""

import random
import re
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer

from . import corpora
from .tasks import Task

CLS, SEP, IGNORE = 101, 102, -100
LONGEST = 512
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9(\[])|\t")


@dataclass
class Example:
    ids: list[int]
    target: list[int] | int  # a label for each id, or one for all
    words: list[int] | None = None  # index in ids of the first piece of each word
    offsets: list[tuple[int, int]] | None = None  # of each word: its characters or, in tagged corpora, its number
    source: int = 0  # index of the sentence, document or pair


def load_tokenizer(folder) -> Tokenizer:
    """The checkpoint's tokenizer without the truncation and padding that tokenizer.json may carry."""
    t = Tokenizer.from_file(str(folder / "tokenizer.json"))
    t.no_truncation()
    t.no_padding()
    return t


def examples(task: Task, tok: Tokenizer, rows: list, train: bool) -> list[Example]:
    read = {"words": of_sentences, "spans": of_documents, "pairs": of_pairs}[task.kind]
    return read(task, tok, rows, train)


def piece_labels(index: dict[str, int], word_ids: list[int], tags: list[str]) -> tuple[list[int], list[int]]:
    """Labels for pieces: the first of a word has the word's, those after B or I have I."""
    labels, words, last = [], [], None
    for at, w in enumerate(word_ids):
        tag = tags[w]
        if w != last:
            words.append(at)
        elif tag != "O":
            tag = "I" + tag[1:]
        labels.append(index[tag])
        last = w
    return labels, words


def windows(word_ids: list[int], size: int) -> list[tuple[int, int]]:
    """Cuts pieces into ranges of at most size that begin with a word."""
    out, lo = [], 0
    while len(word_ids) - lo > size:
        hi = lo + size
        while hi > lo + 1 and word_ids[hi] == word_ids[hi - 1]:
            hi -= 1
        out.append((lo, hi))
        lo = hi
    return [*out, (lo, len(word_ids))]


def tagged(index, ids, word_ids, tags, offsets, source) -> list[Example]:
    out = []
    for lo, hi in windows(word_ids, LONGEST - 2):
        labels, words = piece_labels(index, word_ids[lo:hi], tags)
        at = [offsets[word_ids[lo + w]] for w in words]
        out.append(Example([CLS, *ids[lo:hi], SEP], [IGNORE, *labels, IGNORE], [w + 1 for w in words], at, source))
    return out


def of_sentences(task, tok, rows, train) -> list[Example]:
    index = {l: i for i, l in enumerate(task.labels)}
    encoded = tok.encode_batch([r.words for r in rows], is_pretokenized=True, add_special_tokens=False)
    out = []
    for i, (r, e) in enumerate(zip(rows, encoded)):
        out += tagged(index, e.ids, e.word_ids, r.tags, [(w, w + 1) for w in range(len(r.words))], i)
    return out


def flat(spans: list) -> list:
    """The longest of spans that overlap."""
    out = []
    for s in sorted(spans, key=lambda s: (s.start - s.end, s.start)):
        if all(s.end <= o.start or s.start >= o.end for o in out):
            out.append(s)
    return sorted(out, key=lambda s: s.start)


def word_tags(words: list[tuple[int, int]], spans: list) -> list[str]:
    """IOB2 tags of words, by overlap with spans that do not overlap each other."""
    tags, last = [], None
    for start, end in words:
        s = next((s for s in spans if s.start < end and start < s.end), None)
        tags.append("O" if s is None else ("I-" if s is last else "B-") + s.label)
        last = s
    return tags


def pieces_of(doc, train: bool) -> list[tuple[int, int]]:
    """Documents are read whole; for training, half of them are cut into runs of sentences, since users bring both."""
    if not train or corpora.part(doc.id) < 0.5:
        return [(0, len(doc.text))]
    rng = random.Random(doc.id)
    cuts, left = [0], rng.choice((1, 1, 2, 3))
    for m in SENTENCE_END.finditer(doc.text):
        left -= 1
        if left <= 0 and not any(s.start < m.end() and m.start() < s.end for s in doc.spans):
            cuts.append(m.end())
            left = rng.choice((1, 1, 2, 3))
    return list(zip(cuts, [*cuts[1:], len(doc.text)]))


def of_documents(task, tok, rows, train) -> list[Example]:
    index = {l: i for i, l in enumerate(task.labels)}
    ranges = [(i, lo, hi) for i, d in enumerate(rows) for lo, hi in pieces_of(d, train) if d.text[lo:hi].strip()]
    encoded = tok.encode_batch([rows[i].text[lo:hi] for i, lo, hi in ranges], add_special_tokens=False)
    out = []
    for (i, lo, _), e in zip(ranges, encoded):
        at: list[tuple[int, int]] = []
        for w, (a, b) in zip(e.word_ids, e.offsets):
            if w == len(at):
                at.append((lo + a, lo + b))
            else:
                at[w] = (at[w][0], lo + b)
        out += tagged(index, e.ids, e.word_ids, word_tags(at, flat(rows[i].spans)), at, i)
    return out


def unlabelled(tok, docs: list) -> list[Example]:
    """Examples of texts without annotations, whole or in runs of sentences as those of training: no piece has a label."""
    texts = [d.text[lo:hi] for d in docs for lo, hi in pieces_of(d, True) if d.text[lo:hi].strip()]
    out = []
    for e in tok.encode_batch(texts, add_special_tokens=False):
        for lo, hi in windows(e.word_ids, LONGEST - 2):
            out.append(Example([CLS, *e.ids[lo:hi], SEP], [IGNORE] * (hi - lo + 2)))
    return out


def of_pairs(task, tok, rows, train) -> list[Example]:
    index = {l: i for i, l in enumerate(task.labels)}
    encoded = tok.encode_batch([r.text for r in rows])
    out = []
    for i, (r, e) in enumerate(zip(rows, encoded)):
        ids = e.ids if len(e.ids) <= LONGEST else [*e.ids[: LONGEST - 1], SEP]
        out.append(Example(ids, index[r.label], source=i))
    return out


def order(some: list[int], sizes: list[int], batch: int, seed: int, epoch: int) -> list[list[int]]:
    """The batches of an epoch over some examples: shuffled, and of similar lengths. It depends on the arguments alone."""
    rng = random.Random(f"{seed}/{epoch}")
    at = list(some)
    rng.shuffle(at)
    pool = 50 * batch
    batches = []
    for lo in range(0, len(at), pool):
        some = sorted(at[lo : lo + pool], key=lambda i: sizes[i])
        batches += [some[i : i + batch] for i in range(0, len(some), batch)]
    rng.shuffle(batches)
    return batches


def by_length(sizes: list[int], tokens: int) -> list[list[int]]:
    """Batches for scoring: all, by length, of at most `tokens` tokens with padding."""
    out, some = [], []
    for i in sorted(range(len(sizes)), key=lambda i: -sizes[i]):
        if some and sizes[some[0]] * (len(some) + 1) > tokens:
            out.append(some)
            some = []
        some.append(i)
    return out + [some] if some else out


def micro(some: list[int], sizes: list[int], tokens: int) -> list[list[int]]:
    """Cuts a batch into parts of at most `tokens` tokens with padding, for gradient accumulation."""
    parts = by_length([sizes[i] for i in some], tokens)
    return [[some[i] for i in p] for p in parts]


def collate(exs: list[Example], device) -> dict:
    """Tensors of a batch: ids, mask of what is no padding and text, of what is no special token either [B, T], target [B, T] or [B]."""
    longest = -(-max(len(e.ids) for e in exs) // 8) * 8  # few different shapes: the CPU's library prepares each once
    ids = torch.zeros(len(exs), longest, dtype=torch.long)
    mask, text = torch.zeros(2, len(exs), longest, dtype=torch.bool)
    many = isinstance(exs[0].target, list)
    target = torch.full((len(exs), longest), IGNORE) if many else torch.tensor([e.target for e in exs])
    for i, e in enumerate(exs):
        n = len(e.ids)
        ids[i, :n] = torch.tensor(e.ids)
        mask[i, :n] = True
        text[i, 1 : n - 1] = True
        if many:
            target[i, :n] = torch.tensor(e.target)
    return {"ids": ids.to(device), "mask": mask.to(device), "text": text.to(device), "target": target.to(device)}
