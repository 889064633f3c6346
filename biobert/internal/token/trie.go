package token

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
)

// A trie is a double array after Aoe, with darts-clone's one-word units and
// XOR addressing: the child of unit u for byte c is at base(u)^c and carries c
// as its label. The value of a key is in its child for byte 0.
//
// A unit:
//
//	bit 31      1: a value in bits 0-30, or a free unit; 0: a node
//	bits 9-30   base
//	bit 8       1: a key ends here
//	bits 0-7    label
//
// len(units) is a multiple of 256, so base^c is always in range.
type trie []uint32

const (
	unitValue = 1 << 31
	unitEnds  = 1 << 8
	unitFree  = 0xffffffff
	baseShift = 9
	baseMask  = 1<<22 - 1
	// labelMask picks what must equal c in a child for c; bit 31 keeps values out.
	labelMask = unitValue | 0xff
)

func unitBase(u uint32) uint32 { return u >> baseShift & baseMask }

// A trieKey is the key root+text; text is not empty but for the roots themselves.
type trieKey struct {
	prefix uint64 // root and the first 7 bytes of text, big-endian, for sorting
	text   string
	value  uint32
}

func newTrieKey(root byte, text string, value uint32) trieKey {
	k := trieKey{prefix: uint64(root) << 56, text: text, value: value}
	for i := range min(len(text), 7) {
		k.prefix |= uint64(text[i]) << (48 - 8*i)
	}
	return k
}

func (k *trieKey) len() int { return 1 + len(k.text) }

func (k *trieKey) at(i int) byte {
	if i < 8 {
		return byte(k.prefix >> (56 - 8*i))
	}
	return k.text[i-1]
}

// errTrieFull needs a vocabulary some fifty times that of BERT.
var errTrieFull = errors.New("token: vocabulary too large for the piece index (at most 4 million trie nodes)")

// buildTrie sorts keys, which must be free of NUL bytes, and returns their
// trie and the number of distinct keys. Of equal keys the largest value counts.
// The root is unit 0.
func buildTrie(keys []trieKey) (trie, int, error) {
	slices.SortFunc(keys, func(a, b trieKey) int {
		if a.prefix != b.prefix {
			return cmp.Compare(a.prefix, b.prefix)
		}
		if c := strings.Compare(a.text, b.text); c != 0 {
			return c
		}
		return cmp.Compare(b.value, a.value)
	})
	keys = slices.CompactFunc(keys, func(a, b trieKey) bool { return a.prefix == b.prefix && a.text == b.text })
	size := (4*len(keys) + 511) &^ 255 // BERT's vocabulary needs 3.1 units a piece
	b := trieBuilder{
		keys:  keys,
		units: make(trie, 0, size),
		next:  make([]int32, 0, size),
		prev:  make([]int32, 0, size),
		used:  make([]bool, 0, size),
	}
	b.grow()
	b.take(0)
	b.used[0] = true // else the root, whose label is 0, could be taken for a child
	if err := b.node(0, 0, len(keys), 0); err != nil {
		return nil, 0, err
	}
	return b.units, len(keys), nil
}

// trieBuilder keeps the free units of the last blocks in a circular list, so
// that the search for a place is short and building takes linear time.
type trieBuilder struct {
	keys       []trieKey
	units      trie
	next, prev []int32 // of free units
	used       []bool  // as a base; two nodes never share one
	head       int32   // a free unit, or -1
}

// openBlocks is how many of the last 256-unit blocks are searched for room.
const openBlocks = 16

func (b *trieBuilder) grow() {
	lo := len(b.units)
	if old := lo - openBlocks*256; old >= 0 {
		for u := old; u < old+256; u++ {
			if b.units[u] == unitFree && b.next[u] >= 0 {
				b.unlink(int32(u))
			}
		}
	}
	for u := lo; u < lo+256; u++ {
		b.units = append(b.units, unitFree)
		b.used = append(b.used, false)
		b.next = append(b.next, int32(u+1))
		b.prev = append(b.prev, int32(u-1))
	}
	first, last := int32(lo), int32(lo+255)
	if b.head < 0 || lo == 0 {
		b.next[last], b.prev[first] = first, last
		b.head = first
		return
	}
	tail := b.prev[b.head]
	b.next[tail], b.prev[first] = first, tail
	b.next[last], b.prev[b.head] = b.head, last
}

