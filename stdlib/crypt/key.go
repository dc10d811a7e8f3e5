package crypt

import (
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/pki"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

func keys(b *registry.Builder) {
	for _, k := range []struct{ name, typ, text string }{
		{"rsa", pki.RSAKey, "an RSA"}, {"ec", pki.ECKey, "an elliptic curve"}, {"ed25519", pki.Ed25519Key, "an Ed25519"},
	} {
		b.Func(sig.New(k.name+"_privatekey(privatekey: string) -> "+k.typ+"|none",
			"Reads "+k.text+" private key in PEM; none when it holds none."),
			func(_ *vm.Thread, a []value.Value) (value.Value, error) {
				if key := pki.ParseKeyPEM([]byte(a[0].Str())); key != nil && key.Type == k.typ {
					return key.Resource(), nil
				}
				return value.None, nil
			})
		b.Func(sig.New("is_"+k.name+"_privatekey(privatekey: any) -> boolean",
			"True for "+k.text+" private key resource."),
			func(_ *vm.Thread, a []value.Value) (value.Value, error) {
				key, ok := registry.Resource[*pki.PrivateKey](a[0])
				return value.Bool(ok && key.Type == k.typ), nil
			})
	}
	b.Loader(registry.DataLoader{Name: "key", Ext: []string{".key"}, Load: loadKey})
}

func loadKey(src []byte, _ map[string]any) (any, error) {
	if k := pki.ParseKeyPEM(src); k != nil {
		return k.Resource(), nil
	}
	return nil, errNoKey
}
