package bert

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Files of some hundred bytes that claim to hold gigabytes are refused at once, and no memory is taken for what they claim.
func TestClaims(t *testing.T) {
	const config = `{"model_type": "bert", "architectures": ["BertForTokenClassification"], "hidden_size": 65536, "num_hidden_layers": 1024, "num_attention_heads": 64,
		"intermediate_size": 65536, "vocab_size": 16777216, "max_position_embeddings": 65536, "type_vocab_size": 65536, "id2label": {"0": "O"}}`
	header := func(n uint64, text string) []byte { return append(binary.LittleEndian.AppendUint64(nil, n), text...) }
	whole := func(text string) []byte { return header(uint64(len(text)), text) }
	zipped := func(pickle string, claim uint64) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.CreateRaw(&zip.FileHeader{Name: "m/data.pkl", Method: zip.Store, CompressedSize64: claim, UncompressedSize64: claim})
		if err == nil {
			_, err = w.Write([]byte(pickle))
		}
		if err == nil {
			err = z.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	pickle := func(s string) []byte { return zipped(s, uint64(len(s))) }
	const legacy = "\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19." + "\x80\x02M\xe9\x03." + "\x80\x02}X\x0d\x00\x00\x00little_endian\x88s."
	const tensor = "\x80\x02}X\x01\x00\x00\x00actorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu" +
		"J\x00\x00\x00\x7ftQK\x00J\x00\x00\x00\x7f\x85K\x01\x85\x89}tRs."
	message := func(num protowire.Number, b []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), b)
	}
	varint := func(num protowire.Number, v uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.VarintType), v)
	}
	// A graph of one node whose only weights say that they are 2^16 x 2^16.
	dims := append(varint(1, 1<<16), varint(1, 1<<16)...)
	weights := bytes.Join([][]byte{dims, varint(2, 1), message(8, []byte("w"))}, nil)
	node := bytes.Join([][]byte{message(1, []byte("x")), message(1, []byte("w")), message(2, []byte("logits")), message(4, []byte("MatMul"))}, nil)
	graph := bytes.Join([][]byte{message(1, node), message(5, weights), message(11, message(1, []byte("x"))), message(12, message(1, []byte("logits")))}, nil)
	long := protowire.AppendVarint(protowire.AppendTag(nil, 7, protowire.BytesType), 2<<30)
	for _, c := range []struct {
		file string
		data []byte
	}{
		{"model.safetensors", header(2<<30, "{}")},
		{"model.safetensors", header(99_999_999, `{"a": `)},
		{"model.safetensors", whole(`{"bert.embeddings.word_embeddings.weight": {"dtype": "F32", "shape": [16777216, 65536], "data_offsets": [0, 4398046511104]}}`)},
		{"model.safetensors", whole(`{"a": {"dtype": "F32", "shape": [4294967296, 4294967296, 4294967296], "data_offsets": [0, 0]}}`)},
		{"model.safetensors", whole(`{}`)},
		{"model.safetensors.index.json", []byte(`{"weight_map": {"a": "b.safetensors"}}`)},
		{"pytorch_model.bin", zipped(".", 2<<30)},
		{"pytorch_model.bin", pickle(tensor)},
		{"pytorch_model.bin", pickle("\x80\x02\x8d\x00\x00\x00\x80\x00\x00\x00\x00.")},
		{"pytorch_model.bin", pickle("\x80\x02X\xff\xff\xff\x7f.")},
		{"pytorch_model.bin", pickle("\x80\x02Nr\xff\xff\xff\x7f.")},
		{"pytorch_model.bin", []byte(legacy + tensor)},
		{"pytorch_model.bin", []byte(legacy + "\x80\x02\x8d\x00\x00\x00\x80\x00\x00\x00\x00.")},
		{"model.onnx", message(7, graph)},
		{"model.onnx", append(long, graph...)},
		{"model.onnx", message(7, message(1, bytes.Repeat(message(1, []byte("x")), 40)))},
	} {
		name := fmt.Sprintf("%s of %d bytes, %.40q", c.file, len(c.data), c.data)
		dir := t.TempDir()
		for file, data := range map[string][]byte{"config.json": []byte(config), c.file: c.data} {
			if err := os.WriteFile(filepath.Join(dir, file), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		ck, err := OpenCheckpoint(dir)
		if err == nil {
			_, err = ck.Load("", "")
			ck.Close()
		}
		runtime.ReadMemStats(&after)
		if err == nil || strings.Contains(err.Error(), "panic") {
			t.Errorf("%s: %v", name, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%s: allocates %d bytes (%v)", name, n, err)
		}
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%s: takes %v", name, d)
		}
	}
}
