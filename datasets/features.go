package datasets

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
)

// A Feature is the type of a column in the terms of Hugging Face datasets.
type Feature struct {
	// Type is "Value", "ClassLabel", "List", "LargeList", "Struct", or another
	// name that datasets uses (Image, Translation ...), which is carried along.
	// The older spelling "Sequence" is read as the "List" that it means.
	Type string
	// DType names the type of a Value: "string", "int64", "timestamp[s]" ...
	DType string
	// Names holds the labels of a ClassLabel; the column holds indices into it.
	Names []string
	// Elem is what a List or LargeList is made of.
	Elem *Feature
	// Length is the number of elements of a List of fixed length, else -1.
	Length int
	// Fields are the members of a Struct.
	Fields Features

	raw json.RawMessage // of a Type that this package does not know
}

// A NamedFeature is a column: its name and its type.
type NamedFeature struct {
	Name string
	Feature
}

// Features lists columns in order. Its JSON form is the one that Hugging Face
// datasets keeps in dataset_info.json and in Arrow schema metadata.
type Features []NamedFeature

// Lookup returns the feature of a column.
func (fs Features) Lookup(name string) (Feature, bool) {
	for _, f := range fs {
		if f.Name == name {
			return f.Feature, true
		}
	}
	return Feature{}, false
}

// Names returns the names of the columns.
func (fs Features) Names() []string {
	names := make([]string, len(fs))
	for i, f := range fs {
		names[i] = f.Name
	}
	return names
}

