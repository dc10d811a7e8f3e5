package spool_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/spool"
)

// fill sets every field below v to something that is not zero, text to bytes
// that are not UTF-8.
func fill(v reflect.Value, n *int64) {
	*n++
	if t, ok := v.Addr().Interface().(*time.Time); ok {
		*t = time.Unix(*n, *n)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), n)
		}
	case reflect.Map:
		x := reflect.New(v.Type().Elem()).Elem()
		fill(x, n)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("k\xff"), x)
	case reflect.String:
		v.SetString(fmt.Sprintf("\xff\x00%d", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint8:
		v.SetUint(uint64(*n % 256))
	default:
		v.SetInt(-*n)
	}
}

// TestEveryField: whatever a unit has comes back, byte for byte.
func TestEveryField(t *testing.T) {
	t.Parallel()
	s := open(t, options(vfs.NewMem()))
	defer closed(t, s)
	u, n := &spool.Unit{}, int64(0)
	fill(reflect.ValueOf(u).Elem(), &n)
	u.Transaction, u.Queue, u.Path = "t", 1, 0
	if err := s.Put(t.Context(), message.Bytes(nil), []*spool.Unit{u}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Load(0, "t", 1)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(u, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// TestOldRecord: a record of version 1, whose splices have no mark for the date,
// is read.
func TestOldRecord(t *testing.T) {
	t.Parallel()
	want := &spool.Unit{Transaction: "t", Queue: 1, Patch: message.Patch{{Start: 3, Count: 2, Data: []byte("x")}}, JobID: "j"}
	got, err := spool.DecodeUnitOf(spool.EncodeUnitOf(want, 1), 1)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// FuzzRecord: a record with a right checksum and wrong content is an error, never
// a panic or a large allocation.
func FuzzRecord(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{2, 't', 2})
	f.Add([]byte{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		if u, err := spool.DecodeUnit(b); err != nil && !errors.Is(err, spool.ErrCorrupt) || err == nil && u.Transaction == "" {
			t.Errorf("%+v %v", u, err)
		}
	})
}
