// Package bc2gm registers the model "bc2gm": named entity recognition of genes and proteins, as one type, a 6-layer BERT with 90 % of
// its encoder weights zero, in INT8.
// Import it for its effect:
//
//	import _ "github.com/sparsebio/sparsebio/biobert/models/bc2gm"
//
//	ner, err := biobert.NewTokenClassification(ctx, "bc2gm")
//
// README.md is its model card.
package bc2gm

import (
	_ "embed"

	"github.com/sparsebio/sparsebio/biobert/hub"
	_ "github.com/sparsebio/sparsebio/biobert/models/internal/minilm" // word embedding and vocabulary
)

//go:generate go run ../../cmd/sparsebio convert --model ${TRAIN}/bc2gm/pruned90/model --table ../internal/minilm/minilm.sbm --output bc2gm.sbm

//go:embed bc2gm.sbm
var packed string

func init() { hub.Register("bc2gm", packed) }
