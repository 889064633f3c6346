// Package ddiner registers the model "ddi-ner": named entity recognition of drugs, brands, groups of drugs and other active substances, a 6-layer BERT with 90 % of
// its encoder weights zero, in INT8.
// Import it for its effect:
//
//	import _ "github.com/sparsebio/sparsebio/biobert/models/ddiner"
//
//	ner, err := biobert.NewTokenClassification(ctx, "ddi-ner")
//
// README.md is its model card.
//
// The model was trained on the DDI corpus, which is free for non-commercial use only (CC BY-NC 4.0): so is the
// model. LICENSE in this folder says so.
package ddiner

import (
	_ "embed"

	"github.com/sparsebio/sparsebio/biobert/hub"
	_ "github.com/sparsebio/sparsebio/biobert/models/internal/minilm" // word embedding and vocabulary
)

//go:generate go run ../../cmd/sparsebio convert --model ${TRAIN}/ddi-ner/pruned90/model --table ../internal/minilm/minilm.sbm --output ddiner.sbm

//go:embed ddiner.sbm
var packed string

func init() { hub.Register("ddi-ner", packed) }
