// Package jnlpba registers the model "jnlpba": named entity recognition of proteins, DNA, RNA, cell
// types and cell lines, a 6-layer BERT with 90 % of its encoder weights zero, in INT8.
// Import it for its effect:
//
//	import _ "github.com/sparsebio/sparsebio/biobert/models/jnlpba"
//
//	ner, err := biobert.NewTokenClassification(ctx, "jnlpba")
//
// README.md is its model card.
package jnlpba

import (
	_ "embed"

	"github.com/sparsebio/sparsebio/biobert/hub"
	_ "github.com/sparsebio/sparsebio/biobert/models/internal/minilm" // word embedding and vocabulary
)

//go:generate go run ../../cmd/sparsebio convert --model ${SPARSEBIO_SHARED}/models/jnlpba-pruned90 --table ../internal/minilm/minilm.sbm --output jnlpba.sbm

//go:embed jnlpba.sbm
var packed string

func init() { hub.Register("jnlpba", packed) }
