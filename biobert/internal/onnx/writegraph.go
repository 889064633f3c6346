package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
)

// build makes the nodes, from the embeddings to the output.
func (b *builder) build() error {
	x, err := b.buildEmbeddings()
	if err != nil {
		return err
	}
	mask := b.buildMask()
	for i := range b.Layers {
		if x, err = b.buildLayer(i, x, mask); err != nil {
			return err
		}
	}
	if b.Pooler != nil {
		x = b.node("/bert/pooler/Gather", "Gather", []string{x, b.int64s("/bert/pooler/first", []int64{0})}, intAttr("axis", 1))
		if x, err = b.buildLinear(b.Prefix+"pooler.dense", *b.Pooler, x, nil); err != nil {
			return err
		}
		x = b.node("/bert/pooler/Tanh", "Tanh", []string{x})
	}
	x, err = b.buildLinear(b.Output, b.Classifier, x, nil)
	if err != nil {
		return err
	}
	if b.Output != "qa_outputs" {
		b.nodeTo([]string{"logits"}, "/logits", "Identity", []string{x})
		return nil
	}
	b.nodeTo([]string{"/start", "/end"}, "/Split", "Split", []string{x, b.int64s("/Split/sizes", []int64{1, 1}, 2)}, intAttr("axis", -1))
	last := b.int64s("/Squeeze/axes", []int64{-1}, 1)
	b.nodeTo([]string{"start_logits"}, "/Squeeze", "Squeeze", []string{"/start", last})
	b.nodeTo([]string{"end_logits"}, "/Squeeze_1", "Squeeze", []string{"/end", last})
	return nil
}

func (b *builder) buildEmbeddings() (string, error) {
	const at = "/bert/embeddings/"
	prefix := b.Prefix + "embeddings."
	position, err := b.Tensor(prefix + "position_embeddings.weight")
	if err != nil {
		return "", err
	}
	n := position.Shape[0]
	numbers := make([]int64, n)
	for i := range numbers {
		numbers[i] = int64(i)
	}
	zero, one := b.int64s(at+"zero", []int64{0}, 1), b.int64s(at+"one", []int64{1}, 1)
	length := b.node(at+"Gather", "Gather", []string{b.node(at+"Shape", "Shape", []string{ids}), b.int64s(at+"dimension", []int64{1})}, intAttr("axis", 0))
	length = b.node(at+"Unsqueeze", "Unsqueeze", []string{length, zero})
	positions := b.node(at+"Slice", "Slice", []string{b.int64s("bert.embeddings.position_ids", numbers, 1, n), zero, length, one})
	var sum string
	for i, t := range []struct{ table, ids string }{{"word", ids}, {"token_type", types}, {"position", positions}} {
		table, err := b.float(prefix+t.table+"_embeddings.weight", false)
		if err != nil {
			return "", err
		}
		x := b.node(at+t.table+"_embeddings/Gather", "Gather", []string{table, t.ids}, intAttr("axis", 0))
		if i > 0 {
			x = b.node(fmt.Sprintf("%sAdd_%d", at, i), "Add", []string{sum, x})
		}
		sum = x
	}
	return b.buildNorm(prefix+"LayerNorm", at+"LayerNorm", sum)
}

// buildMask makes what is added to the scores: 0, and the lowest number where there is padding.
func (b *builder) buildMask() string {
	x := b.node("/bert/Unsqueeze", "Unsqueeze", []string{"attention_mask", b.int64s("/bert/axis1", []int64{1}, 1)})
	x = b.node("/bert/Unsqueeze_1", "Unsqueeze", []string{x, b.int64s("/bert/axis2", []int64{2}, 1)})
	x = b.node("/bert/Cast", "Cast", []string{x}, intAttr("to", typeF32))
	x = b.node("/bert/Sub", "Sub", []string{b.floats("/bert/one", []float32{1}), x})
	return b.node("/bert/Mul", "Mul", []string{x, b.floats("/bert/lowest", []float32{-math.MaxFloat32})})
}

func (b *builder) buildNorm(tensor, at, x string) (string, error) {
	gamma, beta := tensor+".weight", tensor+".bias"
	if _, err := b.Tensor(gamma); err != nil {
		if _, e := b.Tensor(tensor + ".gamma"); e == nil { // converted from TensorFlow
			gamma, beta = tensor+".gamma", tensor+".beta"
		}
	}
	var err error
	if gamma, err = b.float(gamma, false); err != nil {
		return "", err
	}
	if beta, err = b.float(beta, false); err != nil {
		return "", err
	}
	last, keep := intsAttr("axes", -1), intAttr("keepdims", 1)
	centred := b.node(at+"/Sub", "Sub", []string{x, b.node(at+"/ReduceMean", "ReduceMean", []string{x}, last, keep)})
	v := b.node(at+"/Pow", "Pow", []string{centred, b.floats(at+"/two", []float32{2})})
	v = b.node(at+"/ReduceMean_1", "ReduceMean", []string{v}, last, keep)
	v = b.node(at+"/Add", "Add", []string{v, b.floats(at+"/eps", []float32{b.Eps})})
	v = b.node(at+"/Sqrt", "Sqrt", []string{v})
	v = b.node(at+"/Div", "Div", []string{centred, v})
	v = b.node(at+"/Mul", "Mul", []string{v, gamma})
	return b.node(at+"/Add_1", "Add", []string{v, beta}), nil
}

