package datasets

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sparsebio/sparsebio/datasets/internal/pythontest"
)

// one makes a set of one column "x".
func one[T any](t testing.TB, values ...T) *Dataset {
	type row struct {
		X T `json:"x"`
	}
	rows := make([]row, len(values))
	for i, v := range values {
		rows[i].X = v
	}
	return must(t)(From("made", rows, WithAllocator(checked(t))))
}

func TestCastColumn(t *testing.T) {
	half := 0.5
	for _, tt := range []struct {
		name string
		from *Dataset
		to   Feature
		want string // the column as JSON
	}{
		{"text to label", one(t, "b", " a ", "1", "-1"), ClassLabel("a", "b"), "[1,0,1,-1]"},
		{"text to int", one(t, "12", "-7"), Value("int16"), "[12,-7]"},
		{"text to float", one(t, "1.5", "-2", "1e3"), Value("double"), "[1.5,-2,1000]"},
		{"text to bool", one(t, "true", "False", "1"), Value("bool"), "[true,false,true]"},
		{"text to time", one(t, "2024-05-06", "2024-05-06T07:08:09Z"), Value("timestamp[s]"), `["2024-05-06T00:00:00Z","2024-05-06T07:08:09Z"]`},
		{"text to day", one(t, "1969-12-31"), Value("date32"), `["1969-12-31T00:00:00Z"]`},
		{"int to narrow", one(t, -128, 127), Value("int8"), "[-128,127]"},
		{"int to text", one(t, 7, -1), Value("string"), `["7","-1"]`},
		{"int to float", one(t, 7), Value("float32"), "[7]"},
		{"int to label", one(t, 1, 0, -1), ClassLabel("a", "b"), "[1,0,-1]"},
		{"float to int", one(t, 7.0, -1), Value("int64"), "[7,-1]"},
		{"bool to int", one(t, true, false), Value("uint8"), "[1,0]"},
		{"null stays", one(t, &half, nil), Value("float16"), "[0.5,null]"},
		{"time to text", one(t, time.Unix(0, 5000).UTC()), Value("large_string"), `["1970-01-01T00:00:00.000005Z"]`},
		{"time to int", one(t, time.Unix(1, 0)), Value("int64"), `[1000000]`},
		{"lists", one(t, []string{"1", "2"}, nil), ListOf(Value("int32")), `[[1,2],[]]`},
		{"lists of labels", one(t, []string{"I", "O"}), ListOf(ClassLabel("O", "I")), `[[1,0]]`},
		{"text to bytes", one(t, "α"), Value("binary"), `["zrE="]`},
		{"none", one[string](t), Value("int8"), "[]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := must(t)(tt.from.CastColumn("x", tt.to))
			if f := d.Features()[0].Feature; f.String() != tt.to.String() || !f.stores(d.Table().Column(0).DataType()) {
				t.Errorf("the feature is %s", f)
			}
			v, err := Column[any](d, "x")
			if err != nil {
				t.Fatal(err)
			}
			if got, err := json.Marshal(v); err != nil || string(got) != tt.want {
				t.Errorf("%s, %v, want %s", got, err, tt.want)
			}
		})
	}
}

func TestCastColumnErrors(t *testing.T) {
	lists := one(t, []int{1}, []int{2, 300})
	for _, tt := range []struct {
		from *Dataset
		to   Feature
		want string
	}{
		{one(t, 1, 300), Value("int8"), `datasets: column "x" of data set "made", which is int64, cannot be cast to int8: row 1: 300 does not fit`},
		{one(t, -1), Value("uint64"), "row 0: -1 does not fit"},
		{one(t, 1.5), Value("int64"), "row 0: 1.5 does not fit"},
		{one(t, 1<<53+1), Value("float64"), "9007199254740993 does not fit"},
		{one(t, "12 "), Value("int64"), `"12" does not fit`},
		{one(t, "1_0"), Value("float64"), `"1_0" does not fit`},
		{one(t, "soon"), Value("timestamp[us]"), `"soon" does not fit`},
		{one(t, time.UnixMicro(1)), Value("timestamp[s]"), "does not fit"},
		{one(t, time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC)), Value("timestamp[ns]"), "does not fit"},
		{one(t, "a", "c"), ClassLabel("a", "b"), `cannot be cast to ClassLabel(2): row 1: "c" is not one of the 2 labels (a, b)`},
		{one(t, 2), ClassLabel("a", "b"), `2 is not one of the 2 labels`},
		{one(t, "a"), ClassLabel(), "a ClassLabel without names"},
		{one(t, "a"), ClassLabel("a", "a"), `two labels are named "a"`},
		{one(t, "a"), Value("int9"), `no type "int9" to cast to`},
		{lists, ListOf(Value("int8")), "row 1: element 1: 300 does not fit"},
		{lists, Value("string"), "there is no such cast"},
		{one(t, "a"), ListOf(Value("string")), "there is no such cast"},
		{one(t, []byte("a")), Value("string"), "from bytes to text"},
	} {
		d, err := tt.from.CastColumn("x", tt.to)
		wantError(t, err, tt.want)
		if d != nil {
			t.Errorf("%s: a set came with the error", tt.want)
		}
	}
	_, err := lists.CastColumn("y", Value("int8"))
	wantError(t, err, `no column "y"`)
}

