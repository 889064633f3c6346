"""Writes the binary fixtures of these tests, from testdata/five.jsonl.

Run in datasets/testdata with Python's datasets (5.2.0) and pyarrow (26.0.1):
    python make.py
"""
import datetime
import decimal
import gzip
import json
import pathlib
import shutil

import datasets
import pyarrow as pa
import pyarrow.parquet as pq

here = pathlib.Path(__file__).parent
rows = [json.loads(line) for line in open(here / "five.jsonl", encoding="utf-8")]
names = ["other", "signalling", "genomics"]
for i, r in enumerate(rows):
    r["label"] = i % 3
    r["published"] = datetime.datetime(2024, 1, 1 + i) if i != 3 else None

features = datasets.Features({
    "id": datasets.Value("string"),
    "title": datasets.Value("string"),
    "abstract": datasets.Value("string"),
    "categories": datasets.List(datasets.Value("string")),
    "year": datasets.Value("int32"),
    "score": datasets.Value("float64"),
    "reviewed": datasets.Value("bool"),
    "label": datasets.ClassLabel(names=names),
    "published": datasets.Value("timestamp[s]"),
})
d = datasets.Dataset.from_list(rows, features=features)

for folder in "saved", "saved-splits":
    shutil.rmtree(here / folder, ignore_errors=True)
d.save_to_disk(here / "saved")
datasets.DatasetDict(train=d.select(range(3)), test=d.select(range(3, 5))).save_to_disk(here / "saved-splits")

table = d.data.table.combine_chunks()
with pa.OSFile(str(here / "five.arrow"), "wb") as f, pa.ipc.new_file(f, table.schema) as w:
    w.write_table(table, max_chunksize=2)
with pa.OSFile(str(here / "stream.arrow"), "wb") as f, pa.ipc.new_stream(f, table.schema) as w:
    w.write_table(table, max_chunksize=2)

def stream(name, columns):
    t = pa.table(columns)
    with pa.OSFile(str(here / name), "wb") as f, pa.ipc.new_stream(f, t.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as w:
        w.write_table(t)


when = datetime.datetime(2024, 1, 2, 3, 4, 5, 678)
stream("types.arrow", {
    "large_string": pa.array(["α", "b", None, ""], pa.large_string()),
    "large_list": pa.array([["x"], [], None, ["y", "z"]], pa.large_list(pa.string())),
    "fixed_list": pa.array([[1, 2], [3, 4], None, [5, 6]], pa.list_(pa.int64(), 2)),
    "structs": pa.array([[{"a": 1, "b": "x"}], [], None, [{"a": None, "b": None}]]),
    "map": pa.array([[("k", 1)], [], None, [("q", 2)]], pa.map_(pa.string(), pa.int64())),
    "timestamp": pa.array([when, when, None, when], pa.timestamp("us")),
    "zone": pa.array([when, when, None, when], pa.timestamp("ns", "Europe/Berlin")),
    "date": pa.array([when.date(), None, None, when.date()]),
    "time": pa.array([when.time(), None, None, when.time()], pa.time64("us")),
    "duration": pa.array([1, 2, None, 3], pa.duration("s")),
    "decimal": pa.array([decimal.Decimal("1.25"), None, None, 0], pa.decimal128(10, 2)),
    "binary": pa.array([b"\x00\xff", b"", None, b"x"]),
    "uint64": pa.array([2**64 - 1, 1, None, 0], pa.uint64()),
    "float16": pa.array([1.5, 2, None, 0], pa.float16()),
    "null": pa.nulls(4),
})
# Texts as views, short ones within, others in buffers: all of these, and a sliced one, in a file and a stream.
long = ["a text that is too long to be in a view itself", "noch länger: β" * 9]
views = pa.table({
    "id": ["a", "b", "c", "d", "e"],
    "text": pa.array(["x" * 12, long[0], None, "", long[1]], pa.string_view()),
    "short": pa.array(["β", "b", None, "d", "e"], pa.string_view()),
    "bytes": pa.array([b"\x00\xff", long[0].encode(), None, b"", b"y"], pa.binary_view()),
    "list": pa.array([["x", long[0]], [], None, [None], [long[1]]], pa.list_(pa.string_view())),
    "large": pa.array([["x"], [long[1], "y"], None, [], []], pa.large_list(pa.string_view())),
    "pair": pa.array([["x", long[0]], ["y", None], None, ["z", ""], ["", "z"]], pa.list_(pa.string_view(), 2)),
    "in": pa.array([{"name": long[0], "n": 1}, {"name": None, "n": 2}, None, {"name": "p53", "n": None}, {"name": "", "n": 5}],
                   pa.struct([("name", pa.string_view()), ("n", pa.int64())])),
    "map": pa.array([[("k", long[0]), ("l", None)], [], None, [("m", "x")], []], pa.map_(pa.string_view(), pa.string_view())),
    "sliced": pa.array([long[1], "0", "1", long[0], None, "4", "5"], pa.string_view())[1:6],
})
for name, new in {"views.arrow": pa.ipc.new_file, "views.stream.arrow": pa.ipc.new_stream}.items():
    with pa.OSFile(str(here / name), "wb") as f, new(f, views.schema) as w:
        w.write_table(views, max_chunksize=3)
names = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 0], pa.int8()), pa.array(["β", long[0]], pa.string_view()))
stream("views.dictionary.arrow", {"text": pa.array([long[1], "b", None, "d"], pa.string_view()), "name": names})
# Polars writes views unless told not to, and files that hold no stream. It is not among the libraries that CI installs.
try:
    import polars
