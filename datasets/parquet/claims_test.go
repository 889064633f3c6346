package parquet

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/parquet/compress"

	"github.com/sparsebio/sparsebio/datasets"
)

// A thrift writes the compact protocol, for files that claim what no writer would.
type thrift struct {
	bytes.Buffer
	last []int // field of each struct that is open
}

func (w *thrift) varint(v uint64) { w.Write(binary.AppendUvarint(nil, v)) }

func (w *thrift) field(id int, typ byte) {
	top := &w.last[len(w.last)-1]
	if d := id - *top; d > 0 && d < 16 {
		w.WriteByte(byte(d)<<4 | typ)
	} else {
		w.WriteByte(typ)
		w.Write(binary.AppendVarint(nil, int64(id)))
	}
	*top = id
}

func (w *thrift) begin() { w.last = append(w.last, 0) }

func (w *thrift) end() {
	w.last = w.last[:len(w.last)-1]
	w.WriteByte(0)
}

func (w *thrift) number(id int, v int64) {
	w.field(id, typeI32)
	w.Write(binary.AppendVarint(nil, v))
}

func (w *thrift) long(id int, v int64) {
	w.field(id, typeI64)
	w.Write(binary.AppendVarint(nil, v))
}

func (w *thrift) text(id int, s string) {
	w.field(id, typeBinary)
	w.varint(uint64(len(s)))
	w.WriteString(s)
}

func (w *thrift) list(id int, typ byte, n int) {
	w.field(id, typeList)
	w.WriteByte(15<<4 | typ)
	w.varint(uint64(n))
}

// A claim is a file of one column, one row group and one page, whose numbers may be anything.
type claim struct {
	optional bool
	typ      int64 // 2 for INT64, 6 for BYTE_ARRAY
	codec    int64
	data     []byte // of the page, compressed

	kind, encoding       int64
	values, full, packed int64 // in the header of the page
	levels               int64 // with version 2

	rows, chunkValues, chunkFull, chunkPacked int64 // in the footer
	dictionaryAt                              bool
	children                                  int64 // of the schema's root
	columns                                   int   // claimed elements of the schema
	nested                                    int   // groups about the column
	offset                                    int64
}

// plain is a sound file with the number 7, and change makes of it what a test needs.
func plain(change func(c *claim)) []byte {
	c := &claim{typ: 2, data: []byte{7, 0, 0, 0, 0, 0, 0, 0}, values: 1, full: 8, packed: -1, rows: 1, chunkValues: 1, chunkFull: 1 << 12, chunkPacked: -1, children: 1, offset: 4}
	change(c)
	return c.file()
}

func or(v, otherwise int64) int64 {
	if v == -1 {
		return otherwise
	}
	return v
}

func (c *claim) file() []byte {
	var f thrift
	f.WriteString("PAR1")
	f.begin()
	f.number(1, c.kind)
	f.number(2, c.full)
	f.number(3, or(c.packed, int64(len(c.data))))
	switch c.kind {
	case dataPageV2:
		f.field(8, typeStruct)
		f.begin()
		f.number(1, c.values)
		f.number(2, 0)
		f.number(3, c.values)
		f.number(4, c.encoding)
		f.number(5, c.levels)
		f.number(6, 0)
	default:
		f.field(map[int64]int{dataPage: 5, dictionaryPage: 7}[c.kind], typeStruct)
		f.begin()
		f.number(1, c.values)
		f.number(2, c.encoding)
		if c.kind == dataPage {
			f.number(3, 3)
			f.number(4, 3)
		}
	}
	f.end()
	f.end()
	f.Write(c.data)
	end := f.Len()
	f.begin()
	f.number(1, 2)
	elements := 2 + c.nested
	if c.columns > 0 {
		elements = c.columns
	}
	f.list(2, typeStruct, elements)
	group := func(name string, children int64) {
		f.begin()
		f.text(4, name)
		f.number(5, children)
		f.end()
	}
	group("schema", c.children)
	for range c.nested {
		group("g", 1)
	}
	f.begin()
	f.number(1, c.typ)
	f.number(3, map[bool]int64{false: 0, true: 1}[c.optional])
	f.text(4, "n")
	f.end()
	f.long(3, c.rows)
	f.list(4, typeStruct, 1)
	f.begin() // row group
	f.list(1, typeStruct, 1)
	f.begin() // column chunk
	f.long(2, 4)
	f.field(3, typeStruct)
	f.begin()
	f.number(1, c.typ)
	f.list(2, typeI32, 1)
	f.Write(binary.AppendVarint(nil, c.encoding))
	f.list(3, typeBinary, 1+c.nested)
	for range c.nested {
		f.varint(1)
		f.WriteString("g")
	}
	f.varint(1)
	f.WriteString("n")
	f.number(4, c.codec)
	f.long(5, c.chunkValues)
	f.long(6, c.chunkFull)
	f.long(7, or(c.chunkPacked, int64(end)-4))
	f.long(9, c.offset)
	if c.dictionaryAt {
		f.long(11, 4)
	}
	f.end()
	f.end()
	f.long(2, c.chunkFull)
	f.long(3, c.rows)
	f.end()
	f.end()
	n := f.Len() - end
	f.Write(binary.LittleEndian.AppendUint32(nil, uint32(n)))
	f.WriteString("PAR1")
	return f.Bytes()
}

