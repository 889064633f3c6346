package datasets

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// castTable casts the columns of t that a card gives another type to it: labels in words become a ClassLabel, numbers of
// JSON what they shall be. It takes over the reference to t. Columns that only one of the two knows stay as they are.
func castTable(t arrow.Table, declared Features, mem memory.Allocator) (arrow.Table, error) {
	d, err := own("table", mem, t, fitFeatures(declaredFeatures(t.Schema()), t.Schema()))
	if err != nil {
		return nil, err
	}
	defer func() { d.Release() }()
	for i, f := range d.features {
		want, ok := declared.Lookup(f.Name)
		if !ok || want.stores(d.table.Schema().Field(i).Type) {
			continue
		}
		cast, err := d.CastColumn(f.Name, want)
		if err != nil {
			return nil, fmt.Errorf("datasets: the card says that column %q is %s: %w (WithFormat reads files without the card)", f.Name, want, err)
		}
		d.Release()
		d = cast
	}
	d.table.Retain()
	return d.table, nil
}

// castTables are rows whose columns a card gives other types.
type castTables struct {
	rowTables
	declared Features
	mem      memory.Allocator
	cast     *arrow.Schema
}

func newCastTables(rows rowTables, declared Features, mem memory.Allocator) (*castTables, error) {
	s := castSchema(rows.schema())
	cols := make([]arrow.Column, s.NumFields())
	for i, f := range s.Fields() {
		chunked := arrow.NewChunked(f.Type, nil)
		cols[i] = *arrow.NewColumn(f, chunked)
		chunked.Release()
	}
	t, err := castTable(array.NewTable(s, cols, 0), declared, mem)
	for i := range cols {
		cols[i].Release()
	}
	if err != nil {
		return nil, err
	}
	defer t.Release()
	return &castTables{rows, declared, mem, t.Schema()}, nil
}

func (c *castTables) schema() *arrow.Schema { return c.cast }

func (c *castTables) each(ctx context.Context, f func(arrow.Table) error) error {
	return c.rowTables.each(ctx, func(t arrow.Table) error {
		t, err := castTable(t, c.declared, c.mem)
		if err != nil {
			return err
		}
		return f(t)
	})
}
