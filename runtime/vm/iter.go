package vm

import (
	"errors"

	"github.com/hawser-mta/hawser/runtime/value"
)

// Iterator is the state of an Iterator object.
type Iterator interface {
	// Next returns the next element, ok false at the end.
	Next(t *Thread) (item Item, ok bool, err error)
}

// Item is one element of an Iterator.
type Item struct {
	Key, Value value.Value
	// Plain is what a foreach without a key variable gets when HasPlain is set,
	// else that is Value.
	Plain    value.Value
	HasPlain bool
}

func iterable(v value.Value) (value.Value, error) {
	switch v.Kind() {
	case value.KArray:
		return v, nil
	case value.KObject:
		if _, ok := v.Object().Native.(Iterator); ok {
			return v, nil
		}
	}
	return value.None, errNotIterable
}

// next advances the walk whose state is in four registers from a on.
func (t *Thread) next(f *frame, a int, key bool) (bool, error) {
	r := t.stack[f.base+a : f.base+a+4]
	if r[0].IsArray() {
		k, v, pos, ok := r[0].Array().Next(int(r[1].Num()))
		r[1], r[2], r[3] = value.Int(pos), k, v.Borrow()
		return ok, nil
	}
	item, ok, err := r[0].Object().Native.(Iterator).Next(t)
	f = &t.frames[len(t.frames)-1]
	r = t.stack[f.base+a : f.base+a+4]
	r[2], r[3] = item.Key, item.Value.Share()
	if !key && item.HasPlain {
		r[3] = item.Plain
	}
	return ok, err
}

// generator is the state of the Iterator that a function with yield returns.
type generator struct {
	frame frame
	regs  []value.Value
	count float64
	busy  bool
	done  bool
}

var errGeneratorBusy = errors.New("Generator is running")

// newGenerator takes over a call whose registers are prepared.
func (t *Thread) newGenerator(f frame) value.Value {
	g := &generator{frame: f, regs: make([]value.Value, f.proto.Regs)}
	for i, v := range t.stack[f.base : f.base+f.proto.Regs] {
		g.regs[i] = v.Own()
	}
	g.frame.gen = g
	c := t.img.lib.Classes["Iterator"]
	if c == nil {
		c = &value.Class{Name: "Iterator"}
	}
	return value.Native(c, g)
}

// suspend keeps the registers and the place of a generator at a yield.
func (g *generator) suspend(f *frame, regs []value.Value, pc int) {
	copy(g.regs, regs)
	g.frame = *f
	g.frame.pc = pc
	g.busy = false
}

// Next implements Iterator: it runs the function up to its next yield.
func (g *generator) Next(t *Thread) (Item, bool, error) {
	if g.busy {
		return Item{}, false, errGeneratorBusy
	}
	if g.done {
		return Item{}, false, nil
	}
	if len(t.frames) >= t.limits.Depth {
		return Item{}, false, errDepth
	}
	g.busy = true
	f := g.frame
	f.base = t.top()
	f.ret, f.regs = f.base, f.proto.Regs
	f.code, f.k = f.mod.code(f.proto)
	t.reserve(f.base + f.regs)
	copy(t.stack[f.base:], g.regs)
	t.frames = append(t.frames, f)
	v, err := t.run(len(t.frames) - 1)
	if g.busy { // no yield: the function ended
		g.busy, g.done, g.regs = false, true, nil
		return Item{}, false, err
	}
	key := g.count
	g.count++
	return Item{Key: value.Num(key), Value: v.Own()}, true, nil
}

// Held implements value.Holder.
func (g *generator) Held(yield func(value.Value)) {
	for _, v := range g.regs {
		yield(v)
	}
}

// Size implements value.Sized.
func (g *generator) Size() int { return len(g.regs) * 16 }
