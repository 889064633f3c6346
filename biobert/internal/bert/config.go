package bert

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sort"
	"strconv"
)

// Config holds the hyper-parameters of a BERT encoder and its head, named as in HuggingFace's config.json.
type Config struct {
	ModelType    string   `json:"model_type"`
	Arch         []string `json:"architectures"`
	Hidden       int      `json:"hidden_size"`
	Layers       int      `json:"num_hidden_layers"`
	Heads        int      `json:"num_attention_heads"`
	Intermediate int      `json:"intermediate_size"`
	Act          string   `json:"hidden_act"`
	MaxPosition  int      `json:"max_position_embeddings"`
	TypeVocab    int      `json:"type_vocab_size"`
	Vocab        int      `json:"vocab_size"`
	LayerNormEps float64  `json:"layer_norm_eps"`
	PositionType string   `json:"position_embedding_type"`
	Decoder      bool     `json:"is_decoder"`
	ProblemType  string   `json:"problem_type"`
	NumLabels    *int     `json:"num_labels"`
	TaskParams   any      `json:"task_specific_params"` // see TaskParam
	Head         Head     `json:"-"`                    // from architectures
	Labels       []string `json:"-"`                    // index -> label, from id2label; of question answering its two outputs; nil of an encoder
}

// TaskParam returns what task_specific_params sets a parameter of a pipeline to, and "" if it does not: a checkpoint's
// own default, under the name of a task in transformers.
func (c *Config) TaskParam(task, name string) string {
	tasks, _ := c.TaskParams.(map[string]any)
	params, _ := tasks[task].(map[string]any)
	value, _ := params[name].(string)
	return value
}

// ErrArchitecture is wrapped by the error for a model that is not a BERT encoder, with one of the heads or without.
var ErrArchitecture = errors.New("unsupported architecture")

// limits against absurd sizes in a broken file: the largest BERT has 1,024 x 24.
const (
	maxWidth  = 1 << 16
	maxLayers = 1 << 10
	maxVocab  = 1 << 24
	maxLabels = 1 << 16
)

// ParseConfig reads a config.json.
func ParseConfig(b []byte) (*Config, error) {
	c := &Config{Act: "gelu", LayerNormEps: 1e-12, PositionType: "absolute", TypeVocab: 2, MaxPosition: 512}
	var labels struct {
		ID2Label map[string]json.RawMessage `json:"id2label"`
		Label2ID map[string]json.RawMessage `json:"label2id"`
	}
	if err := json.Unmarshal(b, c); err != nil {
		return nil, configError(err)
	}
	if err := json.Unmarshal(b, &labels); err != nil {
		return nil, configError(err)
	}
	if c.distil() {
		if err := c.readDistil(b); err != nil {
			return nil, err
		}
	}
	switch {
	case c.ModelType == "":
		return nil, fmt.Errorf("config.json: %w: no model_type (is this a HuggingFace checkpoint?)", ErrArchitecture)
	case c.ModelType != "bert" && !c.distil():
		return nil, fmt.Errorf("config.json: %w: model_type %q (supported: \"bert\", \"distilbert\")", ErrArchitecture, c.ModelType)
	case c.Decoder:
		return nil, fmt.Errorf("config.json: %w: is_decoder is true (only encoders are supported)", ErrArchitecture)
	case c.PositionType != "absolute" && c.PositionType != "":
		return nil, fmt.Errorf("config.json: %w: position_embedding_type %q (only \"absolute\" is supported)", ErrArchitecture, c.PositionType)
	}
	if len(c.Arch) > 0 {
		var ok bool
		if c.Head, ok = c.headOf(c.Arch[0]); !ok {
			return nil, fmt.Errorf("config.json: %w: %q (supported: %s)", ErrArchitecture, c.Arch[0], architectureNames())
		}
	} else if len(labels.ID2Label) == 0 && len(labels.Label2ID) == 0 {
		c.Head = Encoder // what old checkpoints do not say
	}
	if _, ok := activations[c.Act]; !ok {
		return nil, fmt.Errorf("config.json: %w: hidden_act %q (supported: gelu, gelu_new, gelu_pytorch_tanh)", ErrArchitecture, c.Act)
	}
	for _, d := range []struct {
		name   string
		v, max int
	}{
		{"hidden_size", c.Hidden, maxWidth}, {"num_hidden_layers", c.Layers, maxLayers}, {"num_attention_heads", c.Heads, maxWidth},
		{"intermediate_size", c.Intermediate, maxWidth}, {"max_position_embeddings", c.MaxPosition, maxWidth},
		{"type_vocab_size", c.TypeVocab, maxWidth}, {"vocab_size", c.Vocab, maxVocab},
	} {
		if d.v < 1 || d.v > d.max {
			return nil, fmt.Errorf("config.json: %s is %d (must be from 1 to %d)", d.name, d.v, d.max)
		}
	}
	if c.Hidden%c.Heads != 0 {
		return nil, fmt.Errorf("config.json: hidden_size %d is not a multiple of num_attention_heads %d", c.Hidden, c.Heads)
	}
	if c.MaxPosition < 8 {
		return nil, fmt.Errorf("config.json: max_position_embeddings is %d (too few to hold a word)", c.MaxPosition)
	}
	var err error
	if c.Labels, err = c.labels(labels.ID2Label, labels.Label2ID); err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	return c, nil
}

