// Package crypt has hashes, HMAC, AES, crypt(3), random numbers and bytes, signatures
// with RSA and Ed25519 keys, and S/MIME (spec stdlib 2; cms_type of 31.1).
//
//	sha2("abc", 256)                 hexadecimal
//	rsa_sign($text, rsa_privatekey($pem))
//	cms_sign($text, "pki:signer")["data"]
//
// The functions are here; how structures of S/MIME and hashes of passwords look is
// known to its packages cms and passwd. Keys are resources that hold a crypto.Signer,
// so that the place where a private key lives can change. Randomness, time and
// configured keys come from vm.Host. The package imports runtime packages only.
//
// Decisions:
//   - Keys in DER are read in the format that the option says and in no other.
//   - A certificate that cannot be used, such as an array without a key, is bad data
//     for the functions of S/MIME, not a fault of the program: it may be configured.
//   - A message given to cms_verify together with detached => false must be the
//     content of the data: else a script would trust what nobody signed.
//   - Without the key store, cms_verify takes any signer whose certificate is in the
//     data. Scripts must look at the signers then.
//   - A secret Ed25519 key of 64 bytes whose public half belongs to another is none.
package crypt
