// Package dense registers the model "jnlpba-dense": the dense twin of the model "jnlpba", of the
// same size before pruning, to compare it with in accuracy and speed. Its weights are stored in half
// precision and run in fp32. Import it for its effect:
//
//	import _ "github.com/sparsebio/sparsebio/biobert/models/jnlpba/dense"
package dense

import (
	_ "embed"

	"github.com/sparsebio/sparsebio/biobert/hub"
	_ "github.com/sparsebio/sparsebio/biobert/models/internal/minilm" // word embedding and vocabulary
)

//go:generate go run ../../../cmd/sparsebio convert --model ${SPARSEBIO_SHARED}/models/jnlpba-dense --engine dense --table ../../internal/minilm/minilm.sbm --output dense.sbm

//go:embed dense.sbm
var packed string

func init() { hub.Register("jnlpba-dense", packed) }
