package pytorch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
)

// Values of a pickle are: nil, bool, int, float64, string, tuple, *list, *dict, global, *storage (of a persistent id) and *tensor.
type (
	tuple  []any
	list   struct{ items []any }
	dict   struct{ m map[any]any }
	global struct{ module, name string }
	mark   struct{}
)

// storageTypes are the types of numbers that a storage may hold.
var storageTypes = map[string]safetensors.DType{
	"DoubleStorage": safetensors.F64, "FloatStorage": safetensors.F32, "HalfStorage": safetensors.F16, "BFloat16Storage": safetensors.BF16,
	"LongStorage": safetensors.I64, "IntStorage": safetensors.I32, "ShortStorage": safetensors.I16, "CharStorage": safetensors.I8,
	"ByteStorage": safetensors.U8, "BoolStorage": safetensors.Bool,
}

// allowed says whether a pickle may name a global: what it needs to describe tensors by name.
func (g global) allowed() bool {
	switch g.module {
	case "collections":
		return g.name == "OrderedDict"
	case "torch._utils":
		return g.name == "_rebuild_tensor_v2" || g.name == "_rebuild_tensor" || g.name == "_rebuild_parameter"
	case "torch":
		return g.name == "Size" || storageTypes[g.name] != ""
	}
	return false
}

// kind describes a value in an error.
func kind(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		return "a bool"
	case int:
		return "a number"
	case float64:
		return "a float"
	case string:
		return "a string"
	case tuple:
		return "a tuple"
	case *list:
		return "a list"
	case *dict:
		return "a dict"
	case global:
		return v.module + "." + v.name
	case *storage:
		return "a storage"
	case *tensor:
		return "a tensor"
	}
	return "a mark"
}

// An unpickler runs a pickle.
type unpickler struct {
	in      []byte
	at      int
	stack   []any
	memo    map[uint32]any
	storage storageFunc // nil: there are none
}

var errTruncated = errors.New("it ends early (truncated? download it again)")

// The operations, named as in Python's pickletools.
const (
	opMark, opStop, opPop                         = '(', '.', '0'
	opProto, opFrame                              = 0x80, 0x95
	opNone, opNewTrue, opNewFalse                 = 'N', 0x88, 0x89
	opBinInt, opBinInt1, opBinInt2, opLong1       = 'J', 'K', 'M', 0x8a
	opBinFloat                                    = 'G'
	opBinUnicode, opShortUnicode, opUnicode8      = 'X', 0x8c, 0x8d
	opBinString, opShortString                    = 'T', 'U'
	opEmptyTuple, opTuple, opTuple1, opTuple2     = ')', 't', 0x85, 0x86
	opTuple3, opEmptyList, opAppend, opAppends    = 0x87, ']', 'a', 'e'
	opEmptyDict, opSetItem, opSetItems            = '}', 's', 'u'
	opGlobal, opStackGlobal, opReduce, opBuild    = 'c', 0x93, 'R', 'b'
	opBinPersID                                   = 'Q'
	opBinPut, opLongBinPut, opMemoize             = 'q', 'r', 0x94
	opBinGet, opLongBinGet                        = 'h', 'j'
	opInst, opObj, opNewObj, opNewObjEx, opPersID = 'i', 'o', 0x81, 0x92, 'P'
)

// run runs the pickle and returns the value that it leaves.
func (p *unpickler) run() (any, error) {
	p.memo = map[uint32]any{}
	for {
		begin := p.at
		b, err := p.bytes(1)
		if err != nil {
			return nil, err
		}
		if b[0] == opStop {
			return p.pop()
		}
		if err := p.step(b[0]); err != nil {
			return nil, fmt.Errorf("at byte %d: %w", begin, err)
		}
	}
}

