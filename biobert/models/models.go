// Package models registers every model that ships with the module. A program or notebook
// that needs one only imports that model's package instead and links less:
//
//	import _ "github.com/sparsebio/sparsebio/biobert/models/jnlpba"
//
// One of them, ddi-ner, is free for non-commercial use only: see LICENSE in its folder.
package models

import (
	_ "github.com/sparsebio/sparsebio/biobert/models/bc2gm"        // genes and proteins
	_ "github.com/sparsebio/sparsebio/biobert/models/chemprot"     // relations of chemicals and genes, with chemprot-ner
	_ "github.com/sparsebio/sparsebio/biobert/models/ddiner"       // drugs
	_ "github.com/sparsebio/sparsebio/biobert/models/jnlpba"       // proteins, DNA, RNA, cell types and cell lines
	_ "github.com/sparsebio/sparsebio/biobert/models/jnlpba/dense" // its dense twin
)
