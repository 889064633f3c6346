// Package models registers every model that ships with the module. A program or notebook
// that needs one only imports that model's package instead and links less:
//
//	import _ "github.com/sparsebio/sparsebio/biobert/models/jnlpba"
package models

import (
	_ "github.com/sparsebio/sparsebio/biobert/models/jnlpba"       // sparse INT8
	_ "github.com/sparsebio/sparsebio/biobert/models/jnlpba/dense" // its dense twin
)