func (p *unpickler) step(op byte) error {
	switch op {
	case opProto:
		b, err := p.bytes(1)
		if err == nil && b[0] > 5 {
			err = fmt.Errorf("protocol %d (at most 5 is supported)", b[0])
		}
		return err
	case opFrame:
		_, err := p.bytes(8)
		return err
	case opMark:
		p.push(mark{})
	case opPop:
		_, err := p.pop()
		return err
	case opNone:
		p.push(nil)
	case opNewTrue, opNewFalse:
		p.push(op == opNewTrue)
	case opBinInt, opBinInt1, opBinInt2, opLong1:
		return p.integer(op)
	case opBinFloat:
		b, err := p.bytes(8)
		if err != nil {
			return err
		}
		p.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
	case opBinUnicode, opShortUnicode, opUnicode8, opBinString, opShortString:
		return p.text(op)
	case opEmptyTuple:
		p.push(tuple{})
	case opTuple1, opTuple2, opTuple3:
		v, err := p.top(int(op-opTuple1) + 1)
		if err != nil {
			return err
		}
		p.push(tuple(v))
	case opTuple:
		v, err := p.marked()
		if err != nil {
			return err
		}
		p.push(tuple(v))
	case opEmptyList:
		p.push(&list{})
	case opAppend, opAppends:
		return p.append(op)
	case opEmptyDict:
		p.push(&dict{map[any]any{}})
	case opSetItem, opSetItems:
		return p.set(op)
	case opGlobal, opStackGlobal:
		return p.global(op)
	case opReduce:
		return p.reduce()
	case opBuild:
		return p.build()
	case opBinPersID:
		return p.persistent()
	case opBinPut, opLongBinPut, opMemoize:
		return p.put(op)
	case opBinGet, opLongBinGet:
		return p.get(op)
	case opInst, opObj, opNewObj, opNewObjEx, opPersID:
		return fmt.Errorf("operation %#x makes an object of a class, which weights do not need; it is not run", op)
	default:
		return fmt.Errorf("operation %#x is not one that weights need; it is not run", op)
	}
	return nil
}

// bytes takes the next n bytes.
func (p *unpickler) bytes(n uint64) ([]byte, error) {
	if n > uint64(len(p.in)-p.at) {
		return nil, errTruncated
	}
	b := p.in[p.at : p.at+int(n)]
	p.at += int(n)
	return b, nil
}

// number takes n bytes as a little-endian number.
func (p *unpickler) number(n int) (uint64, error) {
	b, err := p.bytes(uint64(n))
	if err != nil {
		return 0, err
	}
	v := uint64(0)
	for i, x := range b {
		v |= uint64(x) << (8 * i)
	}
	return v, nil
}

func (p *unpickler) push(v any) { p.stack = append(p.stack, v) }

func (p *unpickler) pop() (any, error) {
	v, err := p.top(1)
	if err != nil {
		return nil, err
	}
	return v[0], nil
}

// top takes the n topmost values, none of which may be a mark.
func (p *unpickler) top(n int) ([]any, error) {
	if n > len(p.stack) {
		return nil, errors.New("too few values on the stack")
	}
	v := append([]any(nil), p.stack[len(p.stack)-n:]...)
	for _, x := range v {
		if _, ok := x.(mark); ok {
			return nil, errors.New("a mark where a value should be")
		}
	}
	p.stack = p.stack[:len(p.stack)-n]
	return v, nil
}

// marked takes the values above the topmost mark, and that.
func (p *unpickler) marked() ([]any, error) {
	for i := len(p.stack) - 1; i >= 0; i-- {
		if _, ok := p.stack[i].(mark); ok {
			v := append([]any(nil), p.stack[i+1:]...)
			p.stack = p.stack[:i]
			return v, nil
		}
	}
	return nil, errors.New("no mark on the stack")
}

func (p *unpickler) integer(op byte) error {
	n := map[byte]int{opBinInt: 4, opBinInt1: 1, opBinInt2: 2}[op]
	if op == opLong1 {
		b, err := p.bytes(1)
		if err != nil {
			return err
		}
		if n = int(b[0]); n > 8 {
			return fmt.Errorf("a number of %d bytes (at most 8)", n)
		}
	}
	v, err := p.number(n)
	if err != nil {
		return err
	}
	signed := op == opBinInt || op == opLong1
	if shift := 64 - 8*n; signed && n > 0 {
		p.push(int(int64(v<<shift) >> shift))
		return nil
	}
	p.push(int(v))
	return nil
}

