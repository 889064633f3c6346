package datasets

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// A view makes the 16 bytes of a long text.
func view(size, prefix, buffer, offset uint32) []byte {
	var b []byte
	for _, n := range []uint32{size, prefix, buffer, offset} {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return b
}

// What a view says is believed only if it is there.
func TestDamagedViews(t *testing.T) {
	text := memory.NewBufferBytes([]byte("a text that is too long to be in a view itself"))
	short := append(view(3, 0, 0, 0)[:4], "p53\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	for name, tt := range map[string]struct {
		views []byte
		rows  int
		valid []byte
		text  []*memory.Buffer
		want  string
		got   []string
	}{
		"sound":            {append(view(6, 0, 0, 0)[:4], append([]byte("a text\x00\x00\x00\x00\x00\x00"), view(40, 0, 0, 2)...)...), 2, nil, []*memory.Buffer{text}, "", []string{"a text", "text that is too long to be in a view it"}},
		"two buffers":      {append(short, view(46, 0, 1, 0)...), 2, nil, []*memory.Buffer{nil, text}, "", []string{"p53", "a text that is too long to be in a view itself"}},
		"null":             {append(short, view(1<<31, 0, 7, 1<<31)...), 2, []byte{1}, nil, "", []string{"p53", ""}},
		"too few":          {short, 2, nil, nil, errShort.Error(), nil},
		"validity":         {append(short, make([]byte, 16*8)...), 9, []byte{1}, nil, errShort.Error(), nil},
		"negative size":    {view(1<<31, 0, 0, 0), 1, nil, []*memory.Buffer{text}, errOffsets.Error(), nil},
		"no buffer":        {view(13, 0, 1, 0), 1, nil, []*memory.Buffer{text}, errOffsets.Error(), nil},
		"empty buffer":     {view(13, 0, 0, 0), 1, nil, []*memory.Buffer{nil}, errOffsets.Error(), nil},
		"behind the end":   {view(13, 0, 0, 40), 1, nil, []*memory.Buffer{text}, errOffsets.Error(), nil},
		"far":              {view(math.MaxInt32, 0, 0, math.MaxInt32), 1, nil, []*memory.Buffer{text}, errOffsets.Error(), nil},
		"before the start": {view(13, 0, 0, 1<<31), 1, nil, []*memory.Buffer{text}, errOffsets.Error(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			buffers := []*memory.Buffer{nil, memory.NewBufferBytes(tt.views)}
			if tt.valid != nil {
				buffers[0] = memory.NewBufferBytes(tt.valid)
			}
			data := array.NewData(arrow.BinaryTypes.StringView, tt.rows, append(buffers, tt.text...), nil, array.UnknownNullCount, 0)
			defer data.Release()
			plain, err := withoutViews(data, checked(t))
			if tt.want != "" {
				wantError(t, err, tt.want)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer plain.Release()
			a := array.MakeFromData(plain)
			defer a.Release()
			for i, want := range tt.got {
				if got := a.(*array.String).Value(i); got != want {
					t.Errorf("row %d is %q, want %q", i, got, want)
				}
			}
		})
	}
}

// Views of one long text may stand for more than the memory there is.
func TestViewsOfOneText(t *testing.T) {
	rows := 1<<14 + 1
	text := memory.NewBufferBytes(make([]byte, 1<<17))
	data := array.NewData(arrow.BinaryTypes.StringView, rows, []*memory.Buffer{nil, memory.NewBufferBytes([]byte(strings.Repeat(string(view(1<<17, 0, 0, 0)), rows))), text}, nil, 0, 0)
	defer data.Release()
	_, err := withoutViews(data, checked(t))
	wantError(t, err, "more than 2 GB of text in one batch of 16385 rows")
}
