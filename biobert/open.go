package biobert

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"unsafe"

	"github.com/sparsebio/sparsebio/biobert/hub"
	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/biobert/internal/locate"
	"github.com/sparsebio/sparsebio/biobert/internal/packed"
	"github.com/sparsebio/sparsebio/biobert/internal/token"
	"github.com/sparsebio/sparsebio/kernels"
)

// opened is a model with its tokenizer.
type opened struct {
	source  string // Info.Source
	note    string // Info.Note
	bert    *bert.Model
	tok     *token.Tokenizer
	notes   []string
	dir     string   // of a checkpoint
	weights []string // the paths of its weights
	files   []modelFile
	close   func() error
}

// openModel opens what name stands for, if it has the given head.
func openModel(ctx context.Context, name string, head bert.Head, op *options) (*opened, error) {
	if err := kernels.Check(); err != nil {
		return nil, fmt.Errorf("biobert: %w", err)
	}
	src, err := hub.Resolve(ctx, name, op.sourceOptions(head)...)
	if err != nil {
		return nil, err
	}
	where := sourceText(src)
	var o *opened
	path, err := locate.Path(ctx, src)
	switch {
	case err != nil:
	case path != "":
		if o, err = openCheckpoint(path, head, op); err == nil {
			src.Dir, src.File = o.dir, ""
		}
	case src.File != "":
		var f *packed.File
		if f, err = packed.OpenFile(src.File); err == nil {
			if o, err = openPacked(f, head, op); err != nil {
				f.Close()
			}
		}
	default:
		var f *packed.File
		if f, err = packed.Open(bytesOf(src.Packed)); err == nil {
			o, err = openPacked(f, head, op)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("biobert: model %q: %w", name, err)
	}
	o.source, o.note = where, src.Note
	if src.Note != "" {
		op.logger().Info("biobert: " + src.Note)
	}
	o.files = append(modelFiles(src, o.weights), o.files...)
	if n := o.tok.Overhead(); n != 2 {
		o.close()
		return nil, fmt.Errorf("biobert: model %q: its tokenizer puts %d pieces around a text, a BERT model wants two, [CLS] and [SEP]", name, n)
	}
	// Embeddings may be padded by some rows, but not by a tenth: then the vocabulary was cut short.
	if v, rows := o.tok.VocabSize(), o.bert.Vocab; v > rows || v <= rows-rows/10 {
		o.close()
		return nil, fmt.Errorf("biobert: model %q: the tokenizer has %d pieces, the word embedding %d rows (do vocab.txt or tokenizer.json and model.safetensors belong to the same model?)", name, v, rows)
	}
	return o, nil
}

// sourceOptions are those of hub.Resolve for a model with the given head.
func (o *options) sourceOptions(head bert.Head) []hub.Option {
	opts := []hub.Option{hub.WithConfigCheck(func(config []byte) error {
		c, err := bert.ParseConfig(config)
		if err != nil {
			return err
		}
		return checkHead(c.Head, head)
	})}
	if o.revision != "" {
		opts = append(opts, hub.WithRevision(o.revision))
	}
	if o.zoo != nil {
		opts = append(opts, hub.WithMirror(*o.zoo))
	}
	if o.fetcher != nil {
		opts = append(opts, hub.WithFetcher(o.fetcher))
	}
	switch {
	case o.silent:
		opts = append(opts, hub.WithProgress(nil))
	case o.progress != nil:
		opts = append(opts, hub.WithProgress(func(p hub.Progress) {
			o.progress(Progress{File: p.Repo + "/" + p.File, Bytes: p.Bytes, Size: max(p.Total, 0), Elapsed: p.Elapsed, Done: p.Done})
		}))
	}
	return opts
}

// sourceText is Info.Source.
func sourceText(src hub.Source) string {
	switch {
	case src.Packed != "":
		return "embedded " + src.Name
	case src.Repo != "":
		return src.Repo + "@" + src.Commit
	case src.Dir != "":
		return src.Dir
	}
	return src.File
}

// openCheckpoint opens a checkpoint folder, or a file of weights in one.
func openCheckpoint(path string, head bert.Head, op *options) (*opened, error) {
	c, err := bert.OpenCheckpoint(path)
	if err != nil {
		return nil, err
	}
	if err := checkHead(c.Config.Head, head); err != nil {
		c.Close()
		return nil, err
	}
	tok, err := token.Open(c.Dir)
	if err != nil {
		c.Close()
		return nil, err
	}
	m, err := c.Load(op.engine, op.form)
	if err != nil {
		c.Close()
		return nil, err
	}
	return &opened{bert: m, tok: tok, notes: tok.Notes(), dir: c.Dir, weights: c.Files(), close: c.Close}, nil
}

func openPacked(f *packed.File, head bert.Head, op *options) (*opened, error) {
	c, err := bert.ParseConfig(f.Config)
	if err != nil {
		return nil, err
	}
	if err := checkHead(c.Head, head); err != nil {
		return nil, err
	}
	table, err := tableOf(f)
	if err != nil {
		return nil, err
	}
	m, err := bert.OpenPacked(f, table, op.engine, op.form)
	if err != nil {
		return nil, err
	}
	def, err := table.Section("tokenizer", packed.Bytes, -1)
	if err != nil {
		return nil, err
	}
	tok, err := token.OpenBinary(def)
	if err != nil {
		return nil, err
	}
	o := &opened{bert: m, tok: tok, close: f.Close}
	if table != f {
		data, _ := hub.Table(f.Table)
		o.files = []modelFile{{name: f.Table, packed: data}}
	}
	return o, nil
}

// errNoHead is an encoder as pre-training leaves it, such as BioBERT itself.
var errNoHead = errors.New("it is an encoder without a head, which has learned to read and has not been taught a task")

// checkHead refuses a model that was made for another task.
func checkHead(have, want bert.Head) error {
	switch have {
	case want:
		return nil
	case bert.Encoder:
		return fmt.Errorf("%w, and %s needs one (fine-tune it for that first, as transformers does, or open a model that is, such as \"jnlpba\")", errNoHead, want)
	}
	return fmt.Errorf("it is made for %s, not for %s (open it with %s)", have, want, constructors[have])
}

// bytesOf returns the bytes of s without copying them; they must not be written to.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// Convert writes the checkpoint called model, by any name that the constructors of pipelines take and whichever of them it is for,
// as a packed model file at path, for the engine "dense" (half-precision weights) or "sparse" (INT8). Embedded models and packed files are refused.
// The word embedding, in INT8, and the vocabulary go into the same file, or are those of the packed table at tablePath if that is
// not empty. The file at path is replaced as a whole or not at all. ctx ends the fetching of a model.
func Convert(ctx context.Context, model, path, engine, tablePath string) error {
	e := bert.Engine(engine)
	if e != bert.Dense && e != bert.Sparse {
		return fmt.Errorf("biobert: convert %q: unknown engine %q (have dense, sparse)", model, engine)
	}
	return convert(ctx, model, path, func(c *bert.Checkpoint) (*packed.Writer, error) {
		if c.Config.Head == bert.Encoder {
			return nil, fmt.Errorf("%w (a packed file is of a model for a task; sparsebio compress takes encoders, too)", errNoHead)
		}
		meta := packed.Meta{Name: filepath.Base(model)}
		if tablePath != "" {
			t, err := packed.OpenFile(tablePath)
			if err != nil {
				return nil, err
			}
			defer t.Close()
			if want := []int{c.Config.Vocab, c.Config.Hidden}; !slices.Equal(t.Shape("embeddings.word"), want) {
				return nil, fmt.Errorf("table %q is %v, the model wants %v", tablePath, t.Shape("embeddings.word"), want)
			}
			meta.Table, meta.TableCRC = t.Name, t.CRC
		}
		w, err := c.Export(e, meta)
		if err == nil && tablePath == "" {
			err = addTable(w, c)
		}
		return w, err
	})
}

// ConvertTable writes the word embedding of a checkpoint, in INT8, and its vocabulary as a packed table called name at path, for several
// models to share. The checkpoint is called model, as for Convert.
func ConvertTable(ctx context.Context, model, path, name string) error {
	return convert(ctx, model, path, func(c *bert.Checkpoint) (*packed.Writer, error) {
		w := &packed.Writer{Meta: packed.Meta{Name: name}}
		return w, addTable(w, c)
	})
}

// convert writes what pack makes of the checkpoint called model at path. What pack gives refers to the checkpoint.
func convert(ctx context.Context, model, path string, pack func(*bert.Checkpoint) (*packed.Writer, error)) error {
	src, err := locate.Resolve(ctx, model)
	if err != nil {
		return err
	}
	fail := func(err error) error { return fmt.Errorf("biobert: convert %q: %w", model, err) }
	at, err := locate.Checkpoint(ctx, src, "it opens as it is; to write it anew, start from the checkpoint that it was made of")
	if err != nil {
		return fail(err)
	}
	c, err := bert.OpenCheckpoint(at)
	if err != nil {
		return fail(err)
	}
	defer c.Close()
	w, err := pack(c)
	if err == nil {
		err = bert.WriteFile(path, w)
	}
	if err != nil {
		return fail(err)
	}
	return nil
}

func addTable(w *packed.Writer, c *bert.Checkpoint) error {
	tok, err := token.Open(c.Dir)
	if err != nil {
		return err
	}
	b, err := tok.AppendBinary(nil)
	if err != nil {
		return err
	}
	w.Add("tokenizer", packed.Bytes, b, len(b))
	return c.ExportTable(w)
}
