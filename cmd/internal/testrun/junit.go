package testrun

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

type suitesXML struct {
	XMLName  xml.Name   `xml:"testsuites"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Skipped  int        `xml:"skipped,attr"`
	Suites   []suiteXML `xml:"testsuite"`
}

type suiteXML struct {
	Name     string    `xml:"name,attr"`
	Tests    int       `xml:"tests,attr"`
	Failures int       `xml:"failures,attr"`
	Skipped  int       `xml:"skipped,attr"`
	Time     string    `xml:"time,attr"`
	Cases    []caseXML `xml:"testcase"`
}

type caseXML struct {
	Class   string    `xml:"classname,attr"`
	Name    string    `xml:"name,attr"`
	Time    string    `xml:"time,attr"`
	File    string    `xml:"file,attr"`
	Line    int       `xml:"line,attr,omitempty"`
	Failure *faultXML `xml:"failure"`
	Skipped *faultXML `xml:"skipped"`
	Output  string    `xml:"system-out,omitempty"`
}

type faultXML struct {
	Message string `xml:"message,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// JUnit writes a report in the XML that CI servers read, a suite per file.
func JUnit(w io.Writer, r *Report) error {
	out := suitesXML{Tests: len(r.Results), Failures: r.Failed, Skipped: r.Skipped}
	seconds := map[string]float64{}
	for _, x := range r.Results {
		if n := len(out.Suites); n == 0 || out.Suites[n-1].Name != x.File {
			out.Suites = append(out.Suites, suiteXML{Name: x.File})
		}
		s := &out.Suites[len(out.Suites)-1]
		c := caseXML{
			Class: strings.TrimSuffix(x.File, ".hsl"), Name: x.Name, File: x.File, Line: x.Pos.Line,
			Time: fmt.Sprintf("%.6f", x.Duration.Seconds()), Output: strings.Join(x.Logs, "\n"),
		}
		switch x.Status {
		case Failed:
			s.Failures++
			c.Failure = &faultXML{x.Text, x.Pos.String() + ": " + x.Text + "\n" + x.Diff}
		case Skipped:
			s.Skipped++
			c.Skipped = &faultXML{Message: x.Text}
		}
		s.Tests++
		s.Cases = append(s.Cases, c)
		seconds[x.File] += x.Duration.Seconds()
		s.Time = fmt.Sprintf("%.6f", seconds[x.File])
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(out); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