func (p *unpickler) text(op byte) error {
	size := map[byte]int{opBinUnicode: 4, opShortUnicode: 1, opUnicode8: 8, opBinString: 4, opShortString: 1}[op]
	n, err := p.number(size)
	if err != nil {
		return err
	}
	b, err := p.bytes(n)
	if err != nil {
		return err
	}
	p.push(string(b))
	return nil
}

func (p *unpickler) append(op byte) error {
	take := p.marked
	if op == opAppend {
		take = func() ([]any, error) { return p.top(1) }
	}
	v, err := take()
	if err != nil {
		return err
	}
	l, ok := p.peek().(*list)
	if !ok {
		return fmt.Errorf("appends to %s", kind(p.peek()))
	}
	l.items = append(l.items, v...)
	return nil
}

// peek returns the topmost value, which may be nothing.
func (p *unpickler) peek() any {
	if len(p.stack) == 0 {
		return mark{}
	}
	return p.stack[len(p.stack)-1]
}

func (p *unpickler) set(op byte) error {
	take := p.marked
	if op == opSetItem {
		take = func() ([]any, error) { return p.top(2) }
	}
	v, err := take()
	if err != nil {
		return err
	}
	d, ok := p.peek().(*dict)
	if !ok || len(v)%2 != 0 {
		return fmt.Errorf("sets %d items of %s", len(v), kind(p.peek()))
	}
	return d.add(v)
}

// add adds keys and values that alternate.
func (d *dict) add(v []any) error {
	for i := 0; i < len(v); i += 2 {
		switch k := v[i].(type) {
		case string, int:
			d.m[k] = v[i+1]
		default:
			return fmt.Errorf("%s as a key (want a string)", kind(k))
		}
	}
	return nil
}

func (p *unpickler) global(op byte) error {
	var g global
	if op == opStackGlobal {
		v, err := p.top(2)
		if err != nil {
			return err
		}
		var ok [2]bool
		g.module, ok[0] = v[0].(string)
		g.name, ok[1] = v[1].(string)
		if !ok[0] || !ok[1] {
			return fmt.Errorf("a global named by %s and %s", kind(v[0]), kind(v[1]))
		}
	} else {
		for _, s := range []*string{&g.module, &g.name} {
			begin := p.at
			for {
				b, err := p.bytes(1)
				if err != nil {
					return err
				}
				if b[0] == '\n' {
					break
				}
			}
			*s = string(p.in[begin : p.at-1])
		}
	}
	if !g.allowed() {
		return fmt.Errorf("it wants to use %.200q, which weights do not need: it is not run (do not load this file in Python unless you trust it)", g.module+"."+g.name)
	}
	p.push(g)
	return nil
}

// reduce calls a global with a tuple of arguments.
func (p *unpickler) reduce() error {
	v, err := p.top(2)
	if err != nil {
		return err
	}
	g, ok := v[0].(global)
	args, is := v[1].(tuple)
	if !ok || !is {
		return fmt.Errorf("calls %s with %s", kind(v[0]), kind(v[1]))
	}
	out, err := g.call(args)
	if err != nil {
		return fmt.Errorf("%s.%s: %w", g.module, g.name, err)
	}
	p.push(out)
	return nil
}

