#!/usr/bin/env python3
"""Write the golden files of this folder with HF tokenizers.

    pip install tokenizers==0.23.3
    python make_golden.py [folder with corpora/ and models/]

Without the argument only what needs no corpus is written. No corpus text gets
into the files: a corpus is represented by one hash per 100 texts.

    small/, small-cased/, added/    tokenizer definitions with a small vocabulary of our own
    nasty.json                      awkward strings: text, then flat [id, start, end, word, ...] per definition
    digests.json                    hashes over random strings, all code points, corpora

Offsets are in bytes, word is -1 for [CLS] and [SEP]. The hash of an encoding is
over n, ids, starts, ends, words as little-endian int32.
"""
import gzip
import hashlib
import json
import pathlib
import struct
import sys

import tokenizers
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors

here = pathlib.Path(__file__).resolve().parent
shared = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else None

# The small vocabulary.

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = """the a an of and in is to by with for gene genes protein proteins cell cells kinase bind binds bound factor
factors receptor receptors nf il tnf alpha beta kappa gamma delta stat p53 mrna dna rna human mouse t b lymph lymphocyte
express expressed expression activate activated activation inhibit inhibits inhibitor phospho phosphoryl phosphorylation
transcript transcription signal signaling pathway naive cafe koln smith uber resume ab na cl ca mg i ii iii""".split()
PIECES = """ing ed s es er ers tion ation ations or ors al ic in ine ase ases yl ylation ed ly ive ene ome oma itis ogen
gen pro pre cyte cytes phospho kin tein ceptor ##s 53 12 1 2 beta alpha κ""".split()
OTHER = list("αβγδκλμωµ°±²³½×→≥≤−–—…“”‘’•€£™®ßøæœłđıſﬁéåÅİ") + list("日本語中文字東京大学한국어ᄒ") + list("ไทยสวัสดีабвгдйקשםعربيक्षि") + ["ᅡ", "ᆫ", "😀", "🧬", "👩"]
CASED = [w.upper() for w in LETTERS] + """The Gene Protein NF IL TNF STAT DNA RNA mRNA T B Cafe Café Köln İ Α Β Δ Σ É""".split()


def small_vocab():
    v = SPECIALS + [chr(c) for c in range(33, 127) if not chr(c).isalnum()] + list("0123456789" + LETTERS)
    v += ["##" + c for c in "0123456789" + LETTERS] + WORDS + ["##" + p.removeprefix("##") for p in PIECES]
    v += OTHER + ["##" + c for c in OTHER] + CASED + ["##" + c.upper() for c in LETTERS]
    v += ["##" + c for c in "\u0301\u0308\u0307\u0327"] + ["ﬂ", "##ﬂ", "ǆ", "##ǆ"]
    return list(dict.fromkeys(v))


def bert(vocab, lower=True, strip=None, clean=True, cjk=True, added=()):
    t = Tokenizer(models.WordPiece({p: i for i, p in enumerate(vocab)}, unk_token="[UNK]", max_input_chars_per_word=100))
    t.normalizer = normalizers.BertNormalizer(
        clean_text=clean, handle_chinese_chars=cjk, strip_accents=strip, lowercase=lower
    )
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.add_special_tokens(SPECIALS)
    t.add_tokens(list(added))
    t.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(s, t.token_to_id(s)) for s in ("[CLS]", "[SEP]")]
    )
    return t


ADDED = [
    AddedToken("Interleukin", normalized=True),
    AddedToken("IL-2", normalized=True, single_word=True),
    AddedToken("café au lait", normalized=True),
    AddedToken("@GENE$", normalized=False, lstrip=True),
    AddedToken("@CHEM$", normalized=False, rstrip=True),
    AddedToken("@GENE", normalized=False, lstrip=True, rstrip=True),
    AddedToken("<e1>", normalized=False, single_word=True),
    AddedToken("日本", normalized=True),
    AddedToken("p53", normalized=False, single_word=True),
]