// allocated returns what f allocates, in bytes.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func packed(t *testing.T, codec compress.Compression, data []byte) []byte {
	t.Helper()
	c, err := compress.GetCodec(codec)
	if err != nil {
		t.Fatal(err)
	}
	return c.Encode(make([]byte, 0, 1<<20), data)
}

const huge = 1<<31 - 1

// Files of some hundred bytes claim gigabytes, each in another place. They are refused before anything of that size is allocated.
func TestClaims(t *testing.T) {
	snappy, gzip, zstd, brotli := int64(compress.Codecs.Snappy), int64(compress.Codecs.Gzip), int64(compress.Codecs.Zstd), int64(compress.Codecs.Brotli)
	seven := []byte{7, 0, 0, 0, 0, 0, 0, 0}
	// A long text of one letter, which brotli makes a few bytes of.
	letters := bytes.Repeat([]byte("a"), 1<<24)
	uvarints := func(v ...uint64) (b []byte) {
		for _, x := range v {
			b = binary.AppendUvarint(b, x)
		}
		return b
	}
	for _, tt := range []struct {
		name   string
		change func(c *claim)
		want   string // "" for a file that is sound
	}{
		{"sound", func(c *claim) {}, ""},
		{"sound snappy", func(c *claim) { c.codec, c.data = snappy, packed(t, compress.Codecs.Snappy, seven) }, ""},
		{"sound gzip", func(c *claim) { c.codec, c.data = gzip, packed(t, compress.Codecs.Gzip, seven) }, ""},
		{"sound zstd", func(c *claim) { c.codec, c.data = zstd, packed(t, compress.Codecs.Zstd, seven) }, ""},
		{"sound brotli", func(c *claim) { c.codec, c.data = brotli, packed(t, compress.Codecs.Brotli, seven) }, ""},
		{"sound LZ4_RAW", func(c *claim) { c.codec, c.data = int64(lz4Raw), append([]byte{8 << 4}, seven...) }, ""},
		{"sound version 2", func(c *claim) { c.kind = dataPageV2 }, ""},

		{"uncompressed size", func(c *claim) { c.full, c.chunkFull = huge, huge }, "it claims 2147483647 bytes, and has 8 that are not compressed"},
		{"uncompressed size beyond the footer's", func(c *claim) { c.full = huge }, "it claims 2147483647 bytes uncompressed, and the footer says 4096 for all pages of the column"},
		{"compressed size", func(c *claim) { c.packed = huge }, "it claims 2147483647 bytes, and 8 are left of the column"},
		{"negative sizes", func(c *claim) { c.full = -5 }, "it claims -5 bytes"},
		{"values", func(c *claim) { c.values = huge }, "it claims 2147483647 values, and the footer says 1"},
		{"negative values", func(c *claim) { c.values = -1 }, "it claims -1 values"},
		{"values and rows", func(c *claim) { c.values, c.rows, c.chunkValues = huge, huge, huge }, `column "n"`},
		{"rows", func(c *claim) { c.rows = 1 << 40 }, "1 values in 1099511627776 rows"},
		{"rows and values of the chunk", func(c *claim) { c.rows, c.chunkValues = 1<<40, 1<<40 }, "the pages have fewer values than the footer says"},
		{"negative rows", func(c *claim) { c.rows, c.chunkValues = -1, -1 }, "-1 rows"},
		{"length of the chunk", func(c *claim) { c.chunkPacked = 1 << 40 }, "its 1099511627776 bytes at byte 4 are not among"},
		{"position of the chunk", func(c *claim) { c.offset = 1 << 62 }, "at byte 4611686018427387904 are not among"},
		{"negative position", func(c *claim) { c.offset = -4 }, "at byte -4 are not among"},
		{"dictionary", func(c *claim) { c.kind, c.values, c.dictionaryAt = dictionaryPage, huge, true }, "it claims a dictionary of 2147483647 values in 8 bytes"},
		{"levels", func(c *claim) { c.kind, c.levels = dataPageV2, 1<<30 }, "it claims 1073741824 bytes of levels in 8 bytes"},
		{"more levels", func(c *claim) { c.kind, c.levels = dataPageV2, huge }, "2147483647 bytes of levels"},
		{"byte stream split in the page", func(c *claim) { c.encoding = int64(byteStreamSplit) }, "BYTE_STREAM_SPLIT, which is not supported"},

		{"snappy length", func(c *claim) { c.codec, c.data = snappy, append(uvarints(huge), 0, 0, 7) }, "it claims 8 bytes, and its compressed data 2147483647"},
		{"snappy length and header", func(c *claim) {
			c.codec, c.data, c.full, c.chunkFull = snappy, append(uvarints(huge), 0, 0, 7), huge, huge
		}, "it claims 2147483647 bytes, which 8 compressed bytes cannot become"},
		{"snappy without a length", func(c *claim) { c.codec, c.data = snappy, []byte{0xff} }, "no length before them"},
		{"gzip", func(c *claim) {
			c.codec, c.data, c.full, c.chunkFull = gzip, packed(t, compress.Codecs.Gzip, seven), huge, huge
		}, "compressed bytes cannot become"},
		{"gzip that should be empty", func(c *claim) { c.codec, c.data, c.full = gzip, packed(t, compress.Codecs.Gzip, letters), 0 }, "it claims 0 bytes, and its compressed data 1"},
		{"brotli that should be empty", func(c *claim) { c.codec, c.data, c.full = brotli, packed(t, compress.Codecs.Brotli, letters), 0 }, "it claims 0 bytes, and its compressed data 1"},
		{"brotli", func(c *claim) {
			c.codec, c.data, c.full, c.chunkFull = brotli, packed(t, compress.Codecs.Brotli, seven), huge, huge
		}, "a buffer of 2147483"},
		{"LZ4 of Hadoop", func(c *claim) {
			c.codec, c.data = int64(compress.Codecs.Lz4), append([]byte{0, 0, 0, 8, 0, 0, 0, 9, 8 << 4}, seven...)
		},
			`column "n" is compressed with LZ4, which is not supported (write the file with snappy or zstd`},
		{"LZ4_RAW", func(c *claim) {
			c.codec, c.data, c.full, c.chunkFull = int64(lz4Raw), append([]byte{8 << 4}, seven...), huge, huge
		}, "it claims 2147483647 bytes, which 9 compressed bytes cannot become"},
		{"LZ4_RAW that is shorter", func(c *claim) { c.codec, c.data = int64(lz4Raw), []byte{4 << 4, 7, 0, 0, 0} }, "lz4: a block of 4 bytes where there should be 8"},
		{"LZ4_RAW that is longer", func(c *claim) { c.codec, c.data = int64(lz4Raw), append([]byte{9 << 4, 0}, seven...) }, "lz4: "},
		{"LZ4_RAW cut", func(c *claim) { c.codec, c.data = int64(lz4Raw), []byte{8 << 4, 7, 0} }, "lz4: "},
		{"LZ4_RAW before its beginning", func(c *claim) { c.codec, c.data = int64(lz4Raw), []byte{1<<4 | 3, 7, 9, 0} }, "lz4: "},
		{"LZ4_RAW that should be empty", func(c *claim) { c.codec, c.data, c.full = int64(lz4Raw), append([]byte{8 << 4}, seven...), 0 }, "lz4: "},
		{"zstd frame", func(c *claim) {
			// A frame that says how long it is in 8 bytes, and a raw block.
			c.codec, c.data = zstd, append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0x80, 0, 0, 0, 0, 8<<3 | 1, 0, 0}, seven...)
		}, "it claims 8 bytes, and its compressed data 2147483648"},
		{"zstd frame and header", func(c *claim) {
			c.codec, c.data = zstd, append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0, 8<<3 | 1, 0, 0}, seven...)
			c.full, c.chunkFull = huge, huge
		}, "compressed bytes cannot become"},
		{"zstd blocks of a frame without a length", func(c *claim) {
			c.codec, c.data = zstd, []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50}
			for range 100 { // of 131,071 bytes each
				c.data = append(c.data, 0xfa, 0xff, 0x0f, 7)
			}
			c.data = append(c.data, 1, 0, 0)
		}, "it claims 8 bytes, and its compressed data"},
		{"zstd cut", func(c *claim) { c.codec, c.data = zstd, []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50, 0xf5, 0xff, 0xff} }, "its compressed data are damaged: unexpected EOF"},
		{"not zstd", func(c *claim) { c.codec, c.data = zstd, seven }, "no zstd frame begins where one should"},

		{"differences", func(c *claim) {
			c.encoding, c.data = deltaBinaryPacked, uvarints(128, 4, huge, 0)
			c.full = int64(len(c.data))
		}, "2147483647 values in a page of 1"},
		{"blocks of differences", func(c *claim) {
			c.encoding, c.data = deltaBinaryPacked, uvarints(huge, 1, 1, 14)
			c.full = int64(len(c.data))
		}, "1 parts in blocks of 2147483647"},
		{"lengths as differences", func(c *claim) {
			c.typ, c.encoding, c.data = 6, deltaLengths, uvarints(128, 4, huge, 0)
			c.full = int64(len(c.data))
		}, "2147483647 values in a page of 1"},
		{"suffixes", func(c *claim) {
			c.typ, c.encoding, c.data = 6, deltaBytes, append(uvarints(128, 4, 1, 0), uvarints(128, 4, huge, 0)...)
			c.full = int64(len(c.data))
		}, "2147483647 values in a page of 1"},
		{"differences in version 2", func(c *claim) {
			c.kind, c.encoding, c.data = dataPageV2, deltaBinaryPacked, uvarints(128, 4, huge, 0)
			c.full = int64(len(c.data))
		}, "2147483647 values in a page of 1"},
		{"differences after levels", func(c *claim) {
			c.optional, c.encoding, c.data = true, deltaBinaryPacked, append([]byte{2, 0, 0, 0, 2, 1}, uvarints(128, 4, huge, 0)...)
			c.full = int64(len(c.data))
		}, "2147483647 values in a page of 1"},
		{"levels longer than the page", func(c *claim) {
			c.optional, c.encoding, c.data = true, deltaBinaryPacked, []byte{0xff, 0xff, 0xff, 0xff, 1, 1}
			c.full = int64(len(c.data))
		}, "its levels are longer than it is"},

		{"columns", func(c *claim) { c.columns = huge }, "the footer is damaged: it ends within a value"},
		{"children", func(c *claim) { c.children = huge }, "a group of 2147483647 columns among the 2 elements of the schema"},
		{"negative children", func(c *claim) { c.children = -1 }, "a group of -1 columns"},
		{"nested groups", func(c *claim) { c.nested = 100000 }, "groups of columns nested deeper than 100"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := plain(tt.change)
			path := filepath.Join(t.TempDir(), "x.parquet")
			if err := os.WriteFile(path, data, 0o666); err != nil {
				t.Fatal(err)
			}
			for _, how := range []string{"load", "stream"} {
				rows, err := 0, error(nil)
				size := allocated(func() { rows, err = count(t, path, how) })
				// Brotli takes 4 MB whatever it reads.
				if most := uint64(8<<20 + 32*len(data)); size > most {
					t.Errorf("%s: allocated %d bytes for a file of %d", how, size, len(data))
				}
				switch {
				case tt.want == "" && (err != nil || rows != 1):
					t.Errorf("%s: %d rows, %v", how, rows, err)
				case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
					t.Errorf("%s: error %v, want one with %q", how, err, tt.want)
				}
			}
		})
	}
}

