package download

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	const readme = "README.md"
	for name, c := range map[string]struct {
		files, folders []string
		want           []string // of the first form
		forms          int
	}{
		"biobert": {
			[]string{readme, "config.json", "flax_model.msgpack", "pytorch_model.bin", "vocab.txt"}, nil,
			[]string{"config.json", "vocab.txt", "pytorch_model.bin"}, 1,
		},
		"all": {
			[]string{"config.json", "model.onnx", "model.safetensors", "onnx/model.onnx", "pytorch_model.bin", "special_tokens_map.json", "tf_model.h5", "tokenizer.json", "tokenizer_config.json", "vocab.txt"}, nil,
			[]string{"config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt", "model.safetensors"}, 4,
		},
		"shards": {
			[]string{"config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json", "optimizer.bin", "vocab.txt"}, nil,
			[]string{"config.json", "vocab.txt", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"}, 1,
		},
		"shards of PyTorch": {
			[]string{"config.json", "pytorch_model-00001-of-00001.bin", "pytorch_model.bin.index.json", "vocab.txt"}, nil,
			[]string{"config.json", "vocab.txt", "pytorch_model-00001-of-00001.bin", "pytorch_model.bin.index.json"}, 1,
		},
		"ONNX": {
			[]string{"config.json", "model.onnx", "model.onnx_data", "tokenizer.json"}, nil,
			[]string{"config.json", "tokenizer.json", "model.onnx", "model.onnx_data"}, 1,
		},
		"ONNX in its folder": {
			[]string{"config.json", "onnx/config.json", "onnx/model.onnx", "onnx/model.onnx_data", "onnx/model_fp16.onnx", "onnx/model_quantized.onnx", "onnx/x/model.onnx", "tokenizer.json"}, nil,
			[]string{"config.json", "tokenizer.json", "onnx/model.onnx", "onnx/model.onnx_data"}, 1,
		},
		"ONNX in a folder of a folder": {
			[]string{"m/config.json", "m/onnx/model.onnx", "m/vocab.txt", "onnx/model.onnx"}, []string{"m"},
			[]string{"m/config.json", "m/vocab.txt", "m/onnx/model.onnx"}, 1,
		},
		"a folder for each": {
			[]string{"a/config.json", "a/model.safetensors", "b/config.json", "b/model.safetensors", "b/c/model.onnx", "config.json"}, []string{"x", "b"},
			[]string{"b/config.json", "b/model.safetensors"}, 1,
		},
		"zoo": {
			[]string{"m/deployment.tar.gz", "m/deployment/config.json", "m/deployment/model.onnx", "m/model.onnx"}, []string{"m"},
			[]string{"m/deployment/config.json", "m/deployment/model.onnx"}, 1,
		},
		"archive": {
			[]string{"m/deployment.tar.gz", "m/model.onnx"}, []string{"m-vnni", "m"},
			[]string{"m/deployment.tar.gz"}, 0,
		},
		"archive at the root": {[]string{"config.json", "deployment.tgz"}, nil, []string{"deployment.tgz"}, 0},
	} {
		ch, err := choose(c.files, c.folders)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := ch.files(0); !slices.Equal(got, c.want) || len(ch.weights) != c.forms {
			t.Errorf("%s: %v of %d forms, want %v of %d", name, got, len(ch.weights), c.want, c.forms)
		}
	}
	for want, files := range map[string][]string{
		"no config.json (it has README.md, model.safetensors)":               {readme, "model.safetensors"},
		"no config.json (it has no files)":                                   {},
		"no weights (want model.safetensors, pytorch_model.bin, model.onnx ": {"config.json", "vocab.txt"},
		"convert it: ": {"config.json", "tf_model.h5"},
		"to open onnx/model_quantized.onnx, download it beside config.json": {"config.json", "onnx/model_quantized.onnx", "tf_model.h5"},
		"to open model_quantized.onnx, download it beside config.json":      {"config.json", "model_quantized.onnx"},
		"b, c, d, e, f, g": {"config.json", "b", "c", "d", "e", "f", "g", "h", "i"},
		"and 1 more":       {"config.json", "b", "c", "d", "e", "f", "g", "h", "i"},
	} {
		if _, err := choose(files, nil); !errors.Is(err, ErrNoCheckpoint) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	if _, err := choose([]string{"config.json"}, []string{"a", "b"}); !errors.Is(err, ErrNoCheckpoint) || !strings.Contains(err.Error(), "in a or b") {
		t.Errorf("got %v", err)
	}
}
