// Package minilm registers the word embedding that the embedded models share, in INT8
// with a scale per row, and its vocabulary, that of bert-base-uncased.
package minilm

import (
	_ "embed"

	"github.com/sparsebio/sparsebio/biobert/hub"
)

//go:generate go run ../../../cmd/sparsebio convert --model ${SPARSEBIO_SHARED}/models/jnlpba-pruned90 --table-name minilm --output minilm.sbm

//go:embed minilm.sbm
var packed string

func init() { hub.RegisterTable("minilm", packed) }