// A quantized is a value after QuantizeLinear.
type quantized struct {
	name string
	of   string
	q    *Quant
}

// quantize adds the QuantizeLinear of x, unless done has it.
func (b *builder) quantize(at, x string, q *Quant, done *quantized) *quantized {
	if done != nil && done.of == x && *done.q == *q {
		return done
	}
	scale := b.floats(at+"/x_scale", []float32{q.Scale})
	return &quantized{b.node(at+"/QuantizeLinear", "QuantizeLinear", []string{x, scale, b.zero(q.Zero)}), x, q}
}

// buildLinear makes a linear layer. shared, if it is not nil, keeps the quantized input for other layers that have the same.
func (b *builder) buildLinear(tensor string, l Linear, x string, shared **quantized) (string, error) {
	at := "/" + tensor
	if l.Out != nil {
		return "", fmt.Errorf("tensor %q: a product that is rounded before its bias is added, which SparseML's form does not have", tensor)
	}
	if !l.Quantized() {
		w, err := b.float(tensor+".weight", true)
		if err != nil {
			return "", err
		}
		bias, err := b.float(tensor+".bias", false)
		if err != nil {
			return "", err
		}
		return b.node(at+"/Add", "Add", []string{bias, b.node(at+"/MatMul", "MatMul", []string{x, w})}), nil
	}
	t, err := b.Tensor(tensor + ".weight")
	if err != nil {
		return "", err
	}
	bias, err := b.Tensor(tensor + ".bias")
	if err != nil {
		return "", err
	}
	if len(t.Shape) != 2 || len(l.Scale) != t.Shape[0] || bias.Len() != t.Shape[0] {
		return "", fmt.Errorf("tensor %q of shape %v, %d scales: %w", t.Name, t.Shape, len(l.Scale), errScales)
	}
	n, k := t.Shape[0], t.Shape[1]
	w := b.initializer(tensor+".MatMul.weight_quantized", typeU8, []int{k, n}, func() ([]byte, error) {
		v, err := t.Float32s(nil)
		if err != nil {
			return nil, err
		}
		whole := make([]byte, len(v))
		for i := range n {
			for j := range k {
				whole[i*k+j] = byte(quantize(v[i*k+j], l.Scale[i], 128, 0, 255))
			}
		}
		return transpose(whole, n, k), nil
	})
	zeros := make([]byte, n)
	product := make([]float32, n)
	for i, s := range l.Scale {
		zeros[i], product[i] = 128, l.In.Scale*s
	}
	bv, err := bias.Float32s(nil)
	if err != nil {
		return "", err
	}
	whole := make([]byte, 4*n)
	for i, v := range bv {
		q := min(max(math.RoundToEven(float64(v)/float64(product[i])), math.MinInt32), math.MaxInt32)
		binary.LittleEndian.PutUint32(whole[4*i:], uint32(int32(q)))
	}
	var done *quantized
	if shared != nil {
		done = *shared
	}
	in := b.quantize(at, x, l.In, done)
	if shared != nil {
		*shared = in
	}
	y := b.node(at+"/MatMulInteger", "MatMulInteger", []string{in.name, w, b.zero(l.In.Zero), b.bytes(tensor+".MatMul.weight_zero_point", typeU8, []int{n}, zeros)})
	y = b.node(at+"/Add", "Add", []string{y, b.bytes(tensor+".Add.bias_quantized", typeI32, []int{n}, whole)})
	y = b.node(at+"/Cast", "Cast", []string{y}, intAttr("to", typeF32))
	return b.node(at+"/Mul", "Mul", []string{y, b.floats(tensor+".Add.bias_quantized.scale", product, n)}), nil
}

// buildDot makes a product of attention.
func (b *builder) buildDot(at, x, y string, qx, qy, out *Quant) string {
	if qx == nil || qy == nil {
		return b.round(at, b.node(at+"/MatMul", "MatMul", []string{x, y}), out)
	}
	left, right := b.quantize(at+"/left", x, qx, nil), b.quantize(at+"/right", y, qy, nil)
	v := b.node(at+"/MatMulInteger", "MatMulInteger", []string{left.name, right.name, b.zero(qx.Zero), b.zero(qy.Zero)})
	v = b.node(at+"/Cast", "Cast", []string{v}, intAttr("to", typeF32))
	v = b.node(at+"/Mul", "Mul", []string{v, b.floats(at+"/scale", []float32{qx.Scale * qy.Scale})})
	return b.round(at, v, out)
}

