// Package chemprotner registers the model "chemprot-ner": named entity recognition of chemicals and of genes or proteins, a 6-layer BERT with 90 % of
// its encoder weights zero, in INT8.
// Import it for its effect:
//
//	import _ "github.com/sparsebio/sparsebio/biobert/models/chemprotner"
//
//	ner, err := biobert.NewTokenClassification(ctx, "chemprot-ner")
//
// README.md is its model card.
package chemprotner

import (
	_ "embed"

	"github.com/sparsebio/sparsebio/biobert/hub"
	_ "github.com/sparsebio/sparsebio/biobert/models/internal/minilm" // word embedding and vocabulary
)

//go:generate go run ../../cmd/sparsebio convert --model ${TRAIN}/chemprot-ner/pruned90/model --table ../internal/minilm/minilm.sbm --output chemprotner.sbm

//go:embed chemprotner.sbm
var packed string

func init() { hub.Register("chemprot-ner", packed) }
