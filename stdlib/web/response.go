package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/runtime/value"
)

// response is what came back.
type response struct {
	status   int
	body     string
	first    string // status line
	fields   []field
	settings *settings
}

// head takes the header over: as it was recorded, or, should there be no record, sorted
// by name.
func (r *response) head(resp *http.Response, rec *recorder) {
	if rec != nil {
		if head := rec.head(); head != nil {
			r.first, r.fields = fields(head)
			return
		}
	}
	r.first = resp.Proto + " " + resp.Status
	for name, list := range resp.Header {
		for _, text := range list {
			r.fields = append(r.fields, field{name, text})
		}
	}
	slices.SortStableFunc(r.fields, func(a, b field) int { return strings.Compare(a.name, b.name) })
}

// value is the response in the shape that the options ask for.
func (r *response) value() value.Value {
	s := r.settings
	switch {
	case s.extended:
		out := value.Map("status", value.Int(r.status), "content", value.Str(r.body))
		if s.withHeaders {
			list := value.NewArray(len(r.fields))
			for _, f := range r.fields {
				list.Append(value.FromArray(value.Map("name", value.Str(strings.ToLower(f.name)), "value", value.Str(f.value))))
			}
			out.SetStr("headers", value.FromArray(list))
		}
		return value.FromArray(out)
	case s.withHeaders:
		var out strings.Builder
		out.WriteString(r.first + "\r\n")
		for _, f := range r.fields {
			out.WriteString(f.name + ": " + f.value + "\r\n")
		}
		out.WriteString("\r\n" + r.body)
		return value.Str(out.String())
	case r.status/100 == 2:
		return value.Str(r.body)
	}
	return value.None
}
