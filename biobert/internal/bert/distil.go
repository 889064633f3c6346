package bert

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
)

// DistilBERT (Sanh et al., arXiv 1910.01108) is a BERT without token types and pooler, whose parts transformers calls by other names. It is read as that BERT.

// distil says whether a configuration is that of a DistilBERT.
func (c *Config) distil() bool { return c.ModelType == "distilbert" }

// readDistil reads what the config.json of a DistilBERT says in its own words.
func (c *Config) readDistil(b []byte) error {
	var d struct {
		Hidden       int    `json:"dim"`
		Layers       int    `json:"n_layers"`
		Heads        int    `json:"n_heads"`
		Intermediate int    `json:"hidden_dim"`
		Act          string `json:"activation"`
	}
	d.Act = "gelu"
	if err := json.Unmarshal(b, &d); err != nil {
		return configError(err)
	}
	c.Hidden, c.Layers, c.Heads, c.Intermediate, c.Act = d.Hidden, d.Layers, d.Heads, d.Intermediate, d.Act
	c.TypeVocab, c.LayerNormEps = 1, 1e-12
	return nil
}

// headOf returns the head of an architecture, and whether there is one. That of a DistilBERT that classifies texts has layers of its own.
func (c *Config) headOf(architecture string) (Head, bool) {
	if !c.distil() {
		return headOf(architecture)
	}
	name, ok := strings.CutPrefix(architecture, "Distil")
	h, known := headOf(name)
	return h, ok && known && h != SequenceClassification
}

// what names the architecture in an error.
func (c *Config) what() string {
	name := "BERT"
	if c.distil() {
		name = "DistilBERT"
	}
	if c.Head == Encoder {
		name += " without a head"
	}
	return name
}

// AsBERT returns a config.json as that of the BERT that its model is read as: itself, unless it is a DistilBERT's.
func AsBERT(config []byte) ([]byte, error) {
	c, err := ParseConfig(config)
	if err != nil || !c.distil() {
		return config, err
	}
	var m map[string]any
	if err := json.Unmarshal(config, &m); err != nil {
		return nil, configError(err)
	}
	for _, name := range []string{"dim", "n_layers", "n_heads", "hidden_dim", "activation", "sinusoidal_pos_embds", "tie_weights_", "qa_dropout", "seq_classif_dropout"} {
		delete(m, name)
	}
	m["model_type"], m["architectures"] = "bert", []string{heads[c.Head].architecture}
	m["hidden_size"], m["num_hidden_layers"], m["num_attention_heads"], m["intermediate_size"] = c.Hidden, c.Layers, c.Heads, c.Intermediate
	m["hidden_act"], m["type_vocab_size"], m["layer_norm_eps"] = c.Act, c.TypeVocab, c.LayerNormEps
	b, err := json.MarshalIndent(m, "", "  ")
	return append(b, '\n'), err
}

// distilNames are what the parts of a layer are called, in pairs with BERT's names.
var distilNames = [][2]string{
	{"attention.q_lin", "attention.self.query"}, {"attention.k_lin", "attention.self.key"}, {"attention.v_lin", "attention.self.value"},
	{"attention.out_lin", "attention.output.dense"}, {"sa_layer_norm", "attention.output.LayerNorm"},
	{"ffn.lin1", "intermediate.dense"}, {"ffn.lin2", "output.dense"}, {"output_layer_norm", "output.LayerNorm"},
}

var distilLayer = regexp.MustCompile(`^transformer\.layer\.(\d+)\.(.+)\.(weight|bias)$`)

// distilName returns BERT's name of a tensor, or "" if BERT has none like it.
func distilName(name string) string {
	if strings.HasPrefix(name, "classifier.") || strings.HasPrefix(name, "qa_outputs.") {
		return name
	}
	name = strings.TrimPrefix(name, "distilbert.")
	if strings.HasPrefix(name, "embeddings.") {
		return "bert." + name
	}
	if m := distilLayer.FindStringSubmatch(name); m != nil {
		for _, p := range distilNames {
			if m[2] == p[0] {
				return fmt.Sprintf("bert.encoder.layer.%s.%s.%s", m[1], p[1], m[3])
			}
		}
	}
	return ""
}

// A distil is the weights of a DistilBERT under BERT's names, with token types that add nothing.
type distil struct {
	source
	of    map[string]string // what a tensor is called in the file
	types safetensors.Tensor
}

func newDistil(s source, c *Config) *distil {
	d := &distil{source: s, of: map[string]string{}}
	for _, name := range s.Names() {
		if n := distilName(name); n != "" {
			d.of[n] = name
		}
	}
	d.types = safetensors.Tensor{
		Name: "bert.embeddings.token_type_embeddings.weight", DType: safetensors.F32, Shape: []int{c.TypeVocab, c.Hidden},
		Data: make([]byte, 4*c.TypeVocab*c.Hidden),
	}
	return d
}

func (d *distil) Names() []string {
	names := []string{d.types.Name}
	for name := range d.of {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (d *distil) Info(name string) (safetensors.Tensor, error) { return d.tensor(name, d.source.Info) }

func (d *distil) Tensor(name string) (safetensors.Tensor, error) {
	return d.tensor(name, d.source.Tensor)
}

func (d *distil) tensor(name string, get func(string) (safetensors.Tensor, error)) (safetensors.Tensor, error) {
	if name == d.types.Name {
		return d.types, nil
	}
	in, ok := d.of[name]
	if !ok {
		return safetensors.Tensor{}, fmt.Errorf("%s: tensor %q, or what a DistilBERT calls it: %w", d.Files()[0], name, safetensors.ErrNoTensor)
	}
	t, err := get(in)
	t.Name = name
	return t, err
}
