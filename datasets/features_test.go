package datasets

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestFeaturesJSON(t *testing.T) {
	for _, tt := range []struct{ name, in, short, out string }{ // out "" for the same as in
		{"value", `{"a": {"dtype": "string", "_type": "Value"}}`, "a string", ""},
		{"alias", `{"a": {"dtype": "double", "_type": "Value"}}`, "a float64", `{"a": {"dtype": "float64", "_type": "Value"}}`},
		{"with an id", `{"a": {"dtype": "int8", "id": null, "_type": "Value"}}`, "a int8", `{"a": {"dtype": "int8", "_type": "Value"}}`},
		{"labels", `{"a": {"names": ["O", "B-DNA"], "_type": "ClassLabel"}}`, "a ClassLabel(2)", ""},
		{"old labels", `{"a": {"num_classes": 2, "names": ["x", "y"], "names_file": null, "id": null, "_type": "ClassLabel"}}`, "a ClassLabel(2)", `{"a": {"names": ["x", "y"], "_type": "ClassLabel"}}`},
		{"labels by number", `{"a": {"num_classes": 2, "_type": "ClassLabel"}}`, "a ClassLabel(2)", `{"a": {"names": ["0", "1"], "_type": "ClassLabel"}}`},
		{"list", `{"a": {"feature": {"dtype": "string", "_type": "Value"}, "_type": "List"}}`, "a list<string>", ""},
		{"sequence", `{"a": {"feature": {"names": ["O"], "_type": "ClassLabel"}, "length": -1, "id": null, "_type": "Sequence"}}`, "a list<ClassLabel(1)>", `{"a": {"feature": {"names": ["O"], "_type": "ClassLabel"}, "_type": "List"}}`},
		{"fixed length", `{"a": {"feature": {"dtype": "int64", "_type": "Value"}, "length": 3, "_type": "List"}}`, "a list<int64>", ""},
		{"large list", `{"a": {"feature": {"dtype": "int64", "_type": "Value"}, "_type": "LargeList"}}`, "a list<int64>", ""},
		{"list in brackets", `{"a": [{"dtype": "int64", "_type": "Value"}]}`, "a list<int64>", `{"a": {"feature": {"dtype": "int64", "_type": "Value"}, "_type": "List"}}`},
		{"struct", `{"a": {"x": {"dtype": "int64", "_type": "Value"}, "b": {"dtype": "string", "_type": "Value"}}}`, "a {x: int64, b: string}", ""},
		{"sequence of structs", `{"a": {"feature": {"x": {"dtype": "int64", "_type": "Value"}}, "_type": "Sequence"}}`, "a {x: list<int64>}", `{"a": {"x": {"feature": {"dtype": "int64", "_type": "Value"}, "_type": "List"}}}`},
		{"unknown type", `{"a": {"languages": ["de", "en"], "_type": "Translation"}}`, "a Translation", ""},
		{"a column called _type", `{"_type": {"dtype": "int64", "_type": "Value"}}`, "_type int64", ""},
		{"order", `{"z": {"dtype": "int64", "_type": "Value"}, "a": {"dtype": "int64", "_type": "Value"}}`, "z int64; a int64", ""},
		{"nothing", `{}`, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var fs Features
			if err := json.Unmarshal([]byte(tt.in), &fs); err != nil {
				t.Fatal(err)
			}
			var short []string
			for _, f := range fs {
				short = append(short, f.Name+" "+f.Feature.String())
			}
			if got := strings.Join(short, "; "); got != tt.short {
				t.Errorf("read as %s, want %s", got, tt.short)
			}
			want := tt.out
			if want == "" {
				want = tt.in
			}
			got, err := fs.MarshalJSON()
			if err != nil || string(got) != want {
				t.Errorf("written as\n%s, %v, want\n%s", got, err, want)
			}
		})
	}
}

func TestFeaturesErrors(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{`[]`, "want an object"},
		{`{"a": 1}`, `feature "a"`},
		{`{"a": {"_type": "List"}}`, "a List without a feature"},
		{`{"a": {"dtype": 1, "_type": "Value"}}`, `feature "a"`},
		{`{"a": []}`, "a list of 0 features, want 1"},
		{`{"a": {"_type": "Value"}, "a": {"_type": "Value"}}`, `key "a" twice`},
		{`{"a": ` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`, "nested deeper"},
	} {
		var fs Features
		wantError(t, json.Unmarshal([]byte(tt.in), &fs), tt.want)
	}
}

// Features that do not fit the column, or are damaged, give way to the Arrow type.
func TestFeaturesThatDoNotFit(t *testing.T) {
	five := load(t, "testdata/five.arrow")
	declared := Features{{"year", Feature{Type: "Value", DType: "string"}}, {"label", Feature{Type: "ClassLabel", Names: []string{"a"}}}}
	fs := fitFeatures(declared, five.Table().Schema())
	if f, _ := fs.Lookup("year"); f.String() != "int32" {
		t.Errorf("year is %s", f)
	}
	if f, _ := fs.Lookup("label"); f.String() != "ClassLabel(1)" {
		t.Errorf("label is %s", f)
	}
}
