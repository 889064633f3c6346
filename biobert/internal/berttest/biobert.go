// Package berttest writes checkpoints for tests: with random weights, and with the files, the names and the forms that those of BioBERT
// have on the hub.
package berttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A Shape is the size of an encoder. Heads divides Hidden, the inner layer of the feed-forward part is four times as large,
// and Vocab is 1964 at least.
type Shape struct{ Layers, Hidden, Heads, Vocab int }

// Base is the shape of BioBERT, whose weights are 430 MB.
var Base = Shape{12, 768, 12, 28996}

// parseShape reads one such as "2x64", with a small vocabulary. A head has 64 numbers, in narrow encoders 16.
func parseShape(text string) (Shape, error) {
	s := Shape{Vocab: 3000}
	if n, err := fmt.Sscanf(text, "%dx%d", &s.Layers, &s.Hidden); n != 2 || err != nil || s.Layers < 1 || s.Hidden < 16 || s.Hidden%16 != 0 {
		return s, fmt.Errorf("berttest: shape %q (want layers and width, such as 2x64)", text)
	}
	if s.Heads = s.Hidden / 16; s.Hidden%64 == 0 && s.Hidden > 64 {
		s.Heads = s.Hidden / 64
	}
	return s, nil
}

// RealSize returns the shape that the environment variable SPARSEBIO_REAL_SIZE gives, that of Base if it is 1, and skips the test without it.
func RealSize(t testing.TB, needs string) Shape {
	t.Helper()
	const variable = "SPARSEBIO_REAL_SIZE"
	switch text := os.Getenv(variable); text {
	case "":
		t.Skipf("needs %s (set %s=1, or to a smaller shape, such as 2x64)", needs, variable)
	case "1":
		return Base
	default:
		s, err := parseShape(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	return Shape{}
}

// Labels are those of the checkpoints.
var Labels = []string{"O", "B-GENE", "I-GENE"}

// WriteBioBERT writes a token classifier as it is fine-tuned from BioBERT: config.json, vocab.txt, tokenizer_config.json and pytorch_model.bin, which
// write writes. It has the names of checkpoints converted from TensorFlow, and what is left of pre-training. Weights are random, each
// layer has its part in the outputs, and the labels differ. It fails the test if it cannot.
func WriteBioBERT(t testing.TB, dir string, s Shape, write func(io.Writer, []Tensor) error) {
	t.Helper()
	labels := map[string]string{}
	for i, l := range Labels {
		labels[fmt.Sprint(i)] = l
	}
	config, err := json.Marshal(map[string]any{
		"architectures": []string{"BertForTokenClassification"}, "model_type": "bert", "attention_probs_dropout_prob": 0.1, "hidden_act": "gelu",
		"hidden_dropout_prob": 0.1, "hidden_size": s.Hidden, "id2label": labels, "initializer_range": 0.02, "intermediate_size": 4 * s.Hidden,
		"layer_norm_eps": 1e-12, "max_position_embeddings": 512, "num_attention_heads": s.Heads, "num_hidden_layers": s.Layers,
		"pad_token_id": 0, "type_vocab_size": 2, "vocab_size": s.Vocab,
	})
	if err != nil {
		t.Fatal(err)
	}
	pieces := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "protein", "##ates", "activ", "NF", "IL"}
	for c := rune('!'); c < 0x3d0; c++ { // Latin and Greek
		pieces = append(pieces, string(c), "##"+string(c))
	}
	for i := len(pieces); i < s.Vocab; i++ {
		pieces = append(pieces, fmt.Sprintf("[unused%d]", i))
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "config.json"), config, 0o644),
		os.WriteFile(filepath.Join(dir, "vocab.txt"), []byte(strings.Join(pieces[:s.Vocab], "\n")+"\n"), 0o644),
		os.WriteFile(filepath.Join(dir, "tokenizer_config.json"), []byte(`{"do_lower_case": false, "model_max_length": 512}`), 0o644),
		WriteFile(filepath.Join(dir, "pytorch_model.bin"), tensors(s), write))
	if err != nil {
		t.Fatal(err)
	}
}

// WriteFile writes tensors as the file at path.
func WriteFile(path string, tensors []Tensor, write func(io.Writer, []Tensor) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(f, tensors), f.Close())
}

func tensors(s Shape) []Tensor {
	r := rand.New(rand.NewPCG(1, 2))
	var ts []Tensor
	add := func(name string, mean, scale float64, shape ...int) {
		ts = append(ts, Tensor{name, shape, func(values []float32) {
			for i := range values {
				values[i] = float32(mean + r.NormFloat64()*scale)
			}
		}})
	}
	linear := func(name string, n, k int, scale float64) {
		add(name+".weight", 0, scale/math.Sqrt(float64(k)), n, k)
		add(name+".bias", 0, 0.02, n)
	}
	norm := func(name string) {
		add(name+".LayerNorm.gamma", 1, 0.02, s.Hidden)
		add(name+".LayerNorm.beta", 0, 0.02, s.Hidden)
	}
	// What a layer adds is less than what it is added to, as in trained models: else all tokens become alike on the way.
	const residual = 0.25
	h, up := s.Hidden, 4*s.Hidden
	add("bert.embeddings.word_embeddings.weight", 0, 0.02, s.Vocab, h)
	add("bert.embeddings.position_embeddings.weight", 0, 0.02, 512, h)
	add("bert.embeddings.token_type_embeddings.weight", 0, 0.02, 2, h)
	norm("bert.embeddings")
	for i := range s.Layers {
		at := fmt.Sprintf("bert.encoder.layer.%d.", i)
		for _, x := range []string{"query", "key", "value"} {
			linear(at+"attention.self."+x, h, h, 1)
		}
		linear(at+"attention.output.dense", h, h, residual)
		norm(at + "attention.output")
		linear(at+"intermediate.dense", up, h, 1)
		linear(at+"output.dense", h, up, residual)
		norm(at + "output")
	}
	linear("bert.pooler.dense", h, h, 1)
	linear("cls.seq_relationship", 2, h, 1)
	add("classifier.weight", 0, 1, len(Labels), h)
	add("classifier.bias", 0, 1, len(Labels))
	return ts
}
