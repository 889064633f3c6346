// Package ddi registers the model "ddi": interactions between drugs, a 6-layer BERT with 90 % of
// its encoder weights zero, in INT8.
// It brings ddi-ner, which finds the drugs, with it.
// Import it for its effect:
//
//	import _ "github.com/sparsebio/sparsebio/biobert/models/ddi"
//
//	relations, err := biobert.NewRelationExtraction(ctx, "ddi")
//
// README.md is its model card.
//
// The model was trained on the DDI corpus, which is free for non-commercial use only (CC BY-NC 4.0): so is the
// model. LICENSE in this folder says so.
package ddi

import (
	_ "embed"

	"github.com/sparsebio/sparsebio/biobert/hub"
	_ "github.com/sparsebio/sparsebio/biobert/models/ddiner"          // finds the entities
	_ "github.com/sparsebio/sparsebio/biobert/models/internal/minilm" // word embedding and vocabulary
)

//go:generate go run ../../cmd/sparsebio convert --model ${TRAIN}/ddi/pruned90/model --table ../internal/minilm/minilm.sbm --output ddi.sbm

//go:embed ddi.sbm
var packed string

func init() { hub.Register("ddi", packed) }