vocab = small_vocab()
assert len(vocab) == len(set(vocab))
for name, definition in [
    ("small", bert(vocab)),
    ("small-cased", bert(vocab, lower=False)),
    ("added", bert(vocab, added=ADDED)),
]:
    (here / name).mkdir(exist_ok=True)
    if name == "small-cased":  # as vocab.txt, so that this way of opening is tested too
        (here / name / "vocab.txt").write_text("\n".join(vocab) + "\n", encoding="utf-8")
        (here / name / "tokenizer_config.json").write_text('{\n  "do_lower_case": false,\n  "tokenizer_class": "BertTokenizer"\n}\n')
    else:
        j = json.loads(definition.to_str())
        text = json.dumps(j, ensure_ascii=True, indent=None, separators=(",", ":"))
        (here / name / "tokenizer.json").write_text(text + "\n")

# Every definition: the options of New beside it, for those the Go test makes itself.

definitions = {"small": bert(vocab), "small-cased": bert(vocab, lower=False), "added": bert(vocab, added=ADDED)}
options = {}
for bits in range(16):
    o = dict(lower=bool(bits & 1), strip=bool(bits & 2), clean=bool(bits & 4), cjk=bool(bits & 8))
    options[f"small-{bits}"] = o
    definitions[f"small-{bits}"] = bert(vocab, **o)