// String writes f in short: string, list<int64>, ClassLabel(6), {a: string}.
func (f Feature) String() string {
	switch f.Type {
	case "Value":
		return f.DType
	case "ClassLabel":
		return fmt.Sprintf("ClassLabel(%d)", len(f.Names))
	case "List", "LargeList":
		return "list<" + f.Elem.String() + ">"
	case "Struct":
		var parts []string
		for _, m := range f.Fields {
			parts = append(parts, m.Name+": "+m.Feature.String())
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return f.Type
}

// MarshalJSON writes fs as an object, in order.
func (fs Features) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range fs {
		if i > 0 {
			b.WriteString(", ")
		}
		b.Write(appendJSONString(nil, f.Name))
		b.WriteString(": ")
		v, err := f.Feature.MarshalJSON()
		if err != nil {
			return nil, err
		}
		b.Write(v)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// MarshalJSON writes f as datasets 5 does.
func (f Feature) MarshalJSON() ([]byte, error) {
	var b []byte
	switch f.Type {
	case "Value":
		b = append(b, `{"dtype": `...)
		b = appendJSONString(b, f.DType)
		b = append(b, `, "_type": "Value"}`...)
	case "ClassLabel":
		b = append(b, `{"names": [`...)
		for i, n := range f.Names {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendJSONString(b, n)
		}
		b = append(b, `], "_type": "ClassLabel"}`...)
	case "List", "LargeList":
		elem, err := f.Elem.MarshalJSON()
		if err != nil {
			return nil, err
		}
		b = append(append(b, `{"feature": `...), elem...)
		if f.Length >= 0 && f.Type == "List" {
			b = append(b, `, "length": `...)
			b = strconv.AppendInt(b, int64(f.Length), 10)
		}
		b = append(append(append(b, `, "_type": "`...), f.Type...), `"}`...)
	case "Struct":
		return f.Fields.MarshalJSON()
	default:
		if f.raw == nil {
			return nil, fmt.Errorf("datasets: feature of unknown type %q", f.Type)
		}
		return f.raw, nil
	}
	return b, nil
}

// UnmarshalJSON reads an object whose keys are column names.
func (fs *Features) UnmarshalJSON(data []byte) error {
	keys, vals, err := orderedObject(data)
	if err != nil {
		return fmt.Errorf("datasets: features: %w", err)
	}
	out := make(Features, len(keys))
	for i, k := range keys {
		out[i].Name = k
		if err := out[i].Feature.parse(vals[i], 0); err != nil {
			return fmt.Errorf("datasets: feature %q: %w", k, err)
		}
	}
	*fs = out
	return nil
}

// UnmarshalJSON reads a feature in any of the spellings of datasets 1 to 5.
func (f *Feature) UnmarshalJSON(data []byte) error {
	if err := f.parse(data, 0); err != nil {
		return fmt.Errorf("datasets: feature: %w", err)
	}
	return nil
}

const maxNesting = 64 // of features and of JSON values; deeper is taken for an attack

func (f *Feature) parse(data []byte, depth int) error {
	if depth > maxNesting {
		return fmt.Errorf("nested deeper than %d", maxNesting)
	}
	data = bytes.TrimSpace(data)
	if len(data) > 0 && data[0] == '[' { // [x] is how datasets 1 spells a list of x
		var one []json.RawMessage
		if err := json.Unmarshal(data, &one); err != nil {
			return err
		}
		if len(one) != 1 {
			return fmt.Errorf("a list of %d features, want 1", len(one))
		}
		*f = Feature{Type: "List", Elem: new(Feature), Length: -1}
		return f.Elem.parse(one[0], depth+1)
	}
	keys, vals, err := orderedObject(data)
	if err != nil {
		return err
	}
	at := slices.Index(keys, "_type")
	var typ string
	if at >= 0 && json.Unmarshal(vals[at], &typ) == nil {
		return f.parseTyped(typ, data, depth)
	}
	*f = Feature{Type: "Struct", Length: -1, Fields: make(Features, len(keys))}
	for i, k := range keys {
		f.Fields[i].Name = k
		if err := f.Fields[i].Feature.parse(vals[i], depth+1); err != nil {
			return fmt.Errorf("%q: %w", k, err)
		}
	}
	return nil
}

func (f *Feature) parseTyped(typ string, data []byte, depth int) error {
	var o struct {
		DType      string          `json:"dtype"`
		Names      []string        `json:"names"`
		NumClasses int             `json:"num_classes"`
		Feature    json.RawMessage `json:"feature"`
		Length     *int            `json:"length"`
	}
	*f = Feature{Type: typ, Length: -1}
	switch typ {
	case "Value", "ClassLabel", "List", "LargeList", "Sequence":
		if err := json.Unmarshal(data, &o); err != nil {
			return err
		}
	}
	switch typ {
	case "Value":
		f.DType = canonicalDType(o.DType)
	case "ClassLabel":
		f.Names = o.Names
		if f.Names == nil && o.NumClasses > 0 && o.NumClasses < 1<<20 {
			for i := range o.NumClasses {
				f.Names = append(f.Names, strconv.Itoa(i))
			}
		}
	case "List", "LargeList", "Sequence":
		if len(o.Feature) == 0 {
			return fmt.Errorf("a %s without a feature", typ)
		}
		if o.Length != nil && *o.Length >= 0 {
			f.Length = *o.Length
		}
		f.Elem = new(Feature)
		if err := f.Elem.parse(o.Feature, depth+1); err != nil {
			return err
		}
		if typ != "Sequence" {
			return nil
		}
		f.Type = "List"
		if f.Elem.Type == "Struct" { // a Sequence of a struct is stored as a struct of lists
			members := f.Elem.Fields
			for i, m := range members {
				members[i].Feature = Feature{Type: "List", Elem: &m.Feature, Length: f.Length}
			}
			*f = *f.Elem
		}
	default:
		f.raw = slices.Clone(data)
	}
	return nil
}

// orderedObject splits a JSON object, keeping the order of its keys, which
// encoding/json's maps lose.
func orderedObject(data []byte) (keys []string, vals []json.RawMessage, err error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	if t, err := dec.Token(); err != nil {
		return nil, nil, err
	} else if t != json.Delim('{') {
		return nil, nil, fmt.Errorf("want an object, found %v", t)
	}
	for dec.More() {
		k, err := dec.Token()
		if err != nil {
			return nil, nil, err
		}
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return nil, nil, err
		}
		name, _ := k.(string)
		if slices.Contains(keys, name) {
			return nil, nil, fmt.Errorf("key %q twice", name)
		}
		keys, vals = append(keys, name), append(vals, v)
	}
	_, err = dec.Token()
	return keys, vals, err
}

func canonicalDType(s string) string {
	switch s {
	case "float":
		return "float32"
	case "double":
		return "float64"
	case "utf8":
		return "string"
	}
	return s
}

// dtypeOf spells a flat Arrow type as datasets does.
func dtypeOf(t arrow.DataType) string {
	switch t := t.(type) {
	case *arrow.TimestampType:
		if t.TimeZone != "" {
			return fmt.Sprintf("timestamp[%s, tz=%s]", t.Unit, t.TimeZone)
		}
		return fmt.Sprintf("timestamp[%s]", t.Unit)
	case *arrow.Decimal128Type:
		return fmt.Sprintf("decimal128(%d, %d)", t.Precision, t.Scale)
	case *arrow.Decimal256Type:
		return fmt.Sprintf("decimal256(%d, %d)", t.Precision, t.Scale)
	case *arrow.DictionaryType:
		return dtypeOf(t.ValueType)
	}
	switch t.ID() {
	case arrow.STRING:
		return "string"
	case arrow.LARGE_STRING:
		return "large_string"
	case arrow.FLOAT16:
		return "float16"
	}
	if u, ok := t.(arrow.TemporalWithUnit); ok {
		return fmt.Sprintf("%s[%s]", t.Name(), u.TimeUnit())
	}
	return t.Name()
}

// featureOf describes an Arrow type.
func featureOf(t arrow.DataType) Feature {
	switch t := t.(type) {
	case *arrow.ListType:
		return listOf("List", t.Elem(), -1)
	case *arrow.LargeListType:
		return listOf("LargeList", t.Elem(), -1)
	case *arrow.FixedSizeListType:
		return listOf("List", t.Elem(), int(t.Len()))
	case *arrow.MapType:
		return listOf("List", t.Elem(), -1)
	case *arrow.StructType:
		f := Feature{Type: "Struct", Length: -1}
		for _, m := range t.Fields() {
			f.Fields = append(f.Fields, NamedFeature{m.Name, featureOf(m.Type)})
		}
		return f
	}
	return Feature{Type: "Value", DType: dtypeOf(t), Length: -1}
}

func listOf(typ string, elem arrow.DataType, n int) Feature {
	e := featureOf(elem)
	return Feature{Type: typ, Elem: &e, Length: n}
}

// stores reports whether a column of Arrow type t can hold f as datasets
// stores it.
func (f *Feature) stores(t arrow.DataType) bool {
	switch f.Type {
	case "Value":
		return dtypeOf(t) == f.DType
	case "ClassLabel":
		return t.ID() == arrow.INT64
	case "List":
		switch t := t.(type) {
		case *arrow.ListType:
			return f.Length < 0 && f.Elem.stores(t.Elem())
		case *arrow.FixedSizeListType:
			return f.Length == int(t.Len()) && f.Elem.stores(t.Elem())
		}
		return false
	case "LargeList":
		l, ok := t.(*arrow.LargeListType)
		return ok && f.Elem.stores(l.Elem())
	case "Struct":
		s, ok := t.(*arrow.StructType)
		if !ok || s.NumFields() != len(f.Fields) {
			return false
		}
		for i, m := range s.Fields() {
			if m.Name != f.Fields[i].Name || !f.Fields[i].Feature.stores(m.Type) {
				return false
			}
		}
		return true
	}
	return true // a type of which only the name is known
}

const metadataKey = "huggingface" // of the features, in schemas and Parquet files

// schemaFeatures returns one feature a column: what the schema's metadata says
// where it fits the column, else what the Arrow type says.
func schemaFeatures(s *arrow.Schema) Features { return fitFeatures(declaredFeatures(s), s) }

func fitFeatures(declared Features, s *arrow.Schema) Features {
	fs := make(Features, s.NumFields())
	for i, field := range s.Fields() {
		fs[i] = NamedFeature{field.Name, featureOf(field.Type)}
		if f, ok := declared.Lookup(field.Name); ok && f.stores(field.Type) {
			fs[i].Feature = f
		}
	}
	return fs
}

// withFeatures returns s with fs in its metadata, other keys kept.
func withFeatures(s *arrow.Schema, fs Features) (*arrow.Schema, error) {
	v, err := json.Marshal(map[string]any{"info": map[string]any{"features": fs}})
	if err != nil {
		return nil, fmt.Errorf("datasets: writing features: %w", err)
	}
	return setMetadata(s, metadataKey, string(v)), nil
}

// setMetadata returns s with a key of its metadata set, other keys kept.
func setMetadata(s *arrow.Schema, key, value string) *arrow.Schema {
	keys, vals := []string{key}, []string{value}
	for i, k := range s.Metadata().Keys() {
		if k != key {
			keys, vals = append(keys, k), append(vals, s.Metadata().Values()[i])
		}
	}
	md := arrow.NewMetadata(keys, vals)
	return arrow.NewSchema(s.Fields(), &md)
}
