// Package cms makes and reads signed and enveloped data of S/MIME: the Cryptographic
// Message Syntax (RFC 5652), of which PKCS#7 (RFC 2315) is the older form.
//
//	ContentInfo ── SignedData ── signers, each with a certificate, over the content
//	           └── EnvelopedData ── recipients, each with the key of the content
//
// Sign, Verify, Encrypt and Decrypt work on whole texts. What is read may be BER with
// lengths left open, as programs write that do not know the size beforehand. It is
// walked where it lies: nothing is built from it but the content, certificates and a
// bounded number of signers. Errors that tell about the data are of type Error; others
// come from the caller's stop function or from the source of randomness.
//
// Decisions:
//   - The package is our own. The module looked at first, smallstep/pkcs7, knows
//     signers only by issuer and serial number, chooses the cipher of a message by a
//     variable of the process, has no recipients with EC keys, no AES-192 and no
//     encryption with Triple DES, takes no clock, and turns BER into DER by recursion
//     without a limit, which a message of some megabytes turns into a crash.
//   - Every signer must be right, as with OpenSSL. A chain is built at the given time
//     and must end in a trust anchor; the certificate must be fit for mail: key usage
//     and extended key usage, as far as it has them (RFC 8550, 4.4).
//   - SHA-1 is good for signatures, since scripts may choose it; MD5 is not.
//   - A signature with Ed25519 takes SHA-512 for the attributes (RFC 8419).
//   - The content of signed data that also came by itself must be the same.
//
// The package imports package runtime/pki only.
package cms
