package token

import (
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkEncode reports tokens/s over a whole corpus, one text a call; its
// counterpart is testdata/bench_hf.py.
func BenchmarkEncode(b *testing.B) {
	dir := sharedDir(b)
	for _, name := range []string{"bert-uncased", "bert-cased"} {
		tok := definition(b, name, nil)
		for _, c := range []string{"jnlpba", "arxiv-qbio", "greek"} {
			var texts []string
			if c == "greek" {
				texts = corpus(b, dir, "jnlpba")
				r := strings.NewReplacer("alpha", "α", "beta", "β", "kappa", "κ", "gamma", "γ", "delta", "δ", "+/-", "±")
				for i := range texts {
					texts[i] = r.Replace(texts[i])
				}
			} else {
				texts = corpus(b, dir, c)
			}
			b.Run("vocab="+name+"/corpus="+c, func(b *testing.B) {
				var e Encoding
				tokens := 0
				b.ReportAllocs()
				for b.Loop() {
					for _, s := range texts {
						if err := tok.Encode(&e, s); err != nil {
							b.Fatal(err)
						}
						tokens += e.Len()
					}
				}
				b.ReportMetric(float64(tokens)/b.Elapsed().Seconds(), "tokens/s")
			})
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	dir := filepath.Join(sharedDir(b), "models/jnlpba-dense")
	tok := open(b, dir)
	compact, err := tok.AppendBinary(nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("from=tokenizer.json", func(b *testing.B) {
		for b.Loop() {
			if _, err := Open(dir); err != nil {
				b.Fatal(err)
			}
		}
	})
	vocab := tok.vocab()
	b.Run("from=vocabulary", func(b *testing.B) {
		for b.Loop() {
			if _, err := New(vocab, tok.opts); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("from=compact", func(b *testing.B) {
		b.ReportMetric(float64(len(compact)), "file-bytes")
		for b.Loop() {
			if _, err := OpenBinary(compact); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(compact)), "file-bytes")
	})
}

func BenchmarkRuneTable(b *testing.B) {
	for b.Loop() {
		buildRunes()
	}
}
