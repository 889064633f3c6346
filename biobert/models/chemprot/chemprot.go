// Package chemprot registers the model "chemprot": relations between chemicals and genes or proteins, a 6-layer BERT with 90 % of
// its encoder weights zero, in INT8.
// It brings chemprot-ner, which finds the entities, with it.
// Import it for its effect:
//
//	import _ "github.com/sparsebio/sparsebio/biobert/models/chemprot"
//
//	relations, err := biobert.NewRelationExtraction(ctx, "chemprot")
//
// README.md is its model card.
package chemprot

import (
	_ "embed"

	"github.com/sparsebio/sparsebio/biobert/hub"
	_ "github.com/sparsebio/sparsebio/biobert/models/chemprotner"     // finds the entities
	_ "github.com/sparsebio/sparsebio/biobert/models/internal/minilm" // word embedding and vocabulary
)

//go:generate go run ../../cmd/sparsebio convert --model ${TRAIN}/chemprot/pruned90/model --table ../internal/minilm/minilm.sbm --output chemprot.sbm

//go:embed chemprot.sbm
var packed string

func init() { hub.Register("chemprot", packed) }
