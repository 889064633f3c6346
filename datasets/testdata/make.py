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
stream("dictionary.arrow", {"id": pa.array(["a", "b", None, "a"]).dictionary_encode(), "n": [1, 2, 3, 4]})

# Types that Go's arrow v15 reads wrongly, or cannot; each beside a column that it can.
words, long = ["a", "β"], "a text that is too long to be in a view itself"
union = [pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["x", "y"])], ["n", "s"]]
runs = pa.RunEndEncodedArray.from_arrays(pa.array([1, 2], pa.int32()), pa.array(["x", "y"]))
ends = pa.array([0, 1, 2], pa.int32())
(here / "unsupported").mkdir(exist_ok=True)
for name, column in {
    "string_view": pa.array(["a", long], pa.string_view()),
    "binary_view": pa.array([b"a", long.encode()], pa.binary_view()),
    "list_view": pa.array([[1, 2], None], pa.list_view(pa.int64())),
    "large_list_view": pa.array([[1, 2], None], pa.large_list_view(pa.int64())),
    "dense_union": pa.UnionArray.from_dense(union[0], pa.array([0, 0], pa.int32()), *union[1:]),
    "sparse_union": pa.UnionArray.from_sparse(*union),
    "run_end_encoded": runs,
    "struct_of_view": pa.array([{"a": "x"}, None], pa.struct([("a", pa.string_view())])),
    "dictionary_of_view": pa.DictionaryArray.from_arrays(pa.array([0, 1], pa.int8()), pa.array(words, pa.string_view())),
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
