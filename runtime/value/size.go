package value

import "unsafe"

// Sizer counts the bytes that values occupy, each array and object once.
type Sizer struct {
	Total int
	seen  map[unsafe.Pointer]struct{}
}

// NewSizer returns an empty Sizer.
func NewSizer() *Sizer { return &Sizer{seen: map[unsafe.Pointer]struct{}{}} }

// Sized is implemented by native states that hold memory for scripts.
type Sized interface{ Size() int }

// Holder is implemented by native states that hold values of scripts.
type Holder interface{ Held(yield func(Value)) }

// Add counts a value and everything it reaches.
func (s *Sizer) Add(v Value) {
	todo := []Value{v}
	for len(todo) > 0 {
		v := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if c := v.Cell(); c != nil {
			if s.first(unsafe.Pointer(c)) {
				todo = append(todo, c.V)
			}
			continue
		}
		switch v.Kind() {
		case KString:
			s.Total += len(v.Str())
		case KArray:
			if a := v.Array(); s.first(unsafe.Pointer(a)) {
				s.Total += a.Size()
				todo = append(todo, a.vals...)
				if a.t != nil {
					todo = append(todo, a.t.keys...)
				}
			}
		case KObject:
			if o := v.Object(); s.first(unsafe.Pointer(o)) {
				s.Total += 64 + len(o.slots)*int(unsafe.Sizeof(v))
				todo = append(todo, o.slots...)
				if n, ok := o.Native.(Sized); ok {
					s.Total += n.Size()
				}
				if h, ok := o.Native.(Holder); ok {
					h.Held(func(v Value) { todo = append(todo, v) })
				}
			}
		case KResource:
			if r := v.Resource(); s.first(unsafe.Pointer(r)) {
				s.Total += 64
				if n, ok := r.Native.(Sized); ok {
					s.Total += n.Size()
				}
				if h, ok := r.Native.(Holder); ok {
					h.Held(func(v Value) { todo = append(todo, v) })
				}
			}
		case KFunc:
			if f := v.Func(); s.first(unsafe.Pointer(f)) {
				s.Total += int(unsafe.Sizeof(*f))
				todo = append(todo, f.This)
				for _, c := range f.Cells {
					todo = append(todo, FromCell(c))
				}
			}
		}
	}
}

func (s *Sizer) first(p unsafe.Pointer) bool {
	if _, ok := s.seen[p]; ok {
		return false
	}
	s.seen[p] = struct{}{}
	return true
}
