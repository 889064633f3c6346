// Package datasets reads and reshapes data sets in the manner of Hugging Face
// datasets, with Apache Arrow tables underneath.
//
//	d, err := datasets.Load(ctx, "arxiv-biology-demo")
//	if err != nil {
//		return err
//	}
//	for text, err := range d.Text("abstract") {
//		...
//	}
//
// [Load] takes the name of an embedded set, a file (JSON lines, JSON, CSV, TSV,
// plain text, Arrow; Parquet after importing datasets/parquet), a folder of
// such files, among them the folders that save_to_disk writes in Python, a corpus (CoNLL, BC2GM,
// ChemProt, BLUE, SciBERT, DDI, BioC, PubTator, brat, PubMed, arXiv), or the name of a data set of the Hugging
// Face hub (in the configurations of its card). Of corpora, every span has offsets in bytes and in characters; [Standoffs] makes documents of them again.
//
// [Stream] reads the same names a part at a time, for sets larger than memory.
//
// A set prints as a table of its first rows, and [Dataset.Show] displays them in a notebook, page by page; [Describe] sums up its columns.
//
// A [Dataset] never changes. Verbs (Head, Slice, Select, Filter, Sort, Shuffle,
// [Map], Concatenate ...) return new sets that share memory where they can. What takes longer than a second draws a bar in a
// terminal and in a notebook; see [WithProgress].
//
// [Entities], [Relations] and [Events] turn what pipelines found into tables of flat columns, which
// [Dataset.WriteFile] writes as CSV, JSON lines, Parquet or Arrow with a record of where they came from.
//
// # Memory
//
// Memory comes from Go's allocator unless [WithAllocator] says otherwise, so a
// program may forget a set and leave the rest to the garbage collector. Those who
// bring an allocator of their own call Release on every set they were given,
// verbs' results included; a set must not be used after that. Whatever a method
// returns as a Go value (strings, slices) is a copy and stays valid.
//
// # Errors and concurrency
//
// Whatever is wrong with a file comes back as an error that names it, as a
// [*ParseError] where a line can be named; nothing panics on bad input. All
// methods of a Dataset may be called from several goroutines at once, except
// that Release must come last.
package datasets
