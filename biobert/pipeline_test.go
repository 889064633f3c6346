package biobert

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

// A goldenCase is what transformers made of a text with the tiny model.
type goldenCase struct {
	Text       string                      `json:"text"`
	IDs        []int32                     `json:"input_ids"`
	Offsets    [][2]int                    `json:"offsets"`
	Words      []int32                     `json:"words"`
	Labels     []string                    `json:"labels"`
	Aggregated map[string][]goldenAggregat `json:"aggregated"`
}

type goldenAggregat struct {
	Entity      string  `json:"entity"`
	EntityGroup string  `json:"entity_group"`
	Score       float64 `json:"score"`
	Index       int     `json:"index"`
	Word        string  `json:"word"`
	Start       int     `json:"start"`
	End         int     `json:"end"`
}

func readGolden(t testing.TB, path string) []goldenCase {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var cases []goldenCase
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func openTest(t testing.TB, name string, opts ...Option) *TokenClassification {
	t.Helper()
	p, err := NewTokenClassification(context.Background(), name, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func near(a, b float64) bool { return math.Abs(a-b) <= 2e-5 }

// The results of every aggregation strategy must be those of transformers' pipeline.
func TestAggregationLikeTransformers(t *testing.T) {
	for _, model := range []string{"tiny", "tiny-pruned90"} {
		cases := readGolden(t, "testdata/"+model+".golden.json")
		for _, strategy := range []AggregationStrategy{None, Simple, First, Average, Max} {
			t.Run(model+"/"+string(strategy), func(t *testing.T) {
				p := openTest(t, "testdata/"+model, WithEngine("dense"), WithAggregation(strategy))
				for _, c := range cases {
					want := c.Aggregated[string(strategy)]
					if strategy == None {
						got, err := p.Tokens(context.Background(), c.Text)
						if err != nil {
							t.Fatal(err)
						}
						if len(got) != len(want) {
							t.Fatalf("%q: %d results, want %d", c.Text, len(got), len(want))
						}
						for i, w := range want {
							if g := got[i]; g.Entity != w.Entity || !near(g.Score, w.Score) || g.Index != w.Index || g.Word != w.Word || g.Start != w.Start || g.End != w.End {
								t.Errorf("%q: result %d is %+v, want %+v", c.Text, i, g, w)
							}
						}
						continue
					}
					got, err := p.Groups(context.Background(), c.Text)
					if err != nil {
						t.Fatal(err)
					}
					if len(got) != len(want) {
						t.Fatalf("%q: got %+v, want %+v", c.Text, got, want)
					}
					for i, w := range want {
						if g := got[i]; g.EntityGroup != w.EntityGroup || !near(g.Score, w.Score) || g.Word != w.Word || g.Start != w.Start || g.End != w.End {
							t.Errorf("%q: group %d is %+v, want %+v", c.Text, i, g, w)
						}
					}
				}
			})
		}
	}
}

// The words of Word are those of corpora, not BERT's.
func TestWordUnits(t *testing.T) {
	p := openTest(t, "testdata/tiny")
	for text, want := range map[string]string{
		"NF-κB/AP-1 and PU.1":                "NF-κB/AP-1|and|PU.1",
		"CD4+ T cells, CD4+/CD8+ (Ca2+), x.": "CD4+|T|cells|,|CD4+/CD8+|(|Ca2+|)|,|x|.",
		"5'-flanking IL-2's -CD3 T- B":       "5'-flanking|IL-2's|-|CD3|T|-|B",
		"0.4 bits, 1,204 cells.The end...":   "0.4|bits|,|1,204|cells|.|The|end|.|.|.",
		"JAK–STAT p21(ras) IL-)2 $x$-y":      "JAK|–|STAT|p21|(|ras|)|IL|-|)|2|$|x|$|-|y",
		"中文-x a\u00a0-b":                     "中|文-x|a|-|b",
		"--- - -a- +":                        "-|-|-|-|-|a|-|+",
		"":                                   "",
	} {
		var got []string
		err := p.one(ctx, text, func(s *scored) {
			for _, u := range s.units(Word) {
				got = append(got, text[s.enc.Start[u.from]:s.enc.End[u.to-1]])
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if g := strings.Join(got, "|"); g != want {
			t.Errorf("%q: got %s, want %s", text, g, want)
		}
	}
}