func (b *trieBuilder) unlink(u int32) {
	n, p := b.next[u], b.prev[u]
	if n == u {
		b.head = -1
	} else {
		b.next[p], b.prev[n] = n, p
		if b.head == u {
			b.head = n
		}
	}
	b.next[u] = -1
}

// take marks unit u as occupied.
func (b *trieBuilder) take(u int32) {
	b.unlink(u)
	b.units[u] = 0
}

// place finds a base under which all labels are free.
func (b *trieBuilder) place(labels []byte) (uint32, error) {
	for range 2 {
		if u := b.head; u >= 0 {
			for {
				base := uint32(u) ^ uint32(labels[0])
				if !b.used[base] && b.fits(base, labels) {
					return base, nil
				}
				if u = b.next[u]; u == b.head {
					break
				}
			}
		}
		if len(b.units) > baseMask-256 {
			return 0, errTrieFull
		}
		b.grow()
	}
	panic("token: a new trie block has no room")
}

func (b *trieBuilder) fits(base uint32, labels []byte) bool {
	for _, c := range labels[1:] {
		if b.units[base^uint32(c)] != unitFree {
			return false
		}
	}
	return true
}

// node fills in unit u, the node of keys[lo:hi], whose first depth bytes are equal.
func (b *trieBuilder) node(u uint32, lo, hi, depth int) error {
	var buf [256]byte
	labels := buf[:0]
	ends := lo < hi && b.keys[lo].len() == depth
	first := lo
	if ends {
		labels = append(labels, 0)
		first++
	}
	for i := first; i < hi; i++ {
		if c := b.keys[i].at(depth); len(labels) == 0 || labels[len(labels)-1] != c {
			labels = append(labels, c)
		}
	}
	if len(labels) == 0 {
		return nil
	}
	base, err := b.place(labels)
	if err != nil {
		return err
	}
	b.used[base] = true
	for _, c := range labels {
		b.take(int32(base ^ uint32(c)))
		b.units[base^uint32(c)] = uint32(c)
	}
	b.units[u] |= base << baseShift
	if ends {
		b.units[u] |= unitEnds
		b.units[base] = unitValue | b.keys[lo].value
	}
	for i := first; i < hi; {
		c := b.keys[i].at(depth)
		j := i + 1
		for j < hi && b.keys[j].at(depth) == c {
			j++
		}
		if err := b.node(base^uint32(c), i, j, depth+1); err != nil {
			return err
		}
		i = j
	}
	return nil
}

// child returns the unit for byte c below node u.
func (t trie) child(u uint32, c byte) (uint32, bool) {
	if v := t[unitBase(u)^uint32(c)]; v&labelMask == uint32(c) {
		return v, true
	}
	return 0, false
}

// lookup returns the value of the key that is key below node u.
func (t trie) lookup(u uint32, key string) (int32, bool) {
	for i := range len(key) {
		var ok bool
		if u, ok = t.child(u, key[i]); !ok {
			return 0, false
		}
	}
	if u&unitEnds == 0 {
		return 0, false
	}
	return int32(t[unitBase(u)] &^ unitValue), true
}

// readTrie reads little-endian units and refuses those of which a walk could
// leave the array or find a value that is not below limit.
func readTrie(data []byte, limit int) (trie, bool) {
	n := len(data) / 4
	t := make(trie, n)
	if n == 0 || n%256 != 0 {
		return nil, false
	}
	ok := true
	for i := range t {
		u := binary.LittleEndian.Uint32(data[4*i:])
		t[i] = u
		switch {
		case u == unitFree:
		case u&unitValue != 0:
			ok = ok && int(u&^unitValue) < limit
		case int(unitBase(u)) >= n:
			return nil, false
		case u&unitEnds != 0:
			v := binary.LittleEndian.Uint32(data[4*unitBase(u):])
			ok = ok && v&unitValue != 0 && v != unitFree
		}
	}
	return t, ok && t[0]&unitValue == 0
}
