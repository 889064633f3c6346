package datasets

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/sparsebio/sparsebio/biobert/report"
	"github.com/sparsebio/sparsebio/datasets/hub"
)

//go:embed demo/*.jsonl
var embedded embed.FS

// embeddedSets are the sets in the binary: name to file. Their cards lie beside
// the files.
var embeddedSets = map[string]string{
	"arxiv-biology-demo": "demo/arxiv-biology-demo.jsonl",
}

type options struct {
	split    string
	columns  []string // nil for all
	format   string   // "", an extension with its dot, or the name of a format of corpora
	limit    int      // -1 for none
	mem      memory.Allocator
	config   string      // of a folder or a set of the hub, "" for the default
	revision string      // of a set of the hub, "" for main
	hub      *hub.Client // nil for one with the settings of the environment
	progress func(Progress)
	watched  bool   // WithProgress was given, and says what becomes of progress
	cache    string // name of a step of Map
	meter    *meter // of Load

	chars      bool // of the offsets of result tables
	provenance *report.Provenance
}

func newOptions(opts []Option) (*options, error) {
	o := &options{limit: -1, mem: memory.DefaultAllocator}
	for _, opt := range opts {
		if err := opt(o); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// An Option changes what Load does, or Entities, Relations and Events.
type Option func(*options) error

// WithColumns loads the named columns only, in that order.
func WithColumns(names ...string) Option {
	return func(o *options) error {
		for i, n := range names {
			if slices.Contains(names[:i], n) {
				return fmt.Errorf("datasets: WithColumns names %q twice", n)
			}
		}
		if len(names) == 0 {
			return errors.New("datasets: WithColumns without a name")
		}
		o.columns = slices.Clone(names)
		return nil
	}
}

// WithFormat says how to read a file whatever its extension and content, or which files of a
// folder to read: "jsonl", "json", "csv", "tsv", "txt", "arrow", "parquet", or one of the formats of
// corpora, "conll", "bc2gm", "chemprot", "blue", "scibert", "ddi", "bioc", "pubtator", "brat", "pubmed", "arxiv".
func WithFormat(ext string) Option {
	return func(o *options) error {
		name := strings.ToLower(strings.TrimPrefix(ext, "."))
		if corpusFormats[name] != nil {
			o.format = name
			return nil
		}
		o.format = "." + name
		if !knownFormat(o.format) {
			return fmt.Errorf("datasets: unknown format %q (have %s, and of corpora %s)", ext, knownExtensions(), corpusFormatNames())
		}
		return nil
	}
}

// WithLimit loads at most n rows, the first ones, n being at least 1. Text formats
// are not read further, so that the head of a large file loads at once; types come
// from the rows that are read.
func WithLimit(n int) Option {
	return func(o *options) error {
		if n < 1 {
			return fmt.Errorf("datasets: WithLimit(%d), want at least 1", n)
		}
		o.limit = n
		return nil
	}
}

// WithAllocator takes Arrow memory from mem instead of Go's allocator. Sets must
// then be released; see the package comment.
func WithAllocator(mem memory.Allocator) Option {
	return func(o *options) error {
		if mem == nil {
			return errors.New("datasets: WithAllocator(nil)")
		}
		o.mem = mem
		return nil
	}
}

// Load returns the data set of a name, which is looked for in this order:
//
//   - an embedded set: "arxiv-biology-demo";
//   - a file: .jsonl, .ndjson, .json (objects one a line, or one list of them),
//     .csv, .tsv (with a header), .txt (a row a line, column "text"), any of these
//     with .gz added, .arrow or .feather (IPC file or stream), and .parquet if the
//     program imports datasets/parquet;
//   - a corpus, found by its content: CoNLL with IOB or IOBES tags in its last column (JNLPBA), BC2GM (train.in, with GENE.eval beside it), ChemProt
//     (abstracts, with entities beside them), marked pairs of BLUE and SciBERT, DDI, BioC in XML and JSON, PubTator,
//     brat (a text, or a folder or an archive with annotations), PubMed; a folder of such files, whose names say
//     splits as below. arXiv's metadata is a table as it is, and lists of categories and authors WithFormat("arxiv");
//   - a folder that Python's save_to_disk wrote, of one set or of several splits;
//   - a folder of files of one format, such as the download of a hub data set:
//     splits go by file names (train.jsonl, data/validation-00000-of-00001.parquet,
//     dev.csv ...) or by the names of folders; files without such a word are
//     "train";
//   - a pattern such as "data/**/*.jsonl", whose files are one split, in the order of their names;
//   - the address of a file, "https://..." with the checksum "#sha256=..." at its end, which is fetched into the
//     folder that HF_DATASETS_CACHE names, or into datasets in HF_HOME, and needs no network again;
//   - a data set of the Hugging Face hub, "owner/name" or
//     "hf://datasets/owner/name": the files of the split that is wanted are fetched
//     into the cache of huggingface_hub (see datasets/hub, also for the environment
//     variables that matter; HF_DATASETS_OFFLINE goes before HF_HUB_OFFLINE) and read like those of a folder. A set without
//     such files is read from the hub's conversion to Parquet, if it has one.
//
// The card of a folder or a set of the hub, the YAML at the beginning of its README.md, says which files are which
// configuration and split (configs, see [WithConfig]), and which types columns have (dataset_info, or the file
// dataset_infos.json): labels in words become a ClassLabel, for example. WithFormat without WithConfig leaves it aside.
//
// A provenance that WriteFile left beside a file is read with it; see [Dataset.Provenance].
//
// Text must be UTF-8, with or without a byte order mark. Types come from the whole
// of the file. JSON values keep the types they have: integers among floats become
// floats, scalars of different kinds text, and dates stay text. CSV cells become
// integers, floats or bools where the whole column allows it, an empty cell is null,
// and so is NA, NaN, NULL and what else pandas takes for nothing, but in columns of text, where
// "None" may be a word. Three things stay text that pandas takes for numbers: numbers with leading zeros, integers beyond 64 bits,
// and columns named id or *_id unless all are integers (2401.00010 is a paper).
//
// Rows of corpora are sentences (document, tokens, ner_tags, text, entities), marked pairs (index, document, sentence, label,
// marks), documents (id, title, text, entities, relations ...) or papers (id, title, abstract ...). Spans are structs of type, text,
// start and end in bytes, char_start and char_end in characters; relations name entities by position.
//
// A table is taken for a corpus only where that is likely: CSV never, JSON if it is of BioC or SciBERT, TSV if its first line
// has an IOB tag or is BLUE's header, text if it is of PubTator or SciBERT or has brat's annotations beside it. WithFormat decides otherwise.
//
// Nothing but addresses and sets of the hub is fetched from the network.
func Load(ctx context.Context, name string, opts ...Option) (*Dataset, error) {
	o, err := loadOptions("Load", opts)
	if err != nil {
		return nil, err
	}
	loc, err := locate(ctx, name, o)
	if err != nil {
		return nil, err
	}
	o.meter = o.newMeter("reading "+name, 0)
	d, err := loc.load(ctx, o)
	o.meter.done(err)
	return d, err
}

// A Split is a set, and the name that it has among others.
type Split struct {
	Name string // "train", "validation", "test" ...
	*Dataset
}

// LoadSplits loads all splits of a data set, as Python's load_dataset does without a split, in their order. The name and the options
// are those of Load; a limit holds for each split.
func LoadSplits(ctx context.Context, name string, opts ...Option) (_ []Split, err error) {
	o, err := loadOptions("LoadSplits", opts)
	if err != nil {
		return nil, err
	}
	if o.split != "" {
		return nil, errors.New("datasets: WithSplit is for Load, and LoadSplits loads all splits")
	}
	loc, err := locate(ctx, name, o)
	if err != nil {
		return nil, err
	}
	o.meter = o.newMeter("reading "+name, 0)
	var splits []Split
	defer func() {
		o.meter.done(err)
		if err != nil {
			for _, s := range splits {
				s.Release()
			}
		}
	}()
	for _, s := range loc.splits {
		of := *o
		of.split = s
		d, err := loc.load(ctx, &of)
		if err != nil {
			return nil, err
		}
		splits = append(splits, Split{s, d})
	}
	return splits, nil
}

func loadOptions(caller string, opts []Option) (*options, error) {
	o, err := newOptions(opts)
	if err != nil {
		return nil, err
	}
	if o.chars || o.provenance != nil {
		return nil, fmt.Errorf("datasets: WithCharOffsets and WithProvenance are for Entities, Relations and Events, not for %s", caller)
	}
	return o, nil
}

// load reads what o asks for.
func (loc *location) load(ctx context.Context, o *options) (*Dataset, error) {
	d, err := loc.rows(ctx, o)
	if err != nil {
		return nil, err
	}
	if o.columns != nil && !slices.Equal(o.columns, d.Columns()) {
		defer d.Release()
		if d, err = d.SelectColumns(o.columns...); err != nil {
			return nil, err
		}
	}
	if o.limit >= 0 && d.NumRows() > o.limit {
		defer d.Release()
		d = d.Head(o.limit)
	}
	return d, nil
}

// rows reads the rows that o.split asks for.
func (loc *location) rows(ctx context.Context, o *options) (*Dataset, error) {
	name := loc.name
	parts, err := chooseSplits(name, loc.splits, o.split)
	if err != nil {
		return nil, err
	}
	reading := *o
	if len(parts) > 1 || !parts[0].whole() {
		reading.limit = -1 // shares need the number of rows, and sums the same types
	}
	whole := make(map[string]*Dataset)
	var taken []*Dataset
	defer func() {
		for _, d := range whole {
			d.Release()
		}
		for _, d := range taken {
			d.Release()
		}
	}()
	rows, sliced := 0, false
	for _, p := range parts {
		d := whole[p.name]
		if d == nil {
			files, err := loc.open(ctx, p.name)
			if err != nil {
				return nil, err
			}
			t, features, err := files.read(ctx, &reading)
			if err != nil {
				return nil, err
			}
			if d, err = own(name, o.mem, t, features); err != nil {
				return nil, err
			}
			whole[p.name] = d
		}
		from, to, err := p.rows(d.NumRows())
		if err != nil {
			return nil, fmt.Errorf("datasets: %q: %w", name, err)
		}
		taken = append(taken, d.slice(from, to))
		rows, sliced = rows+to-from, sliced || !p.whole()
	}
	if rows == 0 && sliced {
		return nil, fmt.Errorf("datasets: %q: split %q has no rows (%s)", name, o.split, sizes(loc.splits, whole))
	}
	d := taken[0]
	if len(taken) > 1 {
		if d, err = d.Concatenate(taken[1:]...); err != nil {
			return nil, fmt.Errorf("datasets: %q: split %q: %w", name, o.split, err)
		}
	} else {
		taken = nil
	}
	d.split = o.split
	return d, nil
}

// sizes says how many rows splits have.
func sizes(splits []string, sets map[string]*Dataset) string {
	var parts []string
	for _, s := range splits {
		if d := sets[s]; d != nil {
			parts = append(parts, fmt.Sprintf("%s has %d", s, d.NumRows()))
		}
	}
	return strings.Join(parts, ", ")
}

func noColumnIn(column, path string, have []string) error {
	return fmt.Errorf("datasets: %q: %w", path, noColumnAmong(column, have))
}

func noColumnAmong(column string, have []string) error {
	return fmt.Errorf("no column %q (has %s)", column, strings.Join(have, ", "))
}
