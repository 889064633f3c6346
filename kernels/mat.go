package kernels

// A MatF32 is a row-major matrix of float32: element (i, j) is
// Data[i*Stride+j]. It does not own Data.
type MatF32 struct {
	Data       []float32
	Rows, Cols int
	Stride     int // distance between rows in elements, at least Cols
}

// NewMatF32 allocates a rows x cols matrix of zeros whose stride is cols.
func NewMatF32(rows, cols int) MatF32 {
	return MatF32{Data: make([]float32, rows*cols), Rows: rows, Cols: cols, Stride: cols}
}

// Row returns row i; it shares the memory of m.
func (m MatF32) Row(i int) []float32 {
	return m.Data[i*m.Stride : i*m.Stride+m.Cols : i*m.Stride+m.Cols]
}

// Sub returns rows r0 to r1 and columns c0 to c1 (ends excluded) of m. It
// shares the memory of m.
func (m MatF32) Sub(r0, r1, c0, c1 int) MatF32 {
	if r0 < 0 || r1 < r0 || r1 > m.Rows || c0 < 0 || c1 < c0 || c1 > m.Cols {
		panic("kernels: sub-matrix out of range")
	}
	s := MatF32{Rows: r1 - r0, Cols: c1 - c0, Stride: m.Stride}
	if s.Rows > 0 && s.Cols > 0 {
		s.Data = m.Data[r0*m.Stride+c0 : (r1-1)*m.Stride+c1]
	}
	return s
}

// check panics unless the matrix is consistent.
func (m MatF32) check() {
	if m.Rows < 0 || m.Cols < 0 || m.Stride < m.Cols {
		panic("kernels: bad matrix shape")
	}
	if m.Rows > 0 && m.Cols > 0 && len(m.Data) < (m.Rows-1)*m.Stride+m.Cols {
		panic("kernels: matrix data too short")
	}
}

// A MatU8 holds rows of activations quantized to unsigned 8 bits, each row
// with its own scale and zero point: the real value of element (i, j) is
// (Data[i*Stride+j] - Zero[i]) * Scale[i].
type MatU8 struct {
	Data       []uint8
	Rows, Cols int
	Stride     int       // distance between rows in bytes, at least Cols
	Scale      []float32 // one per row
	Zero       []int32   // one per row, 0 to 255
}

// NewMatU8 allocates a rows x cols quantized matrix whose stride is cols.
func NewMatU8(rows, cols int) MatU8 {
	return MatU8{Data: make([]uint8, rows*cols), Rows: rows, Cols: cols, Stride: cols, Scale: make([]float32, rows), Zero: make([]int32, rows)}
}

// check panics unless the matrix is consistent.
func (m MatU8) check() {
	if m.Rows < 0 || m.Cols < 0 || m.Stride < m.Cols {
		panic("kernels: bad matrix shape")
	}
	if m.Rows > 0 && m.Cols > 0 && len(m.Data) < (m.Rows-1)*m.Stride+m.Cols {
		panic("kernels: matrix data too short")
	}
	if len(m.Scale) < m.Rows || len(m.Zero) < m.Rows {
		panic("kernels: a quantized row lacks its scale or zero point")
	}
}
