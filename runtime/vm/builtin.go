package vm

import (
	"fmt"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/value"
)

// Impl implements a built-in function or method. args holds exactly the
// arguments given, already counted and converted as the declaration says
// (spec stdlib 0.3); a method gets its object first. args lies on the stack of
// the thread: it must not be kept or changed, and values taken from it must be
// passed through value.Share before they are kept. The methods of value.Array
// that store values do so themselves.
//
// An error becomes an Exception with the error's text at the place of the call,
// except the errors of errors.go, which end the run or carry a thrown value.
type Impl func(t *Thread, args []value.Value) (value.Value, error)

// Builtin is one entry of the table that the compiler's slots point into.
type Builtin struct {
	Name     string
	Variants []Variant // one per set of contexts
	Impl     Impl
	Class    *value.Class // constructor of a native class; nil for functions

	// Callback tells that the function may call back into the script, so its
	// arguments must not alias variables that the script can change meanwhile.
	Callback bool
}

// Variant is a declaration made ready for checking arguments.
type Variant struct {
	Sig      *sig.Func
	Min, Max int      // Max is -1 when unlimited
	accept   []uint16 // per parameter: bit set of kinds that pass unchanged
}

// NewVariant prepares a declaration.
func NewVariant(f *sig.Func) Variant {
	v := Variant{Sig: f, Min: f.MinArgs(), Max: f.MaxArgs()}
	for _, p := range f.Params {
		if f.Raw {
			p.Types = []sig.Type{sig.Any}
		}
		v.accept = append(v.accept, acceptKinds(p))
	}
	return v
}

func bit(k value.Kind) uint16 { return 1 << k }

const anyKind = 0xffff

// acceptKinds returns the kinds that a parameter takes as they are. Class and
// resource names accept any object or resource; the function itself looks
// closer with Object or Resource helpers of package registry.
func acceptKinds(p sig.Param) uint16 {
	var m uint16
	for _, t := range p.Types {
		switch t {
		case sig.Any, sig.Variable:
			return anyKind
		case sig.None:
			m |= bit(value.KNone)
		case sig.Boolean:
			m |= bit(value.KBool)
		case sig.Number:
			m |= bit(value.KNumber)
		case sig.String:
			m |= bit(value.KString)
		case sig.Array:
			m |= bit(value.KArray)
		case sig.Function:
			m |= bit(value.KFunc)
		case sig.Object:
			m |= bit(value.KObject)
		case sig.FFIFunction:
			m |= bit(value.KFunc)
		default:
			m |= bit(value.KObject) | bit(value.KResource)
		}
	}
	return m
}

// Check counts and converts the arguments of a call in place (spec stdlib 0.3).
// name is printed in errors.
func (v *Variant) Check(name string, args []value.Value) error {
	if len(args) < v.Min {
		return fmt.Errorf("Too few arguments to %s", name)
	}
	if v.Max >= 0 && len(args) > v.Max {
		return fmt.Errorf("Too many arguments to %s", name)
	}
	for i := range args {
		j := min(i, len(v.accept)-1)
		if v.accept[j]&bit(args[i].Kind()) == 0 {
			if err := v.convert(name, i, j, &args[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *Variant) convert(name string, i, j int, arg *value.Value) error {
	p := &v.Sig.Params[j]
	if arg.IsNil() && p.Optional && !p.Variadic {
		*arg = value.None
		return nil
	}
	if !arg.IsNil() {
		for _, t := range p.Types {
			switch k := arg.Kind(); {
			case t == sig.String && (k == value.KNumber || k == value.KBool):
				*arg = value.Str(arg.String())
				return nil
			case t == sig.Number && k == value.KBool:
				*arg = value.Num(arg.Number())
				return nil
			case t == sig.Number && k == value.KString:
				if f, ok := value.ParseNumber(arg.Str()); ok {
					*arg = value.Num(f)
					return nil
				}
			case t == sig.Boolean:
				*arg = value.Bool(arg.Truth())
				return nil
			}
		}
	}
	return fmt.Errorf("%s(): argument %d (%s) must be %s, got %s", name, i+1, p.Name, sig.Union(p.Types), arg.TypeName())
}

// NativeMethod is an implementation with its prepared declaration.
type NativeMethod struct {
	Variant Variant
	Impl    Impl
	wider   *Variant // what programs compiled with compat see; nil: the same
	label   string
}

// NewMethod prepares a method of a native class.
func NewMethod(f *sig.Func, impl Impl) *NativeMethod {
	sep := "->"
	if f.Static {
		sep = "::"
	}
	m := &NativeMethod{Variant: NewVariant(f), Impl: impl, label: f.Class + sep + f.Name}
	if f.Wider != nil {
		w := NewVariant(f.Wider)
		m.wider = &w
	}
	return m
}
