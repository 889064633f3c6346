package onnx

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// The messages of onnx.proto3 that a BERT needs. Fields that are not named here are skipped.
type (
	// A node is a NodeProto.
	node struct {
		name, op, domain string
		in, out          []string
		attrs            map[string]attr
	}

	// An attr is an AttributeProto.
	attr struct {
		f      float32
		i      int64
		s      string
		ints   []int64
		tensor *tensor
	}

	// A graph is a GraphProto with its initializers, and those of its Constant nodes, by name.
	graph struct {
		nodes           []*node
		inputs, outputs []string
		consts          map[string]*tensor
		producers       map[string]*node // of values
	}
)

// Limits, far above those of a BERT-large, whose graph has 3,000 nodes.
const (
	maxNodes = 1 << 20
	maxDims  = 16
)

var errWire = errors.New("broken or truncated protobuf (download it again)")

// fields calls f for each field of a message. v is its number if it is of type varint or fixed, b its bytes if it has a length; they are views.
func fields(msg []byte, f func(num protowire.Number, typ protowire.Type, v uint64, b []byte) error) error {
	for len(msg) > 0 {
		num, typ, n := protowire.ConsumeTag(msg)
		if n < 0 {
			return errWire
		}
		msg = msg[n:]
		var v uint64
		var b []byte
		switch typ {
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(msg)
		case protowire.Fixed32Type:
			var x uint32
			x, n = protowire.ConsumeFixed32(msg)
			v = uint64(x)
		case protowire.Fixed64Type:
			v, n = protowire.ConsumeFixed64(msg)
		case protowire.BytesType:
			b, n = protowire.ConsumeBytes(msg)
		default:
			n = protowire.ConsumeFieldValue(num, typ, msg)
		}
		if n < 0 {
			return errWire
		}
		if err := f(num, typ, v, b); err != nil {
			return err
		}
		msg = msg[n:]
	}
	return nil
}

// numbers reads a repeated field of numbers, packed or not.
func numbers(typ protowire.Type, v uint64, b []byte, each func(v uint64)) error {
	if typ != protowire.BytesType {
		each(v)
		return nil
	}
	for len(b) > 0 {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return errWire
		}
		each(v)
		b = b[n:]
	}
	return nil
}

// fixed reads a repeated field of numbers of 4 or 8 bytes and appends those to data.
func fixed(data []byte, typ protowire.Type, v uint64, b []byte) []byte {
	switch typ {
	case protowire.Fixed32Type:
		return protowire.AppendFixed32(data, uint32(v))
	case protowire.Fixed64Type:
		return protowire.AppendFixed64(data, v)
	}
	return append(data, b...)
}

// parseModel reads a ModelProto.
func parseModel(data []byte, external func(location string) ([]byte, error)) (*graph, error) {
	var g *graph
	err := fields(data, func(num protowire.Number, typ protowire.Type, v uint64, b []byte) (err error) {
		switch num {
		case 7:
			if g != nil {
				return errors.New("it holds two graphs")
			}
			g, err = parseGraph(b, external)
		case 25:
			return errors.New("it has functions of its own (export it without them: dynamo=False)")
		}
		return err
	})
	if err == nil && (g == nil || len(g.nodes) == 0) {
		err = errors.New("no graph (is it an ONNX file?)")
	}
	return g, err
}

func parseGraph(data []byte, external func(location string) ([]byte, error)) (*graph, error) {
	g := &graph{consts: map[string]*tensor{}, producers: map[string]*node{}}
	var inputs []string
	err := fields(data, func(num protowire.Number, _ protowire.Type, _ uint64, b []byte) error {
		switch num {
		case 1:
			if len(g.nodes) == maxNodes {
				return fmt.Errorf("more than %d nodes", maxNodes)
			}
			n, err := parseNode(b)
			if err != nil {
				return err
			}
			g.nodes = append(g.nodes, n)
		case 5:
			t, err := parseTensor(b, external)
			if err != nil {
				return err
			}
			return g.add(t.name, t)
		case 15:
			return errors.New("sparse initializers (SparseML writes dense ones; export it again)")
		case 11, 12:
			name, err := nameOf(b)
			if err != nil {
				return err
			}
			if num == 11 {
				inputs = append(inputs, name)
			} else {
				g.outputs = append(g.outputs, name)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, name := range inputs { // older files list initializers too
		if g.consts[name] == nil {
			g.inputs = append(g.inputs, name)
		}
	}
	for _, n := range g.nodes {
		if n.op == "Constant" && len(n.out) == 1 {
			t := n.attrs["value"].tensor
			if t == nil {
				continue // such as value_float: of no use in a BERT
			}
			if err := g.add(n.out[0], t); err != nil {
				return nil, err
			}
			continue
		}
		for _, out := range n.out {
			if out == "" {
				continue
			}
			if g.producers[out] != nil {
				return nil, fmt.Errorf("value %q is computed twice", out)
			}
			g.producers[out] = n
		}
	}
	return g, nil
}

func (g *graph) add(name string, t *tensor) error {
	if g.consts[name] != nil {
		return fmt.Errorf("initializer %q occurs twice", name)
	}
	g.consts[name] = t
	return nil
}

// nameOf returns the name of a ValueInfoProto.
func nameOf(data []byte) (name string, err error) {
	err = fields(data, func(num protowire.Number, _ protowire.Type, _ uint64, b []byte) error {
		if num == 1 {
			name = string(b)
		}
		return nil
	})
	return name, err
}

func parseNode(data []byte) (*node, error) {
	n := &node{attrs: map[string]attr{}}
	err := fields(data, func(num protowire.Number, _ protowire.Type, _ uint64, b []byte) error {
		switch num {
		case 1:
			n.in = append(n.in, string(b))
		case 2:
			n.out = append(n.out, string(b))
		case 3:
			n.name = string(b)
		case 4:
			n.op = string(b)
		case 5:
			name, a, err := parseAttr(b)
			n.attrs[name] = a
			return err
		case 7:
			n.domain = string(b)
		}
		return nil
	})
	return n, err
}

func parseAttr(data []byte) (name string, a attr, err error) {
	err = fields(data, func(num protowire.Number, typ protowire.Type, v uint64, b []byte) (err error) {
		switch num {
		case 1:
			name = string(b)
		case 2:
			a.f = math.Float32frombits(uint32(v))
		case 3:
			a.i = int64(v)
		case 4:
			a.s = string(b)
		case 5:
			a.tensor, err = parseTensor(b, nil)
		case 8:
			err = numbers(typ, v, b, func(v uint64) { a.ints = append(a.ints, int64(v)) })
		}
		return err
	})
	return name, a, err
}
