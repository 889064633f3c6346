package biobert

import (
	"context"
	"encoding/json"
	"math"
	"os"
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
		for _, strategy := range strategies {
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
