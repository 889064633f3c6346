package bert

import "testing"

// The engine that suits a checkpoint depends on its weights, and not on whether its packed form is
// in the cache already or who asked for that.
func TestLoadChoosesTheEngineByTheWeights(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	for _, c := range []struct {
		dir  string
		want Engine
	}{{"tiny", Dense}, {"tiny-pruned90", Sparse}} {
		for _, e := range []Engine{"", Sparse, ""} { // with an empty cache, to fill it, and with a full one
			want := c.want
			if e != "" {
				want = e
			}
			if m := loadModel(t, testdata+c.dir, e); m.Engine != want {
				t.Errorf("%s, asked for %q: got the %s engine, want %s", c.dir, e, m.Engine, want)
			}
		}
	}
}
