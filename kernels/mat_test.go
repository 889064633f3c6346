package kernels

import "testing"

func TestMatF32(t *testing.T) {
	m := NewMatF32(4, 5)
	for i := range m.Data {
		m.Data[i] = float32(i)
	}
	s := m.Sub(1, 3, 2, 4)
	if s.Rows != 2 || s.Cols != 2 || s.Stride != 5 || s.Row(1)[0] != 12 || len(s.Row(1)) != 2 || cap(s.Row(1)) != 2 {
		t.Errorf("Sub(1, 3, 2, 4) = %v", s)
	}
	s.check()
	for _, r := range [][4]int{{4, 4, 0, 5}, {0, 4, 5, 5}, {0, 4, 0, 5}, {3, 4, 4, 5}} {
		s := m.Sub(r[0], r[1], r[2], r[3])
		s.check()
		if s.Rows != r[1]-r[0] || s.Cols != r[3]-r[2] {
			t.Errorf("Sub%v is %d x %d", r, s.Rows, s.Cols)
		}
	}
	for _, r := range [][4]int{{-1, 1, 0, 1}, {2, 1, 0, 1}, {0, 5, 0, 1}, {0, 1, -1, 1}, {0, 1, 2, 1}, {0, 1, 0, 6}} {
		wantPanic(t, "kernels: sub-matrix out of range", func() { m.Sub(r[0], r[1], r[2], r[3]) })
	}
}

func TestMatCheck(t *testing.T) {
	MatF32{}.check()
	MatF32{Rows: 3}.check()                                               // three empty rows
	MatF32{Data: make([]float32, 8), Rows: 2, Cols: 3, Stride: 5}.check() // no gap after the last row
	const shape, short = "kernels: bad matrix shape", "kernels: matrix data too short"
	for _, test := range []struct {
		m    MatF32
		want string
	}{
		{MatF32{Rows: -1}, shape},
		{MatF32{Cols: -1}, shape},
		{MatF32{Data: make([]float32, 9), Rows: 2, Cols: 3, Stride: 2}, shape},
		{MatF32{Data: make([]float32, 7), Rows: 2, Cols: 3, Stride: 5}, short},
	} {
		wantPanic(t, test.want, test.m.check)
	}
	u := NewMatU8(2, 3)
	u.check()
	u.Zero = u.Zero[:1]
	wantPanic(t, "kernels: a quantized row lacks its scale or zero point", u.check)
	u = NewMatU8(2, 3)
	u.Data = u.Data[:5]
	wantPanic(t, short, u.check)
	u.Stride = 2
	wantPanic(t, shape, u.check)
}

// wantPanic fails unless f panics with the text want.
func wantPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := recover(); got != want {
			t.Errorf("panic %v, want %q", got, want)
		}
	}()
	f()
}
