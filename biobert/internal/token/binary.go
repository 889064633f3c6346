package token

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
)

// The compact form of a tokenizer, all integers little-endian:
//
//	bytes
//	8    magic "SBTOKEN1"
//	4    length of the whole, in bytes
//	4    CRC-32C of all that follows
//	4x5  n options, n pieces, n vocabulary, n text, n trie
//	...  options: JSON of Options and notes, n options bytes
//	4    ... x n pieces: end of each piece in text, ascending
//	...  text of the pieces, n text bytes
//	4    ... x n trie: units of the trie over the pieces, see trie
//
// n vocabulary says how many of the pieces were in the vocabulary; the rest
// were added. Trailing bytes are refused.
const (
	binaryMagic  = "SBTOKEN1"
	binaryHeader = 8 + 4 + 4 + 4*5
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type binaryOptions struct {
	Options Options  `json:"options"`
	Notes   []string `json:"notes,omitempty"`
}

// AppendBinary appends the compact form of t to b; see OpenBinary.
func (t *Tokenizer) AppendBinary(b []byte) ([]byte, error) {
	options, err := json.Marshal(binaryOptions{t.opts, t.notes})
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	pieces, text := t.pieces.len(), len(t.pieces.text)
	size := binaryHeader + len(options) + 4*pieces + text + 4*len(t.trie)
	if size > math.MaxInt32 {
		return nil, fmt.Errorf("token: compact form of %d bytes is too long", size)
	}
	le, start := binary.LittleEndian, len(b)
	b = append(b, binaryMagic...)
	b = le.AppendUint32(b, uint32(size))
	b = le.AppendUint32(b, 0)
	for _, n := range []int{len(options), pieces, t.model, text, len(t.trie)} {
		b = le.AppendUint32(b, uint32(n))
	}
	b = append(b, options...)
	for _, end := range t.pieces.ends {
		b = le.AppendUint32(b, end)
	}
	b = append(b, t.pieces.text...)
	for _, u := range t.trie {
		b = le.AppendUint32(b, u)
	}
	seal(b[start:])
	return b, nil
}

// seal writes the checksum of a compact form.
func seal(b []byte) { binary.LittleEndian.PutUint32(b[12:], checksum(b)) }

func checksum(b []byte) uint32 { return crc32.Checksum(b[16:], castagnoli) }

// OpenBinary reads what AppendBinary wrote. It copies what it needs (some
// 0.7 MB for BERT's vocabulary): data may be unmapped afterwards. Broken data
// is an error.
func OpenBinary(data []byte) (*Tokenizer, error) {
	t, err := openBinary(data)
	if err != nil {
		return nil, fmt.Errorf("token: compact form: %w", err)
	}
	return t, nil
}

func openBinary(data []byte) (*Tokenizer, error) {
	le := binary.LittleEndian
	if len(data) < binaryHeader || string(data[:8]) != binaryMagic {
		return nil, fmt.Errorf("no %s at its beginning (made by another version?)", binaryMagic)
	}
	if n := le.Uint32(data[8:]); int64(n) != int64(len(data)) {
		return nil, fmt.Errorf("%d bytes where its header says %d (truncated?)", len(data), n)
	}
	if checksum(data) != le.Uint32(data[12:]) {
		return nil, errors.New("checksum does not match")
	}
	var n [5]int
	total := int64(binaryHeader)
	for i, unit := range []int64{1, 4, 0, 1, 4} {
		v := int64(le.Uint32(data[16+4*i:]))
		if v > int64(len(data)) {
			return nil, errors.New("a length in its header is too large")
		}
		n[i] = int(v)
		total += v * unit
	}
	options, pieces, model, text := n[0], n[1], n[2], n[3]
	if total != int64(len(data)) || model > pieces {
		return nil, errors.New("lengths in its header do not add up")
	}
	data = data[binaryHeader:]
	var o binaryOptions
	if err := json.Unmarshal(data[:options], &o); err != nil {
		return nil, fmt.Errorf("options: %w", err)
	}
	if o.Options.MaxInputCharsPerWord <= 0 || o.Options.ContinuingPrefix == "" {
		return nil, errors.New("options: incomplete")
	}
	ends := data[options : options+4*pieces]
	t := &Tokenizer{opts: o.Options, notes: o.Notes, model: model}
	t.pieces.text = slices.Clone(data[options+4*pieces:][:text])
	t.pieces.ends = make([]uint32, pieces)
	from := uint32(0)
	for i := range t.pieces.ends {
		end := le.Uint32(ends[4*i:])
		if end < from || int64(end) > int64(text) {
			return nil, errors.New("ends of the pieces are not ascending")
		}
		t.pieces.ends[i] = end
		from = end
	}
	var ok bool
	if t.trie, ok = readTrie(data[options+4*pieces+text:], pieces); !ok {
		return nil, errors.New("broken piece index")
	}
	var initial, continuing bool
	t.root, initial = t.trie.child(t.trie[0], initialLabel)
	t.cont, continuing = t.trie.child(t.trie[0], continuingLabel)
	if !initial || !continuing {
		return nil, errors.New("piece index without its roots")
	}
	if err := t.finish(); err != nil {
		return nil, err
	}
	return t, nil
}