// count reads a file.
func count(t *testing.T, path, how string, opts ...datasets.Option) (rows int, err error) {
	if how == "load" {
		d, err := datasets.Load(t.Context(), path, opts...)
		if err != nil {
			return 0, err
		}
		defer d.Release()
		return d.NumRows(), nil
	}
	s, err := datasets.Stream(t.Context(), path, opts...)
	if err != nil {
		return 0, err
	}
	for b, err := range s.Batches(1000) {
		if err != nil {
			return rows, err
		}
		rows += b.NumRows()
	}
	return rows, nil
}

// Whatever number of the footer and of the headers of pages becomes another one, a file allocates what its size allows.
func TestDamagedSizes(t *testing.T) {
	data := plain(func(c *claim) {
		c.codec, c.data = int64(compress.Codecs.Snappy), packed(t, compress.Codecs.Snappy, []byte{7, 0, 0, 0, 0, 0, 0, 0})
	})
	path := filepath.Join(t.TempDir(), "x.parquet")
	for i := range data {
		for _, insert := range []string{"\xff\xff\xff\xff\x0f", "\xff\xff\xff\xff\xff\xff\xff\xff\x7f"} {
			bad := append(append(bytes.Clone(data[:i]), insert...), data[i+1:]...)
			if err := os.WriteFile(path, bad, 0o666); err != nil {
				t.Fatal(err)
			}
			for _, how := range []string{"load", "stream"} {
				if size := allocated(func() { count(t, path, how) }); size > 4<<20 {
					t.Errorf("a number at byte %d, %s: %d bytes allocated", i, how, size)
				}
			}
		}
	}
}

