package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sparsebio/sparsebio/biobert/internal/berttest"
	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
)

// idle is the standard deviation of what enlarge's additional layers write to the stream, small beside 1, that of a normalized vector.
const idle = 0.001

// enlarge writes to the folder to the checkpoint of a token classifier in the folder from, with all widths and the number of layers doubled and a cased
// vocabulary of n pieces at most. It computes what the small one computes, but for a little noise, as in Net2Net (Chen et al. 2016): each unit is there
// twice, and those that read it divide the weight among the two; each layer is followed by one that adds next to nothing. Weights go into
// a pytorch_model.bin in the old format and with the old names, as BioBERT has them on the hub.
func enlarge(from, to string, n int) error {
	raw, err := os.ReadFile(filepath.Join(from, "config.json"))
	if err != nil {
		return err
	}
	var config map[string]any
	var size struct {
		Layers int `json:"num_hidden_layers"`
		Hidden int `json:"hidden_size"`
		Heads  int `json:"num_attention_heads"`
		Inner  int `json:"intermediate_size"`
	}
	if err := errors.Join(json.Unmarshal(raw, &config), json.Unmarshal(raw, &size)); err != nil {
		return err
	}
	vocab, err := os.ReadFile(filepath.Join(from, "vocab.txt"))
	if err != nil {
		return err
	}
	pieces, rows := cased(strings.Split(strings.TrimSuffix(string(vocab), "\n"), "\n"), n)

	f, err := safetensors.Open(filepath.Join(from, "model.safetensors"))
	if err != nil {
		return err
	}
	defer f.Close()
	e := enlarger{f: f, r: rand.New(rand.NewPCG(1, 2))}
	hidden, inner, heads := axis{size.Hidden, size.Hidden}, axis{size.Inner, size.Inner}, axis{size.Hidden, size.Hidden / size.Heads}

	e.rows("bert.embeddings.word_embeddings.weight", rows, size.Hidden)
	for _, name := range []string{"position_embeddings", "token_type_embeddings"} {
		e.rows("bert.embeddings."+name+".weight", nil, size.Hidden)
	}
	e.norm("bert.embeddings", "bert.embeddings", hidden)
	for i := range size.Layers {
		old, at, next := layer(i), layer(2*i), layer(2*i+1)
		for _, name := range []string{"query", "key", "value"} {
			scale := 1.0
			if name == "query" {
				scale = math.Sqrt2 / 2 // a head's products are twice as large, and divided by the root of twice its size
			}
			e.linear(old+"attention.self."+name, at+"attention.self."+name, heads, hidden, scale)
		}
		e.linear(old+"attention.output.dense", at+"attention.output.dense", hidden, heads, 1)
		e.norm(old+"attention.output", at+"attention.output", hidden)
		e.linear(old+"intermediate.dense", at+"intermediate.dense", inner, hidden, 1)
		e.linear(old+"output.dense", at+"output.dense", hidden, inner, 1)

		// To normalize twice changes nothing as long as scale and shift come after the second time.
		e.norm("", at+"output", hidden)
		for _, name := range []string{"query", "key", "value"} {
			e.random(next+"attention.self."+name, hidden, hidden, 0.02)
		}
		e.random(next+"attention.output.dense", hidden, hidden, idle)
		e.norm("", next+"attention.output", hidden)
		e.random(next+"intermediate.dense", inner, hidden, 0.02)
		e.random(next+"output.dense", hidden, inner, idle)
		e.norm(old+"output", next+"output", hidden)
	}
	e.classifier(size.Hidden)
	if e.err != nil {
		return e.err
	}

	for key, value := range map[string]any{
		"num_hidden_layers": 2 * size.Layers, "hidden_size": 2 * size.Hidden, "intermediate_size": 2 * size.Inner, "vocab_size": len(pieces),
	} {
		config[key] = value
	}
	delete(config, "dtype") // the weights are written in fp32
	raw, err = json.Marshal(config)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(to, "config.json"), raw, 0o644),
		os.WriteFile(filepath.Join(to, "vocab.txt"), []byte(strings.Join(pieces, "\n")+"\n"), 0o644),
		os.WriteFile(filepath.Join(to, "tokenizer_config.json"), []byte(`{"do_lower_case": false, "model_max_length": 512}`), 0o644),
		berttest.WriteFile(filepath.Join(to, "pytorch_model.bin"), e.tensors, berttest.WriteLegacy),
	)
}

func layer(i int) string { return fmt.Sprintf("bert.encoder.layer.%d.", i) }

// cased returns n pieces at most for a vocabulary that knows upper and lower case: those of an uncased one, which stand in the order of their frequency, with
// their capitalized forms. rows says which piece of the old vocabulary each stands for. Scripts other than Latin and Greek are left out.
func cased(old []string, n int) (pieces []string, rows []int) {
	known := map[string]bool{}
	for _, p := range old {
		known[p] = true
	}
	add := func(piece string, row int) {
		if len(pieces) < n {
			pieces, rows = append(pieces, piece), append(rows, row)
		}
	}
	added := map[string]bool{}
	special := func(p string) bool { return strings.HasPrefix(p, "[") && strings.HasSuffix(p, "]") && len(p) > 2 }
	foreign := func(r rune) bool {
		return !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Common, unicode.Inherited)
	}
	for row, p := range old {
		if special(p) && !strings.HasPrefix(p, "[unused") {
			add(p, row)
		}
	}
	// Single characters come first, for every word is made of them.
	for _, single := range []bool{true, false} {
		for row, p := range old {
			text := strings.TrimPrefix(p, "##")
			if text == "" {
				text = p
			}
			mark := strings.TrimSuffix(p, text)
			if special(p) || (utf8.RuneCountInString(text) == 1) != single || strings.ContainsFunc(text, foreign) {
				continue
			}
			add(p, row)
			forms := []string{strings.ToUpper(text)}
			if first, size := utf8.DecodeRuneInString(text); mark == "" {
				forms = append(forms, string(unicode.ToUpper(first))+text[size:])
			}
			for _, form := range forms {
				if form = mark + form; !known[form] && !added[form] {
					added[form] = true
					add(form, row)
				}
			}
		}
	}
	return pieces, rows
}