if shared:
    bert_vocab = (shared / "models/jnlpba-dense/vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
    uncased = Tokenizer.from_file(str(shared / "models/jnlpba-dense/tokenizer.json"))
    uncased.no_truncation()
    uncased.no_padding()
    definitions["bert-uncased"] = uncased
    definitions["bert-cased"] = bert(bert_vocab, lower=False)
    definitions["bert-cased-strip"] = bert(bert_vocab, lower=False, strip=True)


def flat(encoding, texts):
    """[n, ids..., starts..., ends..., words...] with byte offsets; texts by word if pre-split."""
    tables = []
    for text in texts:
        at, table = 0, [0]
        for ch in text:
            at += len(ch.encode())
            table.append(at)
        tables.append(table)
    starts, ends, words = [], [], []
    for (s, e), special, w in zip(encoding.offsets, encoding.special_tokens_mask, encoding.word_ids):
        if special:
            starts.append(0), ends.append(0), words.append(-1)
            continue
        table = tables[w if len(tables) > 1 or split_words else 0]
        starts.append(table[s]), ends.append(table[e]), words.append(w)
    return [len(encoding.ids), *encoding.ids, *starts, *ends, *words]


split_words = False


class Chunks:
    """One hash of 8 hex digits per `size` added records."""

    def __init__(self, size):
        self.size, self.count, self.hash, self.out = size, 0, hashlib.sha256(), []

    def add(self, data):
        self.hash.update(data)
        self.count += 1
        if self.count == self.size:
            self.close()

    def close(self):
        if self.count:
            self.out.append(self.hash.hexdigest()[:8])
        self.count, self.hash = 0, hashlib.sha256()

    def done(self):
        self.close()
        return " ".join(self.out)


def packed(numbers):
    return struct.pack(f"<{len(numbers)}i", *numbers)


def digest(tokenizer, texts, size, words=False, normalized=False):
    global split_words
    split_words = words
    c = Chunks(size)
    for text in texts:
        e = tokenizer.encode(text, is_pretokenized=words)
        data = packed(flat(e, text if words else [text]))
        if normalized:
            data += tokenizer.normalizer.normalize_str(text).encode() + b"\0"
        c.add(data)
    split_words = False
    return c.done()


# Awkward strings.

NASTY = (
    ["", " ", "   \t\n\r ", "a", "A", ".", "...", "-", "a.b", "a-b", "U.S.A.", "don't", "e.g.,", "(a)", "[a]", "a_b", "$100", "50%"]
    + ["IL-1β and NF-κB bind p53.", "TNF-α, then ‘p53’ binds.", "café culture (naïve) p53", "IL-1β", "κB", "β1", "µM", "μM", "Δ9", "Ca²⁺", "°C", "£20"]
    + ["α-Synuclein", "αβγδ", "ΑΒΓΔ", "Σίσυφος", "ΣΑΣ", "ὈΔΥΣΣΕΎΣ", "ΐ", "ᾳ", "ᾼ", "Ω Ω", "ϐ ϑ ϰ"]
    + ["a\u00a0b", "\u00a0", "a\u2009b", "a\u200ab", "a\u3000b", "a\u2028b", "a\u2029b", "a\u1680b", "a\u202fb", "a\u205fb", "10\u202f000", "a\u0085b", "\u0085next"]
    + ["café", "cafe\u0301", "CAFÉ", "CAFE\u0301", "naïve", "Köln", "Å", "A\u030a", "\u212b", "ñ", "n\u0303", "ậ", "a\u0323\u0302", "a\u0302\u0323", "Việt Nam", "Tiếng Việt", "résumé", "Łódź", "ø", "Øre", "đ", "Straße", "STRASSE", "ẞ", "ŉ", "ǰ"]
    + ["\u0301", "\u0301a", "a \u0301 b", "a\u0301\u0302\u0303\u0304b", "e\u0327\u0301", "e\u0301\u0327", "\u0344", "a\u0344b", "\u0f73", "a\u0f73b", "\u0f71\u0f72", "ि", "क्षि", "a\u302e\u0301b", "a\u0301\u302eb", "\U0001d165\u0334", "a\U0001d165\u0301\u0316b", "\U0001d15e", "\U0001d160x", "o\u031b\u0323", "q\u0307\u0323", "q\u0323\u0307"]
    + ["中文", "日本語", "日本語のテキスト", "gene中protein", "東京大学 T細胞", "𠀀", "豈", "\uf900\ufa0e", "\U0002f800", "㐀", "々", "〇", "一", "A中B", "中.文", "한국어", "한", "\u1112\u1161\u11ab", "각", "가\u11a8", "힣", "한국어 gene", "ㅎㅏㄴ", "カ\u3099", "ガ", "が", "パーキン", "ｶﾞ", "ＡＢＣ", "ａｂｃ１２３", "　"]
    + ["😀", "a😀b", "🧬 DNA", "👩‍🔬", "👩🏽‍🔬 cells", "🇫🇷", "❤️", "☺️x", "1️⃣", "\u2764", "🏴\U000e0067\U000e0062\U000e007f x"]
    + ["\u0000", "a\u0000b", "\u0001\u0002", "a\u0007b", "\u007f", "a\u009fb", "\ufffd", "a\ufffdb", "\ufeffBOM", "a\ufeffb", "a\u200bb", "\u200b", "a\u200cb", "a\u200db", "soft\u00adhyphen", "\u00ad", "a\u2060b", "\u202eabc\u202c", "a\u200e b\u200f", "\U000e0001tag", "\U000e0061\U000e0062 x", "\ue000", "\U000f0000x", "a\x0bb", "a\x0cb", "a\x1cb", "a\x1fb", "\x7fa\x80", "\ufdd0", "\uffff", "\U0010ffff"]
    + ["a" * 99, "a" * 100, "a" * 101, "a" * 120, "x " + "b" * 120 + " y", "é" * 100, "é" * 101, "e\u0301" * 100, "e\u0301" * 101, "α" * 100, "α" * 101, "한" * 33, "한" * 34, "İ" * 50, "İ" * 51, "中" * 101, "a" * 100 + ".", "." * 120, "a" * 60 + "\u200b" + "a" * 40, "a" * 60 + "\u200b" + "a" * 41, "phosphorylation" * 6, "phosphorylation" * 7]
    + ["[SEP]", "a [SEP] b", "a[SEP]b", "[CLS][SEP]", "[MASK] binds [UNK] [PAD]", "[sep]", "[ SEP ]", "[SEP", "SEP]", "[[SEP]]", "é[MASK]é", "\u200b[SEP]\u200b", "[SEP]\u0301x", "a\u0301[SEP]"]
    + ["@GENE$ binds @CHEM$", "x  @GENE$  y", "x  @CHEM$  y", "x @GENE y", "@GENE$@GENE$", "@CHEM$ @GENE$", "@gene$", "Interleukin", "interleukin-2", "INTERLEUKIN", "xinterleukiny", "IL-2", "il-2", "IL-2R", "xIL-2", "(IL-2)", "IL-2 IL-2", "αIL-2", "café au lait", "CAFE\u0301 AU LAIT", "cafe  au lait", "日本", "日本語 日本", "<e1>p53</e1>", "<e1> p53 <e1>", "p53", "P53", "p53x", "p53-x", "_p53", "é p53\u0301", "interleukin\u0301", "\u200bIL-2\u200b"]
    + ["שלום עולם", "مرحبا بالعالم", "שָׁלוֹם", "ﭏ", "ﷺ", "لا", "العربية gene", "‏abc‏", "สวัสดี", "ไทย ภาษา", "ํา ำ", "ဗမာ", "ខ្មែរ", "தமிழ்", "ক্ষ", "ગુજરાતી", "ܐܒ", "ༀ", "ᠮᠣᠩᠭᠣᠯ", "ꦗꦮ"]
    + ["İ", "İstanbul", "ı", "DİYARBAKIR", "I\u0307", "i\u0307", "ﬁ", "ﬂow", "ﬃ", "Ǆ ǅ ǆ", "Ǳ", "ĳ", "ʼn", "ſ", "ẛ̣", "K", "ⅰ Ⅳ ⅷ", "Ⓐ", "𝐀𝐁", "𝛼", "ℵ", "ﬀ"]
    + ["x²", "10⁻³", "H₂O", "CO₂", "m²", "½", "¼ ½ ¾", "№", "™ ® ©", "±5", "≥3", "≤", "→", "a→b", "−1", "a–b", "a—b", "a‐b", "a‑b", "“quoted”", "‘single’", "«guillemets»", "…", "wait…", "•", "‰", "′ ″", "´", "`", "^", "~", "¨", "¯", "¸", "×", "÷", "∆", "∂", "∑", "√", "€ £ ¥ ¢", "§ ¶", "¿ ¡", "·", "\u037e", "\u1fef", "\u2010\u2011", "｡｢｣", "⸺", "\u2e52", "\U00010100", "𒑰"]
    + [r"$\alpha$-helix", r"$\mathrm{Ca}^{2+}$", r"\textit{E. coli}", r"$p<0.05$", r"10$^{-3}$ M", r"\'{e}", "<b>bold</b>", "&alpha;", "&#945;", "http://a.b/c?d=e&f=g", "a@b.org", "10.1000/xyz123", "C:\\dir", "a\tb\nc\r\nd", "1,000.5", "3'-UTR", "5′→3′", "p<0.05", "CD4+CD25+", "Na+/K+-ATPase", "(±)-α-tocopherol"]
    + ["NF kappa B", "TheGene", "mRNAs", "phosphorylated proteins", "Genes", "GENE", "unknownword", "ябв", "Й", "й", "и\u0306", "Ё", "ё", "ӂ", "Українська", "ᏣᎳᎩ", "ꭰ", "Ა ა", "Ⴀ", "ⴀ", "𐐀", "Ꞌ", "Ɱ", "\u1c89", "\U0001e900", "\ua7c7", "\U00016ec0", "\u0898", "a\u0898b", "\U00011938", "\U0001e94a"]
)
assert len(NASTY) >= 150 and len(set(NASTY)) == len(NASTY), [x for x in NASTY if NASTY.count(x) > 1]
# Pre-split lists, for which word and offsets count within each string.
SPLIT = [
    [], [""], ["a"], ["IL-2", "gene", "expression"], ["NF-kappa", "B", "p53."], ["naïve", "T-cells"], ["", "a", "", " ", "b c"],
    ["中文", "\u200b", "한국어"], ["[SEP]", "x"], ["a" * 101, "b"], ["x", "@GENE$", " @CHEM$ y"],
]

names = [n for n in definitions if not n.startswith("small-") or n == "small-cased"]
with open(here / "nasty.json", "w") as f:
    cases = []
    for words in [False, True]:
        split_words = words
        for text in SPLIT if words else NASTY:
            case = {"words" if words else "text": text}
            for n in names:
                if words and not text:
                    v = [2] + [definitions[n].token_to_id(s) for s in ("[CLS]", "[SEP]")] + [0] * 4 + [-1] * 2
                else:
                    e = definitions[n].encode(text, is_pretokenized=words)
                    v = flat(e, text if words else [text])
                k = v[0]
                case[n] = [v[1 + k * j + i] for i in range(1, k - 1) for j in range(4)]  # without [CLS] and [SEP]
            cases.append(case)
    split_words = False
    f.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")

# Random strings: splitmix64 picks a pool, then a code point in it, as nasty_test.go does.

POOLS = [
    [0x61, 0x7A], [0x41, 0x5A], [0x61, 0x7A], [0x20, 0x20], [0x20, 0x2F], [0x30, 0x3F], [0x00, 0x7F], [0x80, 0xFF], [0xA0, 0xBF],
    [0x100, 0x24F], [0x300, 0x36F], [0x300, 0x36F], [0x391, 0x3C9], [0x400, 0x45F], [0x590, 0x6FF], [0x900, 0x9FF], [0xE00, 0xFFF],
    [0x1D00, 0x1FFF], [0x2000, 0x206F], [0x20D0, 0x214F], [0x2190, 0x22FF], [0x3000, 0x30FF], [0x302A, 0x3030], [0x3099, 0x309A],
    [0x4E00, 0x4E80], [0xAC00, 0xD7A3], [0x1100, 0x11FF], [0xF900, 0xFB4F], [0xFE00, 0xFEFF], [0xFF00, 0xFFFF], [0x1D15E, 0x1D172],
    [0x1F300, 0x1F64F], [0x2F800, 0x2FA1D], [0xE0000, 0xE007F], [0x10000, 0x1FFFF], [0x0, 0xD7FF], [0xF71, 0xF84], [0x340, 0x345],
]
# Whole pieces, so that words of the vocabulary and added tokens turn up too.
BITS = ["gene", "Protein", "kinase", "[SEP]", "[MASK]", "IL-2", "p53", "@GENE$", "@CHEM$", "Interleukin", "café", "phosphorylation", "日本", "NF-κB", "##s", "İ", "<e1>"]
MASK = (1 << 64) - 1


class Random:
    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return (z ^ (z >> 31)) % n


def random_strings(count, seed):
    r = Random(seed)
    for _ in range(count):
        out = []
        for _ in range(r.below(24)):
            k = r.below(len(POOLS) + 4)
            if k >= len(POOLS):
                out.append(BITS[r.below(len(BITS))])
            else:
                lo, hi = POOLS[k]
                out.append(chr(lo + r.below(hi - lo + 1)))
        yield "".join(out)


def all_points():
    """Every code point alone, in a word, and doubled with marks around."""
    for c in range(0x110000):
        if not 0xD800 <= c < 0xE000:
            ch = chr(c)
            yield f"{ch} a{ch}B a\u0301{ch}\u0316{ch}"


SEED, COUNT = 20261123, 5000
out = {"tokenizers": tokenizers.__version__, "seed": SEED, "count": COUNT, "pools": POOLS, "bits": BITS, "options": options}
texts = list(random_strings(COUNT, SEED))
out["random"] = {n: digest(t, texts, 100) for n, t in definitions.items()}
out["points"] = {
    n: digest(definitions[n], all_points(), 16384, normalized=True) for n in ["small", "small-cased", "small-0", "small-2", "small-5", "small-15"]
}


def sentences(name):
    with gzip.open(shared / "corpora/jnlpba/mtl" / f"{name}.tsv.gz", "rt", encoding="utf-8") as f:
        words = []
        for line in f:
            word = line.rstrip("\n").split("\t")[0]
            if word and word != "-DOCSTART-":
                words.append(word)
            elif words:
                yield words
                words = []
        if words:
            yield words


if shared:
    split = list(sentences("train")) + list(sentences("devel"))
    with gzip.open(shared / "corpora/bc2gm/original/train.in.gz", "rt", encoding="utf-8") as f:
        bc2gm = [line.rstrip("\n").split(" ", 1)[1] for line in f]
    with gzip.open(shared / "corpora/arxiv-qbio/qbio.jsonl.gz", "rt", encoding="utf-8") as f:
        arxiv = [r[k] for r in map(json.loads, f) for k in ("title", "abstract")]
    corpora = {"jnlpba": [" ".join(w) for w in split], "bc2gm": bc2gm, "arxiv-qbio": arxiv}
    out["corpora"] = {}
    for n in ["bert-uncased", "bert-cased"]:
        out["corpora"][n] = {c: digest(definitions[n], texts, 100) for c, texts in corpora.items()}
        out["corpora"][n]["jnlpba-words"] = digest(definitions[n], split, 100, words=True)
    out["sizes"] = {c: len(t) for c, t in corpora.items()} | {"jnlpba-words": len(split)}
else:
    print("no corpora given: digests.json has none", file=sys.stderr)
(here / "digests.json").write_text(json.dumps(out, indent=1) + "\n")
print(len(NASTY), "strings,", len(vocab), "pieces")
