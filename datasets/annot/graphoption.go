package annot

// A GraphOption changes what CoMentions, RelationGraph, Frequencies, CoOccurrences and ByYear keep. Zero and negative
// values mean no limit, which is the default of every limit.
type GraphOption func(*graphConfig)

type graphConfig struct {
	minMentions, minSentences, maxNodes, maxEvidence int
	minScore                                         float64
	unrelated, withinDocuments                       bool
	merging                                          Merging
}

func newGraphConfig(options []GraphOption) graphConfig {
	c := graphConfig{merging: MergeAll}
	for _, o := range options {
		o(&c)
	}
	return c
}

// WithMinMentions leaves out things mentioned fewer than n times.
func WithMinMentions(n int) GraphOption { return func(c *graphConfig) { c.minMentions = n } }

// WithMinSentences leaves out edges found in fewer than n sentences.
func WithMinSentences(n int) GraphOption { return func(c *graphConfig) { c.minSentences = n } }

// WithMinScore leaves out what the model was less sure of than score, from 0 to 1:
// the entities of CoMentions, the relations of RelationGraph.
func WithMinScore(score float64) GraphOption { return func(c *graphConfig) { c.minScore = score } }

// WithMaxNodes keeps the n things mentioned most.
func WithMaxNodes(n int) GraphOption { return func(c *graphConfig) { c.maxNodes = n } }

// WithMaxEvidence keeps the first n sentences of each edge; Edge.Count still
// says how many there were.
func WithMaxEvidence(n int) GraphOption { return func(c *graphConfig) { c.maxEvidence = n } }

// WithUnrelated makes RelationGraph keep the things that no edge joins. CoMentions
// keeps them always.
func WithUnrelated() GraphOption { return func(c *graphConfig) { c.unrelated = true } }

// WithinDocuments makes CoOccurrences count documents in place of sentences.
func WithinDocuments() GraphOption { return func(c *graphConfig) { c.withinDocuments = true } }