// An axis is one side of a matrix, whose numbers stand for units in groups. Doubled, each group is there twice in a row.
type axis struct{ len, group int }

// at returns which unit the i-th is after doubling, and whether it is its second copy.
func (a axis) at(i int) (unit int, second bool) {
	return i/(2*a.group)*a.group + i%a.group, i/a.group%2 == 1
}

// An enlarger lists the tensors of the doubled model. The first error stays.
type enlarger struct {
	f       *safetensors.File
	r       *rand.Rand
	tensors []berttest.Tensor
	err     error
}

// read returns the numbers of a tensor and its shape.
func (e *enlarger) read(name string) ([]float32, []int) {
	t, err := e.f.Tensor(name)
	var values []float32
	if err == nil {
		values, err = t.Float32s(nil)
	}
	if err != nil && e.err == nil {
		e.err = err
	}
	return values, t.Shape
}

func (e *enlarger) add(name string, fill func([]float32), shape ...int) {
	name = strings.NewReplacer("LayerNorm.weight", "LayerNorm.gamma", "LayerNorm.bias", "LayerNorm.beta").Replace(name)
	e.tensors = append(e.tensors, berttest.Tensor{Name: name, Shape: shape, Fill: fill})
}

// rows adds an embedding: rows of the old one, all if there is no list of them, each with its numbers twice.
func (e *enlarger) rows(name string, rows []int, width int) {
	values, shape := e.read(name)
	if e.err != nil {
		return
	}
	if rows == nil {
		for i := range shape[0] {
			rows = append(rows, i)
		}
	}
	e.add(name, func(out []float32) {
		for i, row := range rows {
			copy(out[2*i*width:], values[row*width:(row+1)*width])
			copy(out[(2*i+1)*width:], values[row*width:(row+1)*width])
		}
	}, len(rows), 2*width)
}

// vector adds the numbers of old twice, or n ones or zeros if there is no such tensor.
func (e *enlarger) vector(old, name string, a axis, otherwise float32, scale float64) {
	var values []float32
	if old != "" {
		if values, _ = e.read(old); e.err != nil {
			return
		}
	}
	e.add(name, func(out []float32) {
		for i := range out {
			if unit, _ := a.at(i); values != nil {
				out[i] = float32(scale * float64(values[unit]))
			} else {
				out[i] = otherwise
			}
		}
	}, 2*a.len)
}

// norm adds a layer normalization, one that neither scales nor shifts if old is empty.
func (e *enlarger) norm(old, name string, a axis) {
	weight, bias := "", ""
	if old != "" {
		weight, bias = old+".LayerNorm.weight", old+".LayerNorm.bias"
	}
	e.vector(weight, name+".LayerNorm.weight", a, 1, 1)
	e.vector(bias, name+".LayerNorm.bias", a, 0, 1)
}

// linear adds the doubled form of a linear layer, its outputs multiplied by scale.
func (e *enlarger) linear(old, name string, out, in axis, scale float64) {
	e.matrix(old+".weight", name+".weight", 2*out.len, out.at, in, scale)
	e.vector(old+".bias", name+".bias", out, 0, scale)
}

// matrix adds the doubled form of a weight of so many outputs, of which output says where they come from.
func (e *enlarger) matrix(old, name string, outputs int, output func(int) (int, bool), in axis, scale float64) {
	values, _ := e.read(old)
	if e.err != nil {
		return
	}
	e.add(name, func(w []float32) {
		share := make([]float64, in.len) // of the first copy of an input
		for i := range outputs {
			unit, _ := output(i)
			for j := range share {
				share[j] = 0.2 + 0.6*e.r.Float64()
			}
			for j := range 2 * in.len {
				from, second := in.at(j)
				part := share[from]
				if second {
					part = 1 - part
				}
				w[i*2*in.len+j] = float32(scale * part * float64(values[unit*in.len+from]))
			}
		}
	}, outputs, 2*in.len)
}

// random adds a linear layer with random weights and no bias.
func (e *enlarger) random(name string, out, in axis, deviation float64) {
	e.add(name+".weight", func(w []float32) {
		for i := range w {
			w[i] = float32(e.r.NormFloat64() * deviation)
		}
	}, 2*out.len, 2*in.len)
	e.vector("", name+".bias", out, 0, 1)
}

// classifier adds the head, which has as many outputs as before.
func (e *enlarger) classifier(width int) {
	bias, shape := e.read("classifier.bias")
	if e.err != nil {
		return
	}
	e.matrix("classifier.weight", "classifier.weight", shape[0], func(i int) (int, bool) { return i, false }, axis{width, width}, 1)
	e.add("classifier.bias", func(b []float32) { copy(b, bias) }, shape[0])
}
