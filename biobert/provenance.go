package biobert

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sparsebio/sparsebio/biobert/hub"
	"github.com/sparsebio/sparsebio/biobert/report"
)

// provenance describes the program and how it used the model. The first call reads the files of the model, which
// takes about a second a gigabyte; embedded models take some hundredths of one.
func (p *pipeline) provenance(task string, options map[string]string) report.Provenance {
	r := report.NewProvenance()
	p.mu.Lock()
	r.Started, r.Finished = p.started, p.finished
	p.mu.Unlock()
	r.Models = []report.ModelUse{{
		Task: task, Name: p.name, Files: p.sums(), Engine: p.Info().Engine, Kernel: p.model.Kernel(), Threads: p.opt.threads, Options: options,
	}}
	return r
}

// Provenance says what made the results so far: this build of the library, the model with checksums of its files, its
// options, and when the first and the last text were read. Data and Command are for the caller to fill in. A file that was
// changed or removed since the model was opened has an empty checksum. It may be called at any time, and after Close.
func (p *TokenClassification) Provenance() report.Provenance {
	return p.provenance("token-classification", p.opt.entityOptions())
}

// Provenance says what made the results so far; see [TokenClassification.Provenance].
func (p *TextClassification) Provenance() report.Provenance {
	return p.provenance("text-classification", map[string]string{
		"top_k": strconv.Itoa(p.opt.topK), "function_to_apply": p.task.(*textTask).function, "truncation": strconv.FormatBool(p.opt.truncate),
	})
}

// Provenance says what made the results so far; see [TokenClassification.Provenance].
func (p *QuestionAnswering) Provenance() report.Provenance {
	return p.provenance("question-answering", map[string]string{
		"top_k": strconv.Itoa(p.opt.topK), "stride": strconv.Itoa(p.opt.stride), "max_answer_len": strconv.Itoa(p.opt.longest), "no_answer": strconv.FormatBool(p.opt.noAnswer),
	})
}

// Provenance says what made the results so far: the model of entities, if there is one, and that of relations. See
// [TokenClassification.Provenance].
func (p *RelationExtraction) Provenance() report.Provenance {
	s := p.scheme
	r := p.relations.provenance("relation-extraction", map[string]string{
		"min_score": strconv.FormatFloat(p.opt.minScore, 'g', -1, 64), "given_entities": strconv.FormatBool(p.entities == nil),
		"source": strings.Join(s.Source, ","), "target": strings.Join(s.Target, ","),
		"marks": s.SourceMark + " " + s.TargetMark, "directed": strconv.FormatBool(s.Directed),
	})
	if p.entities == nil {
		return r
	}
	e := p.entities.Provenance()
	r.Models = append(e.Models, r.Models...)
	r.Started = earlier(r.Started, e.Started)
	if e.Finished.After(r.Finished) {
		r.Finished = e.Finished
	}
	return r
}

// earlier returns the earlier of two times, or the one that is set.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func (o *options) entityOptions() map[string]string {
	return map[string]string{"aggregation": string(o.strategy), "stride": strconv.Itoa(o.stride), "ignore_labels": strings.Join(o.ignore, ",")}
}

// A modelFile is a file that a model was opened from: embedded, or on disk.
type modelFile struct {
	name, packed string
	path         string
	info         fs.FileInfo // as it was then
}

// modelFiles lists the files of a model, those of a checkpoint's weights first.
func modelFiles(src hub.Source, weights []string) []modelFile {
	paths := []string{src.File}
	switch {
	case src.Packed != "":
		return []modelFile{{name: src.Name, packed: src.Packed}}
	case src.Dir != "":
		paths = slices.Clone(weights)
		for _, name := range []string{"config.json", "tokenizer.json", "vocab.txt", "tokenizer_config.json"} {
			paths = append(paths, filepath.Join(src.Dir, name))
		}
	}
	var files []modelFile
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil {
			files = append(files, modelFile{name: filepath.Base(path), path: path, info: info})
		}
	}
	return files
}

func sumsOf(files []modelFile) []report.FileSum {
	sums := make([]report.FileSum, len(files))
	for i, f := range files {
		sums[i] = report.FileSum{Name: f.name}
		if sum, err := f.sum(); err == nil {
			sums[i].SHA256 = hex.EncodeToString(sum)
		}
	}
	return sums
}

var errChangedFile = errors.New("not the file that was opened")

func (f *modelFile) sum() ([]byte, error) {
	if f.path == "" {
		sum := sha256.Sum256(bytesOf(f.packed))
		return sum[:], nil
	}
	file, err := os.Open(f.path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return nil, err
	}
	now, err := file.Stat() // after reading, so that a change meanwhile shows
	if err != nil {
		return nil, err
	}
	if !os.SameFile(now, f.info) || now.Size() != f.info.Size() || !now.ModTime().Equal(f.info.ModTime()) {
		return nil, errChangedFile
	}
	return h.Sum(nil), nil
}
