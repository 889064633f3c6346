package safetensors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// info is a tensor as the header describes it, unchecked.
type info struct {
	name       string
	dtype      DType
	shape      []uint64
	begin, end uint64
}

// parseHeader reads the JSON by hand, key by key: encoding/json's mapping to
// structs would let doubled keys and other spellings of a key pass.
func parseHeader(header []byte) ([]info, map[string]string, error) {
	if len(header) == 0 || header[0] != '{' {
		return nil, nil, errors.New("does not begin with '{' (not a safetensors file?)")
	}
	if !utf8.Valid(header) {
		return nil, nil, errors.New("not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(header))
	d.UseNumber()
	var infos []info
	meta := map[string]string{}
	err := object(d, func(key string) error {
		if key == "__metadata__" {
			return object(d, func(k string) error {
				var v *string
				if err := d.Decode(&v); err != nil || v == nil {
					return fmt.Errorf("__metadata__ %q: not a string", k)
				}
				meta[k] = *v
				return nil
			})
		}
		t := info{name: key}
		if err := t.read(d); err != nil {
			return fmt.Errorf("tensor %q: %w", key, err)
		}
		infos = append(infos, t)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if rest := bytes.Trim(header[d.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return nil, nil, fmt.Errorf("%.20q after its end", rest)
	}
	return infos, meta, nil
}

// object reads an object; value has to read the value of each key.
func object(d *json.Decoder, value func(key string) error) error {
	if t, err := d.Token(); err != nil {
		return err
	} else if t != json.Delim('{') {
		return fmt.Errorf("%v where an object should be", t)
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		key, ok := t.(string)
		if !ok {
			return fmt.Errorf("%v where a key should be", t)
		}
		if seen[key] {
			return fmt.Errorf("key %q occurs twice", key)
		}
		seen[key] = true
		if err := value(key); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

func (t *info) read(d *json.Decoder) error {
	var dtype, shape, offsets bool
	err := object(d, func(key string) error {
		switch key {
		case "dtype":
			dtype = true
			var s *string
			if err := d.Decode(&s); err != nil || s == nil {
				return errors.New("dtype is not a string")
			}
			t.dtype = DType(*s)
		case "shape":
			shape = true
			var err error
			if t.shape, err = numbers(d); err != nil {
				return fmt.Errorf("shape: %w", err)
			}
		case "data_offsets":
			offsets = true
			v, err := numbers(d)
			if err == nil && len(v) != 2 {
				err = fmt.Errorf("%d of them, want 2", len(v))
			}
			if err != nil {
				return fmt.Errorf("data_offsets: %w", err)
			}
			t.begin, t.end = v[0], v[1]
		default:
			var ignored json.RawMessage
			return d.Decode(&ignored)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !dtype || !shape || !offsets {
		return errors.New("needs dtype, shape and data_offsets")
	}
	return nil
}

// numbers reads an array of whole numbers that are not negative.
func numbers(d *json.Decoder) ([]uint64, error) {
	var list []json.Number
	if err := d.Decode(&list); err != nil || list == nil {
		return nil, errors.New("not a list of numbers")
	}
	v := make([]uint64, len(list))
	for i, n := range list {
		var err error
		if v[i], err = strconv.ParseUint(string(n), 10, 64); err != nil || v[i] > math.MaxInt {
			return nil, fmt.Errorf("%.30s is not a whole number in range", n)
		}
	}
	return v, nil
}
