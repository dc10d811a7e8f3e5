// Package passwd is crypt(3): one-way hashes of passwords, as they stand in
// /etc/shadow (spec stdlib 2, crypt).
//
//	passwd.Hash("secret", "$6$salt", stop)       makes a hash
//	passwd.Hash("secret", stored, stop) == stored  compares with one
//
// All methods are Go, so that they work where the platform's libcrypt is missing or
// lacks one, and all results are those of libxcrypt. The loops are our own because a
// setting chooses how long they run and a script that is cancelled must not go on;
// only yescrypt, whose cost is bounded by its memory, is a library's.
//
// Decisions:
//   - A setting that costs more than some seconds counts as malformed: bcrypt above
//     2^16, more than 5,000,000 rounds, yescrypt above 64 MiB. It may come from the
//     one who knows no password.
//   - A key with a NUL byte, where C would stop reading, or of more than 511 bytes has
//     no hash, for the same reason as a malformed setting.
//   - $2a$ is computed as $2b$ and $2y$. libxcrypt gives another hash for a few keys
//     with bytes above 127 that an old mistake let collide.
package passwd
