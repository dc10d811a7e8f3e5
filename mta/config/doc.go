// Package config reads the configuration of the server (spec mta 1 to 3, 8 to 10):
// smtpd.yaml, which counts at start, and four files that can change while it runs,
// smtpd-app.yaml, smtpd-policy.yaml, smtpd-suspend.yaml and smtpd-delivery.yaml.
//
//	Load(dir, env) ─► *Config, diagnostics with file, line, column and path
//	Config.Reload(name, env) ─► the same with one live file read anew
//
// The files are typed structs with tags (smtpd.go and control.go; app.go, queues.go,
// source.go and transport.go; policy.go, suspend.go, delivery.go): `yaml` names the
// key; `since:"later"` that a later version serves it, so that a configured feature is
// never silently missing: the key is an error; `counts` from when a change is in force (change.go).
// decode.go fills them from the syntax tree, which has the positions; unknown keys
// are errors with a suggestion. Conditions on mail are the same everywhere (match.go).
// Validate checks what one value cannot tell (validate*.go), transport.go resolves
// inheritance.
//
// It imports lang/diag, lang/token, lang/sig, runtime/pcre, runtime/pki, mta/address
// and goccy/go-yaml.
package config
