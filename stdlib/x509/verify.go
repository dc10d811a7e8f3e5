package x509

import (
	"fmt"

	"github.com/hawser-mta/hawser/runtime/pki"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// verify implements X509->verify.
func verify(t *vm.Thread, c *pki.Certificate, a []value.Value) (value.Value, error) {
	v := pki.Verifier{Now: t.Host().Now()}
	err := elements(a, 0, "calist", "X509", pki.CertificateOf, v.Trust)
	if err == nil {
		err = elements(a, 1, "intermediates", "X509", pki.CertificateOf, v.Intermediate)
	}
	if err == nil {
		err = elements(a, 2, "revokelist", "X509CRL", pki.CRLOf, v.Revoke)
	}
	if err != nil {
		return value.None, err
	}
	found := v.Verify(c)
	if err := t.Stopped(nil); err != nil {
		return value.None, err
	}
	if found == 0 {
		return value.FromArray(value.Map("result", value.True)), nil
	}
	return value.FromArray(value.Map(
		"result", value.False, "error", value.Str(found.Text()), "code", value.Int(int(found)))), nil
}

// elements hands a list of objects or resources of a class on.
func elements[T any](a []value.Value, i int, param, class string, read func(value.Value) (T, bool), add func(T)) error {
	if i >= len(a) || a[i].IsNil() {
		return nil
	}
	for v := range a[i].Array().Values() {
		x, ok := read(v)
		if !ok {
			return fmt.Errorf("X509->verify(): argument %d (%s) must hold %s or %sResource, got %s", i+1, param, class, class, v.TypeName())
		}
		add(x)
	}
	return nil
}