except ImportError:
    print("polars*.arrow stay as they are: no polars here (2.1.0 wrote them)")
else:
    papers = polars.DataFrame({"title": long, "year": [2023, 2024], "categories": [["q-bio.QM"], ["q-bio.GN", long[0]]]})
    papers.write_ipc(here / "polars.arrow")
    papers.write_ipc(here / "polars.lz4.arrow", compression="lz4")
stream("dictionary.arrow", {"id": pa.array(["a", "b", None, "a"]).dictionary_encode(), "n": [1, 2, 3, 4]})

# Types that Go's arrow v15 reads wrongly, or cannot; each beside a column that it can.
words = ["a", "β"]
union = [pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["x", "y"])], ["n", "s"]]
runs = pa.RunEndEncodedArray.from_arrays(pa.array([1, 2], pa.int32()), pa.array(["x", "y"]))
ends = pa.array([0, 1, 2], pa.int32())
(here / "unsupported").mkdir(exist_ok=True)
for name, column in {
    "list_view": pa.array([[1, 2], None], pa.list_view(pa.int64())),
    "large_list_view": pa.array([[1, 2], None], pa.large_list_view(pa.int64())),
    "list_view_of_view": pa.array([["x"], None], pa.list_view(pa.string_view())),
    "dense_union": pa.UnionArray.from_dense(union[0], pa.array([0, 0], pa.int32()), *union[1:]),
    "sparse_union": pa.UnionArray.from_sparse(*union),
    "run_end_encoded": runs,
    "list_of_union": pa.ListArray.from_arrays(ends, pa.UnionArray.from_sparse(*union)),
    "list_of_runs": pa.ListArray.from_arrays(ends, runs),
    "decimal32": pa.array([decimal.Decimal("1.25"), None], pa.decimal32(5, 2)),
    "decimal64": pa.array([decimal.Decimal("1.25"), None], pa.decimal64(5, 2)),
}.items():
    t = pa.table({"id": words, "x": column})
    for ending, new in {".arrow": pa.ipc.new_file, ".stream.arrow": pa.ipc.new_stream}.items():
        with pa.OSFile(str(here / "unsupported" / (name + ending)), "wb") as f, new(f, t.schema) as w:
            w.write_table(t)

parquet = here.parent / "parquet" / "testdata"
parquet.mkdir(exist_ok=True)
pq.write_table(table, parquet / "five.parquet", row_group_size=2)
pq.write_table(table.select(["id"]), parquet / "lz4.parquet", compression="lz4")
pq.write_table(table.select(["id", "score"]), parquet / "split.parquet", use_dictionary=False,
               column_encoding={"score": "BYTE_STREAM_SPLIT", "id": "PLAIN"})

with open(here / "five.jsonl.gz", "wb") as f, gzip.GzipFile("", "wb", fileobj=f, mtime=0) as z:
    z.write((here / "five.jsonl").read_bytes())
