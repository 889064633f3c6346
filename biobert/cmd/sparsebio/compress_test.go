package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/compress"
)

const calibration = "IL-2 activates NF-kappa B in human T cells.\nThe gene is expressed in B cells.\n\nNo effect of the protein was seen.\n"

func TestCompress(t *testing.T) {
	texts := write(t, "texts.txt", calibration)
	out := filepath.Join(t.TempDir(), "out")
	printed := mustRun(t, "compress", "--model", tiny, "--calibrate", texts, "--sparsity", "0.8", "--method", "sparsegpt", "--output", out, "--threads", "1", "--onnx")
	for _, want := range []string{"sparsegpt, 80.", "bert.encoder.layer.1.output.dense", "same as dense: ", "model.onnx: "} {
		if !strings.Contains(printed, want) {
			t.Errorf("printed %q, want %q in it", printed, want)
		}
	}
	for _, name := range []string{"config.json", "model.safetensors", "vocab.txt", "tokenizer.json", "compress.json", "model.onnx"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
	// The other commands open what was written.
	entities := filepath.Join(t.TempDir(), "entities.jsonl")
	mustRun(t, "ner", "--model", out, "--input", texts, "--output", entities)
	if n := len(readRecords(t, entities)); n != 4 {
		t.Errorf("%d records of 4 lines", n)
	}
}

func TestCompressJSON(t *testing.T) {
	records := write(t, "texts.jsonl", lines)
	printed := mustRun(t, "compress", "--model", tiny, "--calibrate", records, "--text", "abstract", "--method", "magnitude", "--json")
	var r compress.Report
	if err := json.Unmarshal([]byte(printed[strings.Index(printed, "{"):]), &r); err != nil || r.Method != compress.Magnitude || r.Texts == 0 {
		t.Errorf("%v, %+v", err, r)
	}
}

func TestCompressRefusals(t *testing.T) {
	texts := write(t, "texts.txt", calibration)
	for _, c := range []struct {
		want string
		args []string
	}{
		{"required flag", []string{"--model", tiny}},
		{"unknown method", []string{"--model", tiny, "--calibrate", texts, "--method", "prune"}},
		{"WithSparsity(90)", []string{"--model", tiny, "--calibrate", texts, "--sparsity", "90"}},
		{"no calibration texts", []string{"--model", tiny, "--calibrate", write(t, "empty.jsonl", `{"text": null}`+"\n"), "--text", "text"}},
		{"is int64, not text", []string{"--model", tiny, "--calibrate", write(t, "years.jsonl", `{"year": 2021}`+"\n"), "--text", "year"}},
	} {
		if out, err := run(t, append([]string{"compress"}, c.args...)...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q; printed %s", c.args, err, c.want, out)
		}
	}
}
