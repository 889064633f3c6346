package datasets

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/sparsebio/sparsebio/biobert/report"
	"github.com/sparsebio/sparsebio/datasets/internal/atomicfile"
)

// ProvenanceKey is where the schema's metadata of a table, and so an Arrow or Parquet file, holds where the
// values came from: the JSON form of a [report.Provenance]. In Python:
//
//	pq.read_schema("entities.parquet").metadata[b"sparsebio.provenance"]
const ProvenanceKey = "sparsebio.provenance"

// ProvenanceSuffix is what [Dataset.WriteFile] appends to the name of a file that has no room for a
// provenance to name the file beside it that holds it: entities.csv.provenance.json.
const ProvenanceSuffix = ".provenance.json"

// ErrNoProvenance is wrapped by the error of [Dataset.Provenance] for a set without a provenance, which was not computed.
var ErrNoProvenance = errors.New("no provenance")

// WithProvenance returns d with a record of where its values came from, replacing one that it has, and
// sharing memory with d. It is kept by all verbs and by files (beside those of text formats); Concatenate keeps it if
// all sets have the same, and Load, of several files, if all have.
func (d *Dataset) WithProvenance(p report.Provenance) (*Dataset, error) {
	v, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("datasets: provenance of data set %q: %w", d.name, err)
	}
	cols := make([]arrow.Column, len(d.cols))
	for k := range cols {
		cols[k] = *d.table.Column(k)
	}
	schema := setMetadata(d.table.Schema(), ProvenanceKey, string(v))
	return d.derive(array.NewTable(schema, cols, d.table.NumRows()), d.features), nil
}

// Provenance returns the record of where the values of d came from. The error wraps [ErrNoProvenance] if
// there is none.
func (d *Dataset) Provenance() (report.Provenance, error) {
	var p report.Provenance
	v, ok := d.table.Schema().Metadata().GetValue(ProvenanceKey)
	if !ok {
		return p, fmt.Errorf("datasets: data set %q: %w", d.name, ErrNoProvenance)
	}
	if err := json.Unmarshal([]byte(v), &p); err != nil {
		return report.Provenance{}, fmt.Errorf("datasets: data set %q: provenance: %w", d.name, err)
	}
	return p, nil
}

// Source describes d as what a pipeline read, for the Data of a [report.Provenance]. Column names the
// column of texts, if there is one. It reads all of d; see [Dataset.Fingerprint].
func (d *Dataset) Source(column string) *report.DataUse {
	return &report.DataUse{Name: d.name, Split: d.split, Column: column, Rows: d.NumRows(), Fingerprint: d.Fingerprint()}
}

// provenanceOf returns the metadata of a table that verbs hand on.
func provenanceOf(t arrow.Table) *arrow.Metadata {
	v, ok := t.Schema().Metadata().GetValue(ProvenanceKey)
	if !ok {
		return nil
	}
	md := arrow.NewMetadata([]string{ProvenanceKey}, []string{v})
	return &md
}

// sharedProvenance is provenanceOf for sets that are joined: nothing unless all have the same.
func sharedProvenance(sets ...*Dataset) *arrow.Metadata {
	md := provenanceOf(sets[0].table)
	for _, d := range sets[1:] {
		if other := provenanceOf(d.table); md == nil || other == nil || !md.Equal(*other) {
			return nil
		}
	}
	return md
}

// writeProvenance makes the file beside the one at path, to which text formats are written.
func (d *Dataset) writeProvenance(path string) error {
	v, ok := d.table.Schema().Metadata().GetValue(ProvenanceKey)
	if !ok {
		return nil
	}
	var b bytes.Buffer
	err := json.Indent(&b, []byte(v), "", "  ")
	if err == nil {
		b.WriteByte('\n')
		err = atomicfile.Write(path+ProvenanceSuffix, func(w io.Writer) error { _, err := b.WriteTo(w); return err })
	}
	if err != nil {
		return writeError(path+ProvenanceSuffix, err)
	}
	return nil
}

// removeProvenance removes the file beside the one at path, which is about to be replaced.
func removeProvenance(path string) error {
	err := os.Remove(path + ProvenanceSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// readProvenance returns what lies beside files of a text format, as the metadata of a table: nil unless all have the same.
func readProvenance(paths []string) (*arrow.Metadata, error) {
	var first string
	for i, path := range paths {
		v, err := provenanceBeside(path)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			first = v
		}
		if v == "" || v != first {
			return nil, nil
		}
	}
	if first == "" {
		return nil, nil
	}
	md := arrow.NewMetadata([]string{ProvenanceKey}, []string{first})
	return &md, nil
}

// provenanceBeside returns the JSON of the provenance beside a file, or "".
func provenanceBeside(path string) (string, error) {
	const most = 1 << 20
	name := path + ProvenanceSuffix
	st, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err == nil && st.Size() > most:
		err = fmt.Errorf("of %d bytes, which no provenance has", st.Size())
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(name)
	}
	var p report.Provenance
	if err == nil {
		err = json.Unmarshal(data, &p)
	}
	var b bytes.Buffer
	if err == nil {
		err = json.Compact(&b, data)
	}
	if err != nil {
		return "", fmt.Errorf("datasets: the provenance %q: %w (remove it to read %q without)", name, withoutPath(err), path)
	}
	return b.String(), nil
}
