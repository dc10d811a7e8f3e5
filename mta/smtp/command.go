package smtp

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/hawser-mta/hawser/mta/address"
)

// MaxParams bounds the parameters of one command.
const MaxParams = 32

// Errors of ParseMail and ParseRcpt, each with its own reply at the server.
var (
	ErrSyntax = errors.New("syntax error in command")   // 501 5.5.2
	ErrPath   = errors.New("syntax error in address")   // 501 5.1.7 or 5.1.3
	ErrParams = errors.New("syntax error in parameter") // 501 5.5.4
)

// ParseCommand splits a command line without its CRLF into the verb in upper
// case and the argument without surrounding white space. An empty or
// unpronounceable verb gives "".
func ParseCommand(line []byte) (verb, arg string) {
	s := strings.Trim(string(line), " \t")
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		i = len(s)
	}
	verb = s[:i]
	for j := 0; j < len(verb); j++ {
		if c := verb[j]; !alnum(c) && c != '-' {
			return "", s
		}
	}
	return strings.ToUpper(verb), strings.TrimLeft(s[i:], " \t")
}

func alnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// ParseMail parses the argument of MAIL, "FROM:<path> [parameters]" (RFC 5321
// 4.1.1.2). The null path gives the zero address.
func ParseMail(arg string) (address.Address, Params, error) {
	return parsePathParams(arg, "FROM:")
}

// ParseRcpt parses the argument of RCPT, "TO:<path> [parameters]" (RFC 5321
// 4.1.1.3). The null path is an error.
func ParseRcpt(arg string) (address.Address, Params, error) {
	a, p, err := parsePathParams(arg, "TO:")
	if err == nil && a.IsNull() {
		return a, nil, fmt.Errorf("%w: empty recipient", ErrPath)
	}
	return a, p, err
}

func parsePathParams(arg, key string) (address.Address, Params, error) {
	if len(arg) < len(key) || !strings.EqualFold(arg[:len(key)], key) {
		return address.Address{}, nil, fmt.Errorf("%w: want %s<address>", ErrSyntax, key)
	}
	s := strings.TrimLeft(arg[len(key):], " \t")
	if s == "" {
		return address.Address{}, nil, fmt.Errorf("%w: want %s<address>", ErrSyntax, key)
	}
	a, rest, err := address.ParsePath(s)
	if err != nil {
		return address.Address{}, nil, fmt.Errorf("%w: %w", ErrPath, err)
	}
	if rest != "" && rest[0] != ' ' && rest[0] != '\t' {
		return address.Address{}, nil, fmt.Errorf("%w: text behind the address", ErrPath)
	}
	p, err := ParseParams(rest)
	return a, p, err
}

// ParseParams parses ESMTP parameters parted by white space: keywords of
// letters, digits and hyphens, values of any visible character (RFC 5321
// 4.1.2) and well-formed UTF-8 (RFC 6531 3.3). '=' inside a value is taken,
// which the grammar forbids but senders of ORCPT do. A keyword given twice is
// an error, as are more than MaxParams.
func ParseParams(s string) (Params, error) {
	var params Params
	for {
		s = strings.TrimLeft(s, " \t")
		if s == "" {
			return params, nil
		}
		end := strings.IndexAny(s, " \t")
		if end < 0 {
			end = len(s)
		}
		p, err := parseParam(s[:end])
		if err != nil {
			return nil, err
		}
		if _, dup := params.Get(p.Key); dup {
			return nil, fmt.Errorf("%w: %s given twice", ErrParams, p.Key)
		}
		if len(params) == MaxParams {
			return nil, fmt.Errorf("%w: more than %d", ErrParams, MaxParams)
		}
		params = append(params, p)
		s = s[end:]
	}
}

func parseParam(s string) (Param, error) {
	key, value, valued := strings.Cut(s, "=")
	if key == "" || key[0] == '-' || valued && value == "" {
		return Param{}, fmt.Errorf("%w: %s", ErrParams, quoteShort([]byte(s)))
	}
	for i := 0; i < len(key); i++ {
		if !alnum(key[i]) && key[i] != '-' {
			return Param{}, fmt.Errorf("%w: %s", ErrParams, quoteShort([]byte(s)))
		}
	}
	for i := 0; i < len(value); i++ {
		if value[i] <= ' ' || value[i] == 0x7f {
			return Param{}, fmt.Errorf("%w: value of %s", ErrParams, key)
		}
	}
	if !utf8.ValidString(value) {
		return Param{}, fmt.Errorf("%w: value of %s", ErrParams, key)
	}
	return Param{Key: strings.ToUpper(key), Value: value}, nil
}

// AppendParams appends " KEY=VALUE" for each parameter. Bytes that would
// break the command line are written as xtext, so that no value can add a
// parameter or a command.
func AppendParams(dst []byte, params Params) []byte {
	for _, p := range params {
		dst = append(dst, ' ')
		for i := 0; i < len(p.Key); i++ {
			if alnum(p.Key[i]) || p.Key[i] == '-' {
				dst = append(dst, p.Key[i])
			}
		}
		if p.Value == "" {
			continue
		}
		dst = append(dst, '=')
		for i := 0; i < len(p.Value); i++ {
			if c := p.Value[i]; c <= ' ' || c == 0x7f {
				dst = appendHexchar(dst, c)
			} else {
				dst = append(dst, c)
			}
		}
	}
	return dst
}
