package berttest

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// A Tensor is one of 32-bit floating-point numbers.
type Tensor struct {
	Name  string
	Shape []int
	Fill  func(values []float32) // sets all of them, when the tensor is written
}

func (t *Tensor) len() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// write writes the numbers of t, little-endian. buf is reused.
func (t *Tensor) write(w io.Writer, buf []float32) ([]float32, error) {
	n := t.len()
	if cap(buf) < n {
		buf = make([]float32, n)
	}
	buf = buf[:n]
	t.Fill(buf)
	var b [1 << 12]byte
	for at := 0; at < n; {
		out := b[:0]
		for ; at < n && len(out) < len(b); at++ {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(buf[at]))
		}
		if _, err := w.Write(out); err != nil {
			return buf, err
		}
	}
	return buf, nil
}

// WriteZip writes a state dict as torch.save does since PyTorch 1.6. A tensor is written when it has been filled, and not kept.
func WriteZip(w io.Writer, tensors []Tensor) error {
	z := zip.NewWriter(w)
	member := func(name string) (io.Writer, error) {
		return z.CreateHeader(&zip.FileHeader{Name: "pytorch_model/" + name, Method: zip.Store})
	}
	m, err := member("data.pkl")
	if err == nil {
		_, err = m.Write(pickle(tensors, false))
	}
	var buf []float32
	for i := range tensors {
		if err != nil {
			return err
		}
		if m, err = member(fmt.Sprintf("data/%d", i)); err == nil {
			buf, err = tensors[i].write(m, buf)
		}
	}
	if m, err = member("version"); err == nil {
		_, err = io.WriteString(m, "3\n")
	}
	return errors.Join(err, z.Close())
}

// WriteLegacy is WriteZip for the format that torch.save wrote before, in which BioBERT is on the hub.
func WriteLegacy(w io.Writer, tensors []Tensor) error {
	b := bufio.NewWriterSize(w, 1<<16)
	b.WriteString("\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.") // 0x1950a86a20f9469cfc6c
	b.WriteString("\x80\x02M\xe9\x03.")                         // 1001
	b.WriteString("\x80\x02}(X\x10\x00\x00\x00protocol_versionM\xe9\x03X\x0d\x00\x00\x00little_endian\x88X\x0a\x00\x00\x00type_sizes}u.")
	b.Write(pickle(tensors, true))
	b.WriteString("\x80\x02](")
	for i := range tensors {
		b.Write(text(nil, fmt.Sprint(i)))
	}
	b.WriteString("e.")
	var buf []float32
	for i := range tensors {
		t := &tensors[i]
		b.Write(binary.LittleEndian.AppendUint64(nil, uint64(t.len())))
		var err error
		if buf, err = t.write(b, buf); err != nil {
			return err
		}
	}
	return b.Flush()
}

func text(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint32(append(b, 'X'), uint32(len(s))), s...)
}

// pickle is the state dict of tensors in protocol 2. Storages are called by their numbers.
func pickle(tensors []Tensor, legacy bool) []byte {
	const dict = "ccollections\nOrderedDict\n)R"
	b := []byte("\x80\x02" + dict + "(")
	number := func(n int) { b = binary.LittleEndian.AppendUint32(append(b, 'J'), uint32(n)) }
	tuple := func(numbers []int) {
		b = append(b, '(')
		for _, n := range numbers {
			number(n)
		}
		b = append(b, 't')
	}
	for i, t := range tensors {
		n := 1
		strides := make([]int, len(t.Shape))
		for j := len(t.Shape) - 1; j >= 0; j-- {
			strides[j] = n
			n *= t.Shape[j]
		}
		b = append(text(b, t.Name), "ctorch._utils\n_rebuild_tensor_v2\n(("...)
		b = append(text(b, "storage"), "ctorch\nFloatStorage\n"...)
		b = text(text(b, fmt.Sprint(i)), "cpu")
		number(n)
		if legacy {
			b = append(b, 'N') // it is part of no other
		}
		b = append(b, "tQ"...)
		number(0)
		tuple(t.Shape)
		tuple(strides)
		b = append(b, "\x89"+dict+"tR"...)
	}
	return append(b, "u."...)
}
