package parquet

import (
	"fmt"
	_ "unsafe" // for go:linkname

	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/pierrec/lz4/v4"
)

// LZ4_RAW is what pyarrow, Polars and DuckDB write for "lz4". Arrow 15 does not know it, and keeps its table of codecs to
// itself (later versions export a function to add to it), so that it is reached by its name.
//
//go:linkname codecs github.com/apache/arrow/go/v15/parquet/compress.codecs
var codecs map[compress.Compression]compress.Codec

// lz4Raw is the code of the Parquet format.
const lz4Raw compress.Compression = 7

func init() {
	codecs[lz4Raw] = lz4Codec{}
}

// An lz4Codec reads single blocks of LZ4, without a frame. Nothing is written with it.
type lz4Codec struct{ compress.Codec }

// Decode fills dst from src. The interface has no error: whatever is wrong is a panic, as with other codecs.
func (lz4Codec) Decode(dst, src []byte) []byte {
	n, err := lz4.UncompressBlock(src, dst)
	if err != nil {
		panic(err)
	}
	if n != len(dst) {
		panic(fmt.Errorf("lz4: a block of %d bytes where there should be %d", n, len(dst)))
	}
	return dst
}