// labels returns the names of the outputs of the head.
func (c *Config) labels(id2label, label2id map[string]json.RawMessage) ([]string, error) {
	if c.NumLabels != nil && (*c.NumLabels < 1 || *c.NumLabels > maxLabels) {
		return nil, fmt.Errorf("num_labels is %d (must be from 1 to %d)", *c.NumLabels, maxLabels)
	}
	switch c.Head {
	case QuestionAnswering:
		return []string{"start", "end"}, nil
	case Encoder:
		return nil, nil
	}
	var names []string
	var err error
	if c.Head == SequenceClassification && len(id2label) == 0 && len(label2id) == 0 {
		n := 2 // that of transformers
		if c.NumLabels != nil {
			n = *c.NumLabels
		}
		for i := range n {
			names = append(names, fmt.Sprintf("LABEL_%d", i))
		}
	} else if names, err = labelNames(id2label, label2id); err != nil {
		return nil, err
	}
	if c.NumLabels != nil && *c.NumLabels != len(names) {
		return nil, fmt.Errorf("num_labels is %d, but there are names for %d labels", *c.NumLabels, len(names))
	}
	if c.Head != SequenceClassification {
		return names, nil
	}
	switch c.ProblemType {
	case MultiLabel:
		return names, nil // of one label too: it holds or not
	case "", SingleLabel:
		if len(names) == 1 {
			return nil, fmt.Errorf("%w: one label, which means regression (supported: classification, of two labels or more)", ErrArchitecture)
		}
		return names, nil
	case "regression":
		return nil, fmt.Errorf("%w: problem_type \"regression\" (supported: %s, %s)", ErrArchitecture, SingleLabel, MultiLabel)
	}
	return nil, fmt.Errorf("problem_type %q is unknown (have %s, %s)", c.ProblemType, SingleLabel, MultiLabel)
}

// configError words an error of encoding/json without the names of Go types.
func configError(err error) error {
	var t *json.UnmarshalTypeError
	if errors.As(err, &t) {
		want := "a JSON object"
		switch t.Type.Kind() {
		case reflect.Int:
			want = "a whole number"
		case reflect.Float64:
			want = "a number"
		case reflect.String:
			want = "a string"
		case reflect.Bool:
			want = "true or false"
		case reflect.Slice:
			want = "a list"
		}
		return fmt.Errorf("config.json: %q is a %s (want %s)", t.Field, t.Value, want)
	}
	return fmt.Errorf("config.json: %w", err)
}

// labelNames returns the labels in order. Configurations carry the map both ways, and some
// write labels as numbers or the numbers of label2id as strings.
func labelNames(id2label, label2id map[string]json.RawMessage) ([]string, error) {
	plain := func(raw json.RawMessage) string {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			s = string(raw)
		}
		return s
	}
	m := map[int]string{}
	for k, v := range id2label {
		i, err := strconv.Atoi(k)
		if err != nil {
			return nil, fmt.Errorf("id2label: key %q is not a number", k)
		}
		m[i] = plain(v)
	}
	if len(m) == 0 {
		for k, v := range label2id {
			i, err := strconv.Atoi(plain(v))
			if err != nil {
				return nil, fmt.Errorf("label2id: %q has the value %s, not a number", k, v)
			}
			m[i] = k
		}
	}
	if len(m) == 0 {
		return nil, errors.New("no id2label (a classifier needs the names of its labels)")
	}
	ids := make([]int, 0, len(m))
	for i := range m {
		ids = append(ids, i)
	}
	sort.Ints(ids)
	names := make([]string, len(ids))
	for i, id := range ids {
		if id != i {
			return nil, fmt.Errorf("id2label: numbers are not 0 to %d", len(ids)-1)
		}
		names[i] = m[id]
	}
	return names, nil
}
