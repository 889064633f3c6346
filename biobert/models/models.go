// Package models registers every model that ships with the module. A program or notebook
// that needs one only imports that model's package instead and links less:
//
//	import _ "github.com/sparsebio/sparsebio/biobert/models/jnlpba"
//
// Two of them, ddi and ddi-ner, are free for non-commercial use only: see LICENSE in their folders.
package models

import (
	_ "github.com/sparsebio/sparsebio/biobert/models/bc2gm"        // genes and proteins
	_ "github.com/sparsebio/sparsebio/biobert/models/chemprot"     // relations of chemicals and genes, with chemprot-ner
	_ "github.com/sparsebio/sparsebio/biobert/models/ddi"          // interactions of drugs, with ddi-ner
	_ "github.com/sparsebio/sparsebio/biobert/models/jnlpba"       // proteins, DNA, RNA, cell types and cell lines
	_ "github.com/sparsebio/sparsebio/biobert/models/jnlpba/dense" // its dense twin
)
