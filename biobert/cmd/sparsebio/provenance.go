package main

import (
	"maps"
	"os"
	"path/filepath"

	"github.com/sparsebio/sparsebio/biobert/report"
	"github.com/sparsebio/sparsebio/datasets"
)

// provenance adds to what a pipeline says of its results what they were made from and how: the column text of set,
// this command, and the unit of offsets.
func provenance(p report.Provenance, set *datasets.Dataset, text, offsets string) report.Provenance {
	p.Data = set.Source(text)
	p.Command = append([]string{filepath.Base(os.Args[0])}, os.Args[1:]...)
	p.Options = maps.Clone(p.Options)
	if p.Options == nil {
		p.Options = make(map[string]string)
	}
	p.Options["offsets"] = map[string]string{"bytes": "bytes", "chars": "characters"}[offsets]
	return p
}
