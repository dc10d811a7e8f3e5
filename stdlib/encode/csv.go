package encode

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/runtime/value"
)

// ToCSV returns one record without a line end (RFC 4180); grow is told of the bytes
// that are about to be added.
func ToCSV(fields *value.Array, delimiter byte, grow func(n int) error) (string, error) {
	var b strings.Builder
	special := string(delimiter) + "\"\r\n \t"
	first := true
	for v := range fields.Values() {
		if !first {
			b.WriteByte(delimiter)
		}
		first = false
		if k := v.Kind(); k != value.KString && k != value.KNumber && k != value.KBool && !v.IsNil() {
			return "", fmt.Errorf("csv_encode(): a field must be string|number|boolean|none, got %s", v.TypeName())
		}
		s := v.String()
		if strings.ContainsAny(s, special) || s == "" && fields.Len() == 1 {
			s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
		}
		if err := grow(len(s) + 1); err != nil {
			return "", err
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

// CSVOptions say how records are read.
type CSVOptions struct {
	Delimiter byte
	Header    bool
	Schema    map[string]Column // by column name, or number without a header

	// Grow is told of the memory that records take; nil: nobody asks.
	Grow func(n int) error
}

// Column says what the fields of a column hold.
type Column struct {
	Type        string // string, boolean or number
	None        []string
	True, False []string
}

// FromCSV reads records: maps by column name with a header, else lists.
func FromCSV(s string, o CSVOptions) (*value.Array, error) {
	out := value.NewArray(0)
	var header []string
	for line := 1; s != ""; line++ {
		fields, rest, err := csvRecord(s, o.Delimiter)
		if err != nil {
			return nil, fmt.Errorf("record %d: %w", line, err)
		}
		s = rest
		if len(fields) == 1 && fields[0] == (csvField{}) {
			continue
		}
		if o.Header && header == nil {
			for _, f := range fields {
				header = append(header, f.text)
			}
			continue
		}
		if o.Grow != nil {
			if err := o.Grow(recordSize + len(fields)*2*value.ElementSize); err != nil {
				return nil, err
			}
		}
		row := value.NewArray(len(fields))
		for i, f := range fields {
			name := fmt.Sprint(i)
			if o.Header {
				if i >= len(header) {
					break
				}
				name = header[i]
			}
			v, err := o.convert(name, f)
			if err != nil {
				return nil, fmt.Errorf("record %d: %w", line, err)
			}
			if o.Header {
				row.SetStr(name, v)
			} else {
				row.Append(v)
			}
		}
		out.Append(value.FromArray(row))
	}
	return out, nil
}

// recordSize is what a record takes besides its fields.
const recordSize = 128

type csvField struct {
	text   string
	quoted bool
}

// csvRecord cuts one record off s.
func csvRecord(s string, delimiter byte) (fields []csvField, rest string, err error) {
	for {
		var f csvField
		if strings.HasPrefix(s, `"`) {
			f.quoted = true
			if f.text, s, err = csvQuoted(s[1:]); err != nil {
				return nil, "", err
			}
		}
		end := strings.IndexAny(s, string([]byte{delimiter, '\n'}))
		if delimiter >= 0x80 {
			end = indexEither(s, delimiter, '\n')
		}
		tail := s
		if end >= 0 {
			tail = s[:end]
		}
		last := end < 0 || s[end] == '\n' && s[end] != delimiter
		if last {
			tail = strings.TrimSuffix(tail, "\r")
		}
		f.text += tail
		fields = append(fields, f)
		if end < 0 {
			return fields, "", nil
		}
		if s = s[end+1:]; last {
			return fields, s, nil
		}
		if s == "" {
			return append(fields, csvField{}), "", nil
		}
	}
}

func indexEither(s string, a, b byte) int {
	for i := 0; i < len(s); i++ {
		if s[i] == a || s[i] == b {
			return i
		}
	}
	return -1
}

var errCSVQuote = errors.New("a quoted field does not end")

func csvQuoted(s string) (text, rest string, err error) {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			return "", "", errCSVQuote
		}
		b.WriteString(s[:i])
		if s = s[i+1:]; !strings.HasPrefix(s, `"`) {
			return b.String(), s, nil
		}
		b.WriteByte('"')
		s = s[1:]
	}
}

func (o *CSVOptions) convert(name string, f csvField) (value.Value, error) {
	c, ok := o.Schema[name]
	if !ok {
		return value.Str(f.text), nil
	}
	if slices.Contains(c.None, f.text) {
		return value.None, nil
	}
	switch c.Type {
	case "number":
		n, ok := value.ParseNumber(f.text)
		if !ok {
			return value.None, fmt.Errorf("column '%s': got '%s', want number", name, f.text)
		}
		return value.Num(n), nil
	case "boolean":
		switch {
		case slices.Contains(c.True, f.text):
			return value.True, nil
		case slices.Contains(c.False, f.text):
			return value.False, nil
		}
		return value.None, fmt.Errorf("column '%s': got '%s', want boolean", name, f.text)
	}
	return value.Str(f.text), nil
}