func TestEncodeLabels(t *testing.T) {
	d := must(t)(one(t, "no", "yes", "no").EncodeLabels("x"))
	names, err := d.ClassNames("x")
	if err != nil || !slices.Equal(names, []string{"no", "yes"}) {
		t.Errorf("%v, %v", names, err)
	}
	if v, err := Column[int64](d, "x"); err != nil || sprint(v) != "[0 1 0]" {
		t.Errorf("%v, %v", v, err)
	}
	if back := must(t)(d.CastColumn("x", Value("string"))); sprint(texts(t, back, "x")) != "[no yes no]" {
		t.Errorf("and back: %v", texts(t, back, "x"))
	}
	_, err = one(t, 1).EncodeLabels("x")
	wantError(t, err, "int64, not text")
}

// Values are cast as Python's datasets casts them, or refused where it refuses them.
func TestCastColumnPython(t *testing.T) {
	python := pythontest.Interpreter(t, "datasets")
	type try struct {
		From, To string
		Value    any
	}
	var tries []try
	for _, to := range []string{"int8", "uint16", "int64", "uint64", "float64", "bool", "string"} {
		for _, v := range []int64{0, 1, -1, 127, 128, -129, 65536, 1 << 53, 1<<53 + 1, -1 << 63} {
			tries = append(tries, try{"int64", to, v})
		}
		for _, s := range []string{"", "0", "1", "-1", "+1", "007", "1.5", " 1", "1_0", "0x1", "true", "FALSE", "t", "300", "nope", "18446744073709551615"} {
			if s == "0x1" && to != "string" {
				continue // hexadecimal integers, which pyarrow alone takes for numbers
			}
			tries = append(tries, try{"string", to, s})
		}
		for _, v := range []float64{0, 1, -1, 1.5, 127, 300, 1e18, 1e19} {
			if to != "string" { // pyarrow writes 1 where we write 1.0
				tries = append(tries, try{"float64", to, v})
			}
		}
	}
	for _, s := range []string{"2024-05-06", "2024-05-06T07:08:09", "2024-05-06 07:08:09", "2024-05-06 07:08", "2024-05-06T07:08:09.5", "2024-13-01", "2024", "x", ""} {
		tries = append(tries, try{"string", "timestamp[s]", s}, try{"string", "timestamp[us]", s}, try{"string", "date32", s})
	}
	in, err := json.Marshal(tries)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", `
import json, sys, pyarrow as pa
from datasets import Value
from datasets.features.features import string_to_arrow
from datasets.table import cast_array_to_feature
out = []
for t in json.load(sys.stdin):
    try:
        value = float(t["Value"]) if t["From"] == "float64" else t["Value"]
        v = cast_array_to_feature(pa.array([value], string_to_arrow(t["From"])), Value(t["To"]))[0].as_py()
        out.append(v if isinstance(v, (bool, int, float, str)) else v.isoformat())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, TypeError, ValueError) as e:
        out.append({"error": str(e)})
json.dump(out, sys.stdout)
`)
	cmd.Stdin, cmd.Stderr = strings.NewReader(string(in)), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []json.RawMessage
	if err := json.Unmarshal(out, &want); err != nil || len(want) != len(tries) {
		t.Fatalf("%d answers, %v", len(want), err)
	}
	refused := 0
	for i, tr := range tries {
		var d *Dataset
		switch v := tr.Value.(type) {
		case int64:
			d = one(t, v)
		case string:
			d = one(t, v)
		case float64:
			d = one(t, v)
		}
		pythonFails := strings.HasPrefix(string(want[i]), `{"error"`)
		c, err := d.CastColumn("x", Value(tr.To))
		if err != nil {
			refused++
			if !pythonFails {
				t.Errorf("%s %v to %s: %v; Python has %s", tr.From, tr.Value, tr.To, err, want[i])
			}
			continue
		}
		v, err := c.Row(0).Any("x")
		c.Release()
		if when, ok := v.(time.Time); ok {
			v = strings.TrimSuffix(when.Format("2006-01-02T15:04:05.000000"), ".000000")
			if tr.To == "date32" {
				v = when.Format(time.DateOnly)
			}
		}
		got, _ := json.Marshal(v)
		var a, b any
		if json.Unmarshal(got, &a) != nil || json.Unmarshal(want[i], &b) != nil || err != nil || a != b {
			t.Errorf("%s %v to %s: %s, %v; Python has %s", tr.From, tr.Value, tr.To, got, err, want[i])
		}
	}
	if refused == 0 || refused == len(tries) {
		t.Errorf("%d of %d refused", refused, len(tries))
	}
}
