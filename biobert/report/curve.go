package report

// A Curve is how one figure depends on another: tokens per second on the length of documents, accuracy on sparsity.
type Curve struct {
	Title   string   `json:"title,omitempty"`
	X       Axis     `json:"x"`
	Y       Axis     `json:"y"`
	Series  []Series `json:"series"`
	Note    string   `json:"note,omitempty"` // what a reader needs to know beside the axes
	Machine *Machine `json:"machine,omitempty"`
}

// An Axis says what the figures in one direction of a Curve are.
type Axis struct {
	Name  string  `json:"name"`            // "tokens of a document"
	Unit  string  `json:"unit,omitempty"`  // "tokens/s", "%"
	Log   bool    `json:"log,omitempty"`   // equal distances are equal ratios; all figures are above zero
	Start float64 `json:"start,omitempty"` // where the upright axis begins if it is not logarithmic
	Whole bool    `json:"whole,omitempty"` // figures are whole numbers, such as threads
}

// A Series is the points of one model, or of one method.
type Series struct {
	Name      string  `json:"name"`
	Points    []Point `json:"points"`
	Loose     bool    `json:"loose,omitempty"`     // points that no line joins
	Reference bool    `json:"reference,omitempty"` // a figure to compare the others with: a dashed line without marks
}

// A Point is one measurement.
type Point struct {
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Label  string  `json:"label,omitempty"`  // what stands beside it: "90 %"
	Spread *Spread `json:"spread,omitempty"` // of Y over repetitions
}
