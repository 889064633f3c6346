package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v15/parquet/compress"
)

// checkPacked checks that compressed bytes may become full bytes, no more and no fewer, without decompressing them, as far as
// their format tells: it holds what they say of themselves, and how far the format can compress at all, against full.
func checkPacked(codec compress.Compression, packed *io.SectionReader, full int64) error {
	n, most := packed.Size(), int64(0)
	switch codec {
	case compress.Codecs.Uncompressed:
		if n != full {
			return fmt.Errorf("it claims %d bytes, and has %d that are not compressed", full, n)
		}
		return nil
	case compress.Codecs.Snappy:
		if full == 0 && n == 0 {
			return nil
		}
		var head [binary.MaxVarintLen32]byte
		k, _ := packed.ReadAt(head[:], 0)
		claim, k := binary.Uvarint(head[:k])
		if k <= 0 {
			return sizeError(full, 0, errors.New("no length before them"))
		}
		if claim != uint64(full) {
			return sizeError(full, claim, nil)
		}
		most = 22 * n // a copy of 64 bytes takes 3
	case compress.Codecs.Zstd:
		return checkZstd(packed, full)
	case compress.Codecs.Gzip:
		most = 1032*n + 1024 // the limit of deflate
	case compress.Codecs.Brotli:
		most = full // it has none
	case lz4Raw:
		most = 255 * n // a byte of a length stands for as many
	}
	if full > most {
		return fmt.Errorf("it claims %d bytes, which %d compressed bytes cannot become", full, n)
	}
	if full == 0 { // then arrow sets the libraries no limit
		return checkEmpty(codec, packed)
	}
	return nil
}

func sizeError(full int64, claim uint64, err error) error {
	if err != nil {
		return fmt.Errorf("its compressed data are damaged: %w", err)
	}
	return fmt.Errorf("it claims %d bytes, and its compressed data %d", full, claim)
}

// checkEmpty checks that nothing comes out of compressed bytes. The libraries say in a panic what is wrong with them,
// which package datasets turns into an error.
func checkEmpty(c compress.Compression, packed *io.SectionReader) error {
	if packed.Size() == 0 || c == compress.Codecs.Snappy || c == lz4Raw { // which say how long they are, or fill what they are given
		return nil
	}
	codec, err := compress.GetCodec(c)
	if err != nil {
		return err
	}
	r := codec.NewReader(packed)
	defer r.Close()
	if n, err := io.CopyN(io.Discard, r, 1); n > 0 {
		return sizeError(0, uint64(n), nil)
	} else if err != io.EOF {
		return sizeError(0, 0, err)
	}
	return nil
}

const (
	zstdMagic     = 0xfd2fb528
	zstdSkippable = 0x184d2a50 // and the 15 after it
	zstdMostBlock = 128 << 10
)

// checkZstd walks the frames and blocks of RFC 8878. A frame says how long it is uncompressed, if it was compressed
// at once; of others the blocks tell how long it is at most.
func checkZstd(packed *io.SectionReader, full int64) error {
	z := &zstdWalk{r: packed}
	claimed, said := uint64(0), true
	for z.err == nil && z.at < packed.Size() {
		switch m := uint32(z.number(4)); {
		case m&^15 == zstdSkippable:
			z.at += int64(z.number(4))
		case m == zstdMagic:
			size, ok := z.frame()
			if size > uint64(full) || claimed+size > uint64(full) {
				return sizeError(full, claimed+size, nil)
			}
			claimed, said = claimed+size, said && ok
		default:
			z.fail(errors.New("no zstd frame begins where one should"))
		}
	}
	if z.err == nil && z.at > packed.Size() {
		z.err = io.ErrUnexpectedEOF
	}
	switch {
	case z.err != nil:
		return sizeError(full, 0, z.err)
	case said && claimed != uint64(full):
		return sizeError(full, claimed, nil)
	case uint64(full) > z.most:
		return fmt.Errorf("it claims %d bytes, which %d compressed bytes cannot become", full, packed.Size())
	case !said && z.most > 2*uint64(full)+1<<20: // what comes out has no limit but this
		return checkLength(packed, full)
	}
	return nil
}

type zstdWalk struct {
	r    *io.SectionReader
	at   int64
	most uint64 // bytes that the blocks hold at most
	err  error
}

func (z *zstdWalk) fail(err error) {
	if z.err == nil {
		z.err = err
	}
}

// number reads a number of up to eight bytes.
func (z *zstdWalk) number(bytes int) uint64 {
	var b [8]byte
	if z.err != nil {
		return 0
	}
	if n, _ := z.r.ReadAt(b[:bytes], z.at); n < bytes {
		z.fail(io.ErrUnexpectedEOF)
		return 0
	}
	z.at += int64(bytes)
	return binary.LittleEndian.Uint64(b[:])
}

// frame passes over a frame after its magic. It returns the size of the content, and whether the frame says that.
func (z *zstdWalk) frame() (size uint64, said bool) {
	head := z.number(1)
	single := head&0x20 != 0
	z.at += []int64{0, 1, 2, 4}[head&3] // the number of a dictionary
	if !single {
		z.at++ // the size of the window
	}
	n := []int{0, 2, 4, 8}[head>>6]
	if n == 0 && single {
		n = 1
	}
	if size = z.number(n); n == 2 {
		size += 256
	}
	for last := false; !last && z.err == nil; {
		block := z.number(3)
		last = block&1 != 0
		bytes := int64(block >> 3)
		switch block >> 1 & 3 {
		case 0:
			z.most += uint64(bytes)
		case 1: // one byte, repeated
			z.most += uint64(bytes)
			bytes = 1
		case 2:
			z.most += zstdMostBlock
		default:
			z.fail(errors.New("a zstd block of an unknown kind"))
		}
		z.at += bytes
	}
	if head&4 != 0 {
		z.at += 4 // the checksum
	}
	return size, n > 0
}

// checkLength decompresses zstd to learn how long it is, a little at a time.
func checkLength(packed *io.SectionReader, full int64) error {
	codec, err := compress.GetCodec(compress.Codecs.Zstd)
	if err != nil {
		return err
	}
	r := codec.NewReader(packed)
	defer r.Close()
	n, err := io.CopyN(io.Discard, r, full+1)
	if err == nil || err == io.EOF && n != full {
		return sizeError(full, uint64(n), nil)
	} else if err != io.EOF {
		return sizeError(full, 0, err)
	}
	return nil
}
