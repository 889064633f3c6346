package kernels

// rowLists holds, for every row of a matrix and every range of its inputs, a
// list of entries that name some inputs and their weights. Lists lie range by
// range, row by row.
type rowLists struct {
	entry  int      // bytes of an entry
	ranges int      // of inputs
	groups int      // of sparseGroup rows
	first  []uint32 // entries before each group of each range, then all
	count  []uint16 // entries of each list
	data   []byte
}

// listRange is one range of rowLists in the making.
type listRange struct {
	count []uint16
	data  []byte
}

// end ends the list of a row, which began where data had from bytes.
func (r *listRange) end(from, entry int) {
	r.count = append(r.count, uint16((len(r.data)-from)/entry))
}

// joinLists returns the lists of all ranges, which have the same number of rows,
// with empty ones up to a multiple of sparseGroup.
func joinLists(ranges []listRange, entry int) rowLists {
	rows := len(ranges[0].count)
	l := rowLists{entry: entry, ranges: len(ranges), groups: roundUp(rows, sparseGroup) / sparseGroup}
	size := 0
	for _, r := range ranges {
		size += len(r.data)
	}
	l.data = make([]byte, 0, size)
	l.first = make([]uint32, 0, l.ranges*l.groups+1)
	l.count = make([]uint16, 0, l.ranges*l.groups*sparseGroup)
	at := uint32(0)
	for _, r := range ranges {
		l.data = append(l.data, r.data...)
		for i := range l.groups * sparseGroup {
			if i%sparseGroup == 0 {
				l.first = append(l.first, at)
			}
			n := uint16(0)
			if i < rows {
				n = r.count[i]
			}
			l.count = append(l.count, n)
			at += uint32(n)
		}
	}
	l.first = append(l.first, at)
	return l
}

// run returns the end of the groups from g on, before end, whose entries take
// at most size bytes, but at least one.
func (l *rowLists) run(g, end, size int) int {
	n := 0
	for i := g; i < end; i++ {
		for r := range l.ranges {
			list := r*l.groups + i
			n += int(l.first[list+1]-l.first[list]) * l.entry
		}
		if n > size {
			return max(i, g+1)
		}
	}
	return end
}

// from returns the entries from a group of a range on.
func (l *rowLists) from(r, g int) []byte { return l.data[int(l.first[r*l.groups+g])*l.entry:] }

// bytes returns the size of the lists.
func (l *rowLists) bytes() int { return 4*len(l.first) + 2*len(l.count) + len(l.data) }

// total returns the number of entries.
func (l *rowLists) total() int { return int(l.first[len(l.first)-1] - l.first[0]) }

// rows returns the lists of groups g0 to g1. They share the memory of l if it has
// one range.
func (l *rowLists) rows(g0, g1 int) rowLists {
	p := rowLists{entry: l.entry, ranges: l.ranges, groups: g1 - g0}
	if l.ranges == 1 {
		p.first, p.count, p.data = l.first[g0:g1+1], l.count[g0*sparseGroup:g1*sparseGroup], l.data
		return p
	}
	at := uint32(0)
	for r := range l.ranges {
		a, b := r*l.groups+g0, r*l.groups+g1
		for _, f := range l.first[a:b] {
			p.first = append(p.first, at+f-l.first[a])
		}
		p.count = append(p.count, l.count[a*sparseGroup:b*sparseGroup]...)
		p.data = append(p.data, l.data[int(l.first[a])*l.entry:int(l.first[b])*l.entry]...)
		at += l.first[b] - l.first[a]
	}
	p.first = append(p.first, at)
	return p
}
