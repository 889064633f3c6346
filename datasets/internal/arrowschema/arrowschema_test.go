package arrowschema

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

func stream(t testing.TB) []byte {
	md := arrow.NewMetadata([]string{"key"}, []string{"value"})
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.BinaryTypes.String},
		{Name: "parts", Type: arrow.ListOf(arrow.StructOf(arrow.Field{Name: "n", Type: arrow.PrimitiveTypes.Int64}))},
	}, &md)
	var b bytes.Buffer
	w := ipc.NewWriter(&b, ipc.WithSchema(schema))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCheckStream(t *testing.T) {
	good := stream(t)
	if err := CheckStream(bytes.NewReader(good), int64(len(good))); err != nil {
		t.Fatal(err)
	}
	for n := range 40 {
		if err := CheckStream(bytes.NewReader(good[:n]), int64(n)); err == nil {
			t.Errorf("%d bytes pass", n)
		}
	}
	if err := CheckFile(bytes.NewReader(good), int64(len(good))); err == nil {
		t.Error("a stream passes for a file")
	}
}

// No word of the schema can be replaced by a huge count and still pass where it is
// one; nothing panics.
func TestHugeCounts(t *testing.T) {
	good := stream(t)
	refused := 0
	for i := 8; i+4 <= len(good); i += 4 {
		bad := bytes.Clone(good)
		binary.LittleEndian.PutUint32(bad[i:], 0x7fffffff)
		if CheckStream(bytes.NewReader(bad), int64(len(bad))) != nil {
			refused++
		}
	}
	if refused < 10 {
		t.Errorf("%d words refused", refused)
	}
}

func TestDictionaries(t *testing.T) {
	dictionary := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	for want, typ := range []arrow.DataType{arrow.BinaryTypes.String, dictionary} {
		schema := arrow.NewSchema([]arrow.Field{{Name: "x", Type: typ}}, nil)
		rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(`[{"x": "a"}, {"x": "b"}]`))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "x.arrow")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		w, err := ipc.NewFileWriter(f, ipc.WithSchema(schema))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Write(rec), w.Close(), f.Close()); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		n, end, err := Dictionaries(bytes.NewReader(data), int64(len(data)))
		if err != nil || n != want {
			t.Errorf("%s: %d dictionaries, %v", typ, n, err)
		}
		if err := CheckMessages(bytes.NewReader(data[8:end]), end-8); err != nil {
			t.Errorf("%s: what lies before the footer is no stream: %v", typ, err)
		}
	}
}

var viewFiles = []string{"views.arrow", "polars.arrow", "views.stream.arrow", "views.dictionary.arrow"}

// fixture reads a file that package datasets reads in its tests.
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A batch has as many counts of buffers as there are columns of views, none of them more than there are buffers.
func TestViews(t *testing.T) {
	for _, name := range viewFiles {
		data := fixture(t, name)
		check := CheckMessages
		if bytes.HasPrefix(data, ipc.Magic) {
			check = CheckBlocks
		}
		if err := check(bytes.NewReader(data), int64(len(data))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		counts, buffers := 0, 0
		for at := 0; at+4 <= len(data); at += 4 {
			for _, n := range []uint32{1, 1000} {
				bad := bytes.Clone(data)
				binary.LittleEndian.PutUint32(bad[at:], n)
				switch err := check(bytes.NewReader(bad), int64(len(bad))); {
				case err == nil:
				case strings.Contains(err.Error(), "columns of views"):
					counts++
				case strings.Contains(err.Error(), "buffers of a column"):
					buffers++
				}
			}
		}
		if counts == 0 || buffers == 0 {
			t.Errorf("%s: %d changes are refused for their counts, %d for their buffers", name, counts, buffers)
		}
	}
}

// Arrow reads whatever comes first as a dictionary if there should be one.
func TestMissingDictionary(t *testing.T) {
	data := fixture(t, "views.dictionary.arrow")
	end := func(at int) int { // of the message at a byte
		n := int(binary.LittleEndian.Uint32(data[at+4:]))
		buf := flat(data[at+8:][:n])
		at += 8 + n
		if p := buf.slot(buf.u32(0), 3); p != 0 {
			at += int(binary.LittleEndian.Uint64(buf[p:]))
		}
		return at
	}
	schema := end(0)
	without := append(bytes.Clone(data[:schema]), data[end(schema):]...)
	if err := CheckMessages(bytes.NewReader(without), int64(len(without))); err == nil || !strings.Contains(err.Error(), "a message of kind 3 where a dictionary or a batch should be") {
		t.Errorf("without its dictionary: %v", err)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(stream(f))
	for _, name := range viewFiles {
		f.Add(fixture(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		CheckStream(bytes.NewReader(data), int64(len(data)))
		if CheckFile(bytes.NewReader(data), int64(len(data))) == nil {
			if n, end, err := Dictionaries(bytes.NewReader(data), int64(len(data))); err == nil && (n < 0 || end < 0 || end > int64(len(data))) {
				t.Errorf("%d dictionaries, messages up to byte %d of %d", n, end, len(data))
			}
			CheckBlocks(bytes.NewReader(data), int64(len(data)))
		}
		CheckMessages(bytes.NewReader(data), int64(len(data)))
	})
}
