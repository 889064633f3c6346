package arrowschema

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"
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

func FuzzCheck(f *testing.F) {
	f.Add(stream(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		CheckStream(bytes.NewReader(data), int64(len(data)))
		CheckFile(bytes.NewReader(data), int64(len(data)))
		CheckMessages(bytes.NewReader(data), int64(len(data)))
	})
}