func (g global) call(args tuple) (any, error) {
	switch g.name {
	case "OrderedDict":
		d := &dict{map[any]any{}}
		if len(args) == 0 {
			return d, nil
		}
		items, ok := args[0].(*list)
		if !ok || len(args) > 1 {
			return nil, errors.New("wants a list of pairs")
		}
		for _, item := range items.items {
			pair, ok := item.(tuple)
			if l, is := item.(*list); is {
				pair, ok = l.items, true
			}
			if !ok || len(pair) != 2 {
				return nil, errors.New("wants a list of pairs")
			}
			if err := d.add(pair); err != nil {
				return nil, err
			}
		}
		return d, nil
	case "_rebuild_tensor_v2", "_rebuild_tensor":
		if len(args) < 4 {
			return nil, fmt.Errorf("wants 4 arguments or more, not %d", len(args))
		}
		s, ok := args[0].(*storage)
		offset, is := args[1].(int)
		shape, err := ints(args[2])
		stride, err2 := ints(args[3])
		if !ok || !is || err != nil || err2 != nil {
			return nil, errors.New("wants a storage, an offset, a shape and strides")
		}
		return newTensor(s, offset, shape, stride)
	case "_rebuild_parameter":
		if len(args) > 0 {
			if t, ok := args[0].(*tensor); ok {
				return t, nil
			}
		}
		return nil, errors.New("wants a tensor")
	case "Size":
		if len(args) == 1 {
			if shape, ok := args[0].(tuple); ok {
				return shape, nil
			}
		}
		return nil, errors.New("wants a tuple")
	}
	return nil, errors.New("is not a function")
}

func ints(v any) ([]int, error) {
	t, ok := v.(tuple)
	if !ok {
		return nil, fmt.Errorf("%s, not a tuple", kind(v))
	}
	out := make([]int, len(t))
	for i, x := range t {
		if out[i], ok = x.(int); !ok {
			return nil, fmt.Errorf("%s, not a number", kind(x))
		}
	}
	return out, nil
}

// build sets attributes. The only ones are those of the state dict itself, which hold the version of each module.
func (p *unpickler) build() error {
	if _, err := p.pop(); err != nil {
		return err
	}
	if _, ok := p.peek().(*dict); !ok {
		return fmt.Errorf("sets attributes of %s", kind(p.peek()))
	}
	return nil
}

// persistent finds a storage by ("storage", type, key, device, number of elements), which in the legacy format ends with None,
// or with (key, offset, number of elements) of a view of it.
func (p *unpickler) persistent() error {
	v, err := p.pop()
	if err != nil {
		return err
	}
	t, _ := v.(tuple)
	id, ok := t.storage()
	if !ok || p.storage == nil {
		return errors.New("a persistent id that is not a storage's")
	}
	s, err := p.storage(id)
	if err != nil {
		return err
	}
	p.push(s)
	return nil
}

func (t tuple) storage() (id storageID, ok bool) {
	if len(t) < 5 || len(t) > 6 || t[0] != "storage" {
		return id, false
	}
	class, isGlobal := t[1].(global)
	key, isText := t[2].(string)
	n, isNumber := t[4].(int)
	id = storageID{key: key, dtype: storageTypes[class.name], n: n}
	if !isGlobal || !isText || !isNumber || id.dtype == "" {
		return id, false
	}
	if len(t) == 5 || t[5] == nil {
		return id, true
	}
	view, ok := t[5].(tuple)
	if !ok || len(view) != 3 {
		return id, false
	}
	var isOffset, isSize bool
	id.isView = true
	id.offset, isOffset = view[1].(int)
	id.size, isSize = view[2].(int)
	return id, isOffset && isSize
}

func (p *unpickler) put(op byte) error {
	n := uint64(len(p.memo))
	if op != opMemoize {
		var err error
		if n, err = p.number(map[byte]int{opBinPut: 1, opLongBinPut: 4}[op]); err != nil {
			return err
		}
	}
	v := p.peek()
	if _, ok := v.(mark); ok {
		return errors.New("remembers no value")
	}
	p.memo[uint32(n)] = v
	return nil
}

func (p *unpickler) get(op byte) error {
	n, err := p.number(map[byte]int{opBinGet: 1, opLongBinGet: 4}[op])
	if err != nil {
		return err
	}
	v, ok := p.memo[uint32(n)]
	if !ok {
		return fmt.Errorf("value %d was not remembered", n)
	}
	p.push(v)
	return nil
}