// round makes a QuantizeLinear and a DequantizeLinear, if q says how.
func (b *builder) round(at, x string, q *Quant) string {
	if q == nil {
		return x
	}
	scale := b.floats(at+"/y_scale", []float32{q.Scale})
	x = b.node(at+"/output/QuantizeLinear", "QuantizeLinear", []string{x, scale, b.zero(q.Zero)})
	return b.node(at+"/DequantizeLinear", "DequantizeLinear", []string{x, scale, b.zero(q.Zero)})
}

func (b *builder) buildLayer(i int, x, mask string) (string, error) {
	l := &b.Layers[i]
	prefix := fmt.Sprintf("%sencoder.layer.%d.", b.Prefix, i)
	at := "/" + prefix
	if b.shapes.heads == "" {
		b.shapes.heads = b.int64s("/bert/encoder/heads", []int64{0, 0, int64(b.Heads), int64(b.HeadSize)}, 4)
		b.shapes.hidden = b.int64s("/bert/encoder/hidden", []int64{0, 0, int64(b.Heads * b.HeadSize)}, 3)
	}
	var shared *quantized
	var parts [3]string
	for j, p := range []struct {
		name string
		Linear
		perm []int64
	}{{"query", l.Query, []int64{0, 2, 1, 3}}, {"key", l.Key, []int64{0, 2, 3, 1}}, {"value", l.Value, []int64{0, 2, 1, 3}}} {
		name := prefix + "attention.self." + p.name
		v, err := b.buildLinear(name, p.Linear, x, &shared)
		if err != nil {
			return "", err
		}
		v = b.node("/"+name+"/Reshape", "Reshape", []string{v, b.shapes.heads})
		parts[j] = b.node("/"+name+"/Transpose", "Transpose", []string{v}, intsAttr("perm", p.perm...))
	}
	self := at + "attention.self/"
	v := b.buildDot(self+"scores", parts[0], parts[1], l.Q, l.K, l.Scores)
	v = b.node(self+"Div", "Div", []string{v, b.floats(self+"root", []float32{float32(math.Sqrt(float64(b.HeadSize)))})})
	v = b.node(self+"Add", "Add", []string{v, mask})
	v = b.node(self+"Softmax", "Softmax", []string{v}, intAttr("axis", -1))
	v = b.buildDot(self+"context", v, parts[2], l.Probs, l.V, l.Context)
	v = b.node(self+"Transpose", "Transpose", []string{v}, intsAttr("perm", 0, 2, 1, 3))
	v = b.node(self+"Reshape", "Reshape", []string{v, b.shapes.hidden})
	v, err := b.buildLinear(prefix+"attention.output.dense", l.Output, v, nil)
	if err != nil {
		return "", err
	}
	v = b.node(at+"attention.output/Add", "Add", []string{v, b.round(at+"input", x, l.In)})
	if x, err = b.buildNorm(prefix+"attention.output.LayerNorm", at+"attention.output/LayerNorm", v); err != nil {
		return "", err
	}
	if v, err = b.buildLinear(prefix+"intermediate.dense", l.Up, x, nil); err != nil {
		return "", err
	}
	v = b.buildGelu(at+"intermediate", v)
	if v, err = b.buildLinear(prefix+"output.dense", l.Down, v, nil); err != nil {
		return "", err
	}
	v = b.node(at+"output/Add", "Add", []string{v, b.round(at+"middle", x, l.Mid)})
	return b.buildNorm(prefix+"output.LayerNorm", at+"output/LayerNorm", v)
}

func (b *builder) buildGelu(at, x string) string {
	c := func(name string, v float32) string { return b.floats(at+"/"+name, []float32{v}) }
	var v string
	if b.Tanh {
		v = b.node(at+"/Pow", "Pow", []string{x, c("three", 3)})
		v = b.node(at+"/Mul", "Mul", []string{v, c("cubic", 0.044715)})
		v = b.node(at+"/Add", "Add", []string{x, v})
		v = b.node(at+"/Mul_1", "Mul", []string{v, c("root", float32(math.Sqrt(2/math.Pi)))})
		v = b.node(at+"/Tanh", "Tanh", []string{v})
	} else {
		v = b.node(at+"/Div", "Div", []string{x, c("root", math.Sqrt2)})
		v = b.node(at+"/Erf", "Erf", []string{v})
	}
	v = b.node(at+"/Add_1", "Add", []string{v, c("one", 1)})
	v = b.node(at+"/Mul_2", "Mul", []string{x, v})
	return b.node(at+"/Mul_3", "Mul", []string{v, c("half", 0.5)})
}
