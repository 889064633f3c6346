package events

import "testing"

func BenchmarkDocument(b *testing.B) {
	d := sentence("The [protein:MEK] inhibitor [chemical:U0126] blocked [protein:TNF-α]-induced expression of [protein:IL-6] in [cell_type:monocytes], " +
		"and the phosphorylation of [protein:ERK1] and [protein:ERK2] by [protein:MEK] was not affected.")
	b.SetBytes(int64(len(d.Text)))
	for b.Loop() {
		Document(d)
	}
}
