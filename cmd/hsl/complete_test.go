package main

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
)

func newShell(t *testing.T, inputs ...string) (*shell, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	e, err := (&Shared{}).env(&out)
	if err != nil {
		t.Fatal(err)
	}
	sh := &shell{e: e, out: &out, err: &out}
	sh.reset()
	for _, in := range inputs {
		sh.eval(in)
	}
	return sh, &out
}

func TestComplete(t *testing.T) {
	t.Parallel()
	sh, out := newShell(t, `$subject = 1;`, `function subtract($a, $b) { return $a - $b; }`, `class Sum { static function of() { } function total() { } }`)
	if strings.Contains(out.String(), "error") {
		t.Fatal(out.String())
	}
	for before, want := range map[string]string{
		"echo str_spl": "str_split", "$x = $sub": "$subject", "echo subt": "subtract", "Su": "Sum", "Sum::o": "of", "$s->tota": "total",
		"$mail->getHeaderN": "getHeaderNames", "MailMessage::S": "String", "fore": "foreach", ":dis": ":disasm",
		`import { test } from "std://t`: "std://testing", `import { x } from "complete_t`: "complete_test.go", `include "main.`: "main.go",
		"$connecti": "$connection",
	} {
		if c := sh.complete(before); !slices.Contains(c.names, want) {
			t.Errorf("after %q: %q lacks %s", before, c.names, want)
		}
	}
	for before, not := range map[string]string{
		`echo "str_spl`: "str_split", "MailMessage::getH": "getHeader", "echo __testing": "__testing_case", "$str": "str_split",
	} {
		if c := sh.complete(before); slices.Contains(c.names, not) {
			t.Errorf("after %q: %s is offered", before, not)
		}
	}
	if c := candidates("x = MailMessage::", sh.complete("x = MailMessage::")); c.PREFIX != "MailMessage::" {
		t.Errorf("prefix %q", c.PREFIX)
	}
}

func TestPaint(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`echo "a" . $b; // c`: "\x1b[35mecho\x1b[0m \x1b[32m\"a\"\x1b[0m . \x1b[33m$b\x1b[0m; \x1b[90m// c\x1b[0m",
		`f("open`:             "f(\x1b[32m\"open\x1b[0m",
		"new X()":             "\x1b[31;4mnew\x1b[0m X()",
		":help if":            ":help if",
		" 1 ":                 " \x1b[36m1\x1b[0m ",
	} {
		if got := paint(src); got != want {
			t.Errorf("%q: got %q, want %q", src, got, want)
		}
	}
}

// TestHistoryFile: the history lies in the folder of the user.
func TestHistoryFile(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", dir)
	if got := historyFile(); got != dir+"/hsl/history" {
		t.Errorf("got %s", got)
	}
	if st, err := os.Stat(dir + "/hsl"); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", st, err)
	}
}