// Structs are read in goroutines of arrow's own; what goes wrong there comes back as an error, too.
func TestDamagedStruct(t *testing.T) {
	type row struct {
		ID   int `json:"id"`
		Span struct {
			Text  string `json:"text"`
			Start int    `json:"start"`
		} `json:"span"`
	}
	made := make([]row, 300)
	for i := range made {
		made[i].Span.Text, made[i].Span.Start = strings.Repeat("NF-κB ", i%7), i*i
	}
	d, err := datasets.From("made", made, checked(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Release)
	var b bytes.Buffer
	if err := WriteTo(&b, d); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.parquet")
	failed := 0
	for i := 4; i < 2000; i += 13 {
		bad := bytes.Clone(b.Bytes())
		bad[i] ^= 0x5a
		if err := os.WriteFile(path, bad, 0o666); err != nil {
			t.Fatal(err)
		}
		for _, how := range []string{"load", "stream"} {
			if _, err := count(t, path, how); err != nil {
				failed++
				if strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "errgroup") {
					t.Errorf("byte %d: error %v", i, err)
				}
			}
		}
	}
	if failed < 50 {
		t.Errorf("%d of the damaged files were refused", failed)
	}
}

// A few bytes may stand for a million rows.
func TestManyRowsInFewBytes(t *testing.T) {
	const n = 1_000_000
	made := make([]struct {
		Label int    `json:"label"`
		Of    string `json:"of"`
	}, n)
	for i := range made {
		made[i].Of = "Homo sapiens"
	}
	d, err := datasets.From("made", made, checked(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Release)
	path := filepath.Join(t.TempDir(), "x.parquet")
	if err := Write(path, d); err != nil {
		t.Fatal(err)
	}
	for _, how := range []string{"load", "stream"} {
		if rows, err := count(t, path, how, checked(t)); err != nil || rows != n {
			t.Errorf("%s: %d rows, %v", how, rows, err)
		}
	}
}
