// Package crypt has hashes, HMAC, random numbers and bytes, and signatures with
// RSA and Ed25519 keys (spec stdlib 2).
//
//	sha2("abc", 256)                 hexadecimal
//	rsa_sign($text, rsa_privatekey($pem))
//
// Keys are resources that hold a crypto.Signer, so that the place where a
// private key lives can change. Randomness comes from vm.Host. The package
// imports runtime packages only.
package crypt
