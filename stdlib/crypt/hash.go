package crypt

import (
	"crypto"
	"crypto/hmac"
	_ "crypto/md5" // hash functions that scripts ask for by name
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash/fnv"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// sha2 are the sizes that sha2() takes.
var sha2 = map[int]crypto.Hash{224: crypto.SHA224, 256: crypto.SHA256, 384: crypto.SHA384, 512: crypto.SHA512}

func hashes(b *registry.Builder) {
	binary := sig.Opt("binary: boolean = false", "raw bytes instead of hexadecimal digits")
	for _, h := range []struct {
		name string
		hash crypto.Hash
		out  string
	}{
		{"md5", crypto.MD5, "d41d8cd98f00b204e9800998ecf8427e"},
		{"sha1", crypto.SHA1, "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
	} {
		b.Func(sig.New(h.name+"(message: string, options?: array) -> string",
			"The digest, in lower-case hexadecimal digits.", binary).Show("echo "+h.name+`("");`, h.out),
			func(_ *vm.Thread, a []value.Value) (value.Value, error) {
				return digest(h.name, h.hash, a[0].Str(), a, 1)
			})
		b.Func(sig.New("hmac_"+h.name+"(key: string, message: string, options?: array) -> string",
			"The keyed digest (RFC 2104), in lower-case hexadecimal digits.", binary),
			func(_ *vm.Thread, a []value.Value) (value.Value, error) {
				return keyed("hmac_"+h.name, h.hash, a[0].Str(), a[1].Str(), a, 2)
			})
	}
	b.Func(sig.New("sha2(message: string, hashsize: number, options?: array) -> string",
		"The SHA-2 digest of 224, 256, 384 or 512 bits, in lower-case hexadecimal digits.", binary).
		Show(`echo length(sha2("", 256));`, "64"),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			h, err := size("sha2", a[1])
			if err != nil {
				return value.None, err
			}
			return digest("sha2", h, a[0].Str(), a, 2)
		})
	b.Func(sig.New("hmac_sha2(key: string, message: string, hashsize: number, options?: array) -> string",
		"The keyed SHA-2 digest (RFC 2104), in lower-case hexadecimal digits.", binary),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			h, err := size("hmac_sha2", a[2])
			if err != nil {
				return value.None, err
			}
			return keyed("hmac_sha2", h, a[0].Str(), a[1].Str(), a, 3)
		})
	b.Func(sig.New("hash(message: string) -> number",
		"A number from 0 to 2^32-1 that is the same for the same text everywhere (FNV-1a); for sharding, not for secrets.").
		Show(`echo hash("");`, "2166136261"),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			h := fnv.New32a()
			h.Write([]byte(a[0].Str()))
			return value.Num(float64(h.Sum32())), nil
		})
}

func size(fn string, v value.Value) (crypto.Hash, error) {
	if h := sha2[int(v.Num())]; h != 0 {
		return h, nil
	}
	return 0, fmt.Errorf("%s(): hashsize must be 224, 256, 384 or 512, got %s", fn, v.String())
}

func digest(fn string, h crypto.Hash, message string, a []value.Value, i int) (value.Value, error) {
	d := h.New()
	d.Write([]byte(message))
	return output(fn, d.Sum(nil), a, i)
}

func keyed(fn string, h crypto.Hash, key, message string, a []value.Value, i int) (value.Value, error) {
	m := hmac.New(h.New, []byte(key))
	m.Write([]byte(message))
	return output(fn, m.Sum(nil), a, i)
}

func output(fn string, sum []byte, a []value.Value, i int) (value.Value, error) {
	o := registry.OptionsAt(fn, a, i)
	if o.Bool("binary", false) {
		return value.Bytes(sum), o.Err()
	}
	return value.Str(hex.EncodeToString(sum)), o.Err()
}
