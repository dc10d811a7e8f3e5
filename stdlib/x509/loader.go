package x509

import (
	"errors"
	"fmt"

	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// load decodes a .crt file (spec language 5.9): PEM, or one certificate in DER.
// Resources are shared by all runs; objects may get properties, so that each run
// has its own.
func (f *form) load(src []byte, options map[string]any) (any, error) {
	resources, err := f.resources(src)
	if err != nil {
		return nil, err
	}
	if as, _ := options["resource"].(bool); as {
		return value.FromArray(value.List(resources...)).Freeze(), nil
	}
	return func(*vm.Thread) (value.Value, error) {
		out := value.NewArray(len(resources))
		for _, r := range resources {
			out.Append(f.wrap(r))
		}
		return value.FromArray(out), nil
	}, nil
}

func (f *form) resources(src []byte) ([]value.Value, error) {
	var out []value.Value
	for der := range f.blocks(src) {
		x, ok := f.parse(der)
		if !ok {
			return nil, fmt.Errorf("block %d is no certificate", len(out)+1)
		}
		out = append(out, x.Resource())
	}
	if out != nil {
		return out, nil
	}
	x, ok := f.parse(src)
	if !ok {
		return nil, errors.New("no certificate in it, want -----BEGIN " + f.block + "----- or DER")
	}
	return []value.Value{x.Resource()}, nil
}
