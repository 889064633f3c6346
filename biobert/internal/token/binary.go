package token

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
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
	text := 0
	for _, p := range t.pieces {
		text += len(p)
	}
	size := binaryHeader + len(options) + 4*len(t.pieces) + text + 4*len(t.trie)
	if size > math.MaxInt32 {
		return nil, fmt.Errorf("token: compact form of %d bytes is too long", size)
	}
	le, start := binary.LittleEndian, len(b)
	b = append(b, binaryMagic...)
	b = le.AppendUint32(b, uint32(size))
	b = le.AppendUint32(b, 0)
	for _, n := range []int{len(options), len(t.pieces), t.model, text, len(t.trie)} {
		b = le.AppendUint32(b, uint32(n))
	}
	b = append(b, options...)
	end := 0
	for _, p := range t.pieces {
		end += len(p)
		b = le.AppendUint32(b, uint32(end))
	}
	for _, p := range t.pieces {
		b = append(b, p...)
	}
	for _, u := range t.trie {
		b = le.AppendUint32(b, u)
	}
	le.PutUint32(b[start+12:], crc32.Checksum(b[start+16:], castagnoli))
	return b, nil
}

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
	if crc32.Checksum(data[16:], castagnoli) != le.Uint32(data[12:]) {
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
	options, pieces, model, text, units := n[0], n[1], n[2], n[3], n[4]
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
	all := string(data[options+4*pieces:][:text])
	raw := data[options+4*pieces+text:]

	t := &Tokenizer{opts: o.Options, notes: o.Notes, model: model, pieces: make([]string, pieces), trie: make(trie, units)}
	from := 0
	for i := range t.pieces {
		end := int(le.Uint32(ends[4*i:]))
		if end < from || end > text {
			return nil, errors.New("ends of the pieces are not ascending")
		}
		t.pieces[i] = all[from:end]
		from = end
	}
	for i := range t.trie {
		t.trie[i] = le.Uint32(raw[4*i:])
	}
	if !t.trie.check(pieces) {
		return nil, errors.New("broken piece index")
	}
	if err := t.finish(t.ID); err != nil {
		return nil, err
	}
	return t, nil
}
