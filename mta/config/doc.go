// Package config reads the configuration of the server: smtpd.yaml, which counts
// at start, and smtpd-app.yaml, which can change while it runs (spec mta 1 to 3).
//
//	Load(dir, env) ─► *Config, diagnostics with file, line, column and path
//
// The files are typed structs with tags (smtpd.go, app.go): `yaml` names the
// key, `since` tells that a later version serves it, so that a configured feature
// is never silently missing, `counts` from when a change is in force (change.go).
// decode.go fills them from the syntax tree, which has the positions; unknown keys
// are errors with a suggestion. Validate checks what one value cannot tell
// (validate.go), transport.go resolves inheritance.
//
// It imports lang/diag, lang/token, lang/sig, mta/address and goccy/go-yaml.
package config
