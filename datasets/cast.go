package datasets

import (
	"encoding/json"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// castTimes gives time stamps the unit and zone that the features declare, as
// Python's datasets does on loading: Parquet has no seconds, and arrow v15 takes
// all its time stamps for UTC. It takes over the reference to t.
func castTimes(t arrow.Table, mem memory.Allocator) arrow.Table {
	schema := castSchema(t.Schema())
	fields := schema.Fields()
	chunks := make([][]arrow.Array, len(fields))
	for k, f := range t.Schema().Fields() {
		for _, a := range t.Column(k).Data().Chunks() {
			if from, ok := f.Type.(*arrow.TimestampType); ok && !arrow.TypeEqual(from, fields[k].Type) {
				a = castTimestamps(a.(*array.Timestamp), from.Unit, fields[k].Type.(*arrow.TimestampType), mem)
			} else {
				a.Retain()
			}
			chunks[k] = append(chunks[k], a)
		}
	}
	defer t.Release()
	md := schema.Metadata()
	return newTable(fields, chunks, int(t.NumRows()), &md)
}

// castSchema returns the schema that castTimes gives a table of schema s.
func castSchema(s *arrow.Schema) *arrow.Schema {
	fields := s.Fields()
	declared := declaredFeatures(s)
	for k, f := range fields {
		want, _ := declared.Lookup(f.Name)
		if to := timestampType(want.DType); to != nil && want.Type == "Value" && f.Type.ID() == arrow.TIMESTAMP {
			fields[k].Type = to
		}
	}
	md := s.Metadata()
	return arrow.NewSchema(fields, &md)
}

func castTimestamps(a *array.Timestamp, from arrow.TimeUnit, to *arrow.TimestampType, mem memory.Allocator) arrow.Array {
	b := array.NewTimestampBuilder(mem, to)
	defer b.Release()
	b.Reserve(a.Len())
	for i := range a.Len() {
		if a.IsNull(i) {
			b.AppendNull()
			continue
		}
		v, err := arrow.TimestampFromTime(a.Value(i).ToTime(from), to.Unit)
		if err != nil {
			panic("datasets: time stamp of an unknown unit") // timestampType knows them all
		}
		b.Append(v)
	}
	return b.NewArray()
}

// timestampType returns the type that "timestamp[us]" or "timestamp[s, tz=UTC]"
// names, or nil.
func timestampType(dtype string) *arrow.TimestampType {
	s, found := strings.CutPrefix(dtype, "timestamp[")
	s, closed := strings.CutSuffix(s, "]")
	if !found || !closed {
		return nil
	}
	unit, zone, _ := strings.Cut(s, ",")
	for _, u := range []arrow.TimeUnit{arrow.Second, arrow.Millisecond, arrow.Microsecond, arrow.Nanosecond} {
		if u.String() == unit {
			return &arrow.TimestampType{Unit: u, TimeZone: strings.TrimPrefix(strings.TrimSpace(zone), "tz=")}
		}
	}
	return nil
}

// declaredFeatures reads the features in a schema's metadata. A damaged
// description costs the labels, not the data.
func declaredFeatures(s *arrow.Schema) Features {
	var md struct {
		Info struct {
			Features Features `json:"features"`
		} `json:"info"`
	}
	v, ok := s.Metadata().GetValue(metadataKey)
	if !ok || json.Unmarshal([]byte(v), &md) != nil {
		return nil
	}
	return md.Info.Features
}
