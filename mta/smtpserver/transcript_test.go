package smtpserver_test

import (
	"bufio"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/mta/smtpserver"
)

func TestTranscripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../testdata/smtp/*.txt")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			t.Parallel()
			transcript(t, f)
		})
	}
}

var escapes = regexp.MustCompile(`\\(r|n|0|\\|x[0-9a-fA-F]{2})`)

func unescape(s string) string {
	return escapes.ReplaceAllStringFunc(s, func(e string) string {
		switch e[1] {
		case 'r':
			return "\r"
		case 'n':
			return "\n"
		case '0':
			return "\x00"
		case 'x':
			n, _ := strconv.ParseUint(e[2:], 16, 8)
			return string([]byte{byte(n)})
		}
		return `\`
	})
}

// transcript plays one file.
func transcript(t *testing.T, path string) {
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")
	h, o := &house{verdicts: map[hook.Phase]hook.Verdict{}}, options()
	for _, l := range lines {
		setUp(t, h, o, l)
	}
	r := serve(t, h, o, false)
	nc, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(20 * time.Second))
	br := bufio.NewReader(nc)
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		switch {
		case strings.HasPrefix(l, "C:"):
			io.WriteString(nc, strings.TrimPrefix(strings.TrimPrefix(l, "C:"), " ")+"\r\n")
		case l == "C<<":
			for i++; lines[i] != ">>"; i++ {
				io.WriteString(nc, unescape(lines[i]))
			}
		case strings.HasPrefix(l, "S:"), strings.HasPrefix(l, "S~"):
			got, err := br.ReadString('\n')
			if err != nil {
				t.Fatalf("%s:%d: %v, want %s", path, i+1, err, l)
			}
			got = strings.TrimSuffix(got, "\r\n")
			want := l[3:]
			if l[1] == ':' && got != want || l[1] == '~' && !regexp.MustCompile("^"+want+"$").MatchString(got) {
				t.Fatalf("%s:%d: got  %s\nwant %s", path, i+1, got, want)
			}
		}
	}
	nc.(*net.TCPConn).CloseWrite()
	if rest, err := io.ReadAll(br); err != nil || len(rest) > 0 {
		t.Errorf("%s: more came: %q %v", path, rest, err)
	}
	for _, l := range lines {
		check(t, path, h, l)
	}
}

func setUp(t *testing.T, h *house, o *smtpserver.Options, l string) {
	if kv, ok := strings.CutPrefix(l, "# config: "); ok {
		k, v, _ := strings.Cut(kv, "=")
		n, _ := strconv.Atoi(v)
		switch k {
		case "size":
			o.MaxSize = int64(n)
		case "hops":
			o.MaxHops = n
		case "rcpts":
			o.MaxRecipients = n
		case "auth":
			o.AuthMechanisms, o.AuthPlaintext = strings.Fields(v), true
		default:
			t.Fatalf("unknown config %s", k)
		}
	}
	rest, ok := strings.CutPrefix(l, "# hook ")
	if !ok {
		return
	}
	phase, rest, _ := strings.Cut(rest, ": ")
	f := strings.SplitN(rest, " ", 3)
	code, err := strconv.Atoi(f[1])
	if err != nil {
		t.Fatal(err)
	}
	v := hook.Verdict{Action: hook.Action(f[0]), Scripted: true}
	d, _ := smtp.DefaultReply(phase, smtp.DefaultAction(f[0]), "mx.test", "")
	v.Reply = smtp.MakeReply(code, d.Enhanced, smtp.SplitText(unescape(f[2]))...)
	h.verdicts[hook.Phase(phase)] = v
}

func check(t *testing.T, path string, h *house, l string) {
	if n, ok := strings.CutPrefix(l, "# queued: "); ok && n != strconv.Itoa(len(h.mails)) {
		t.Errorf("%s: %d messages were stored, want %s", path, len(h.mails), n)
	}
	if text, ok := strings.CutPrefix(l, "# body: "); ok {
		if len(h.mails) == 0 || !strings.Contains(h.mails[len(h.mails)-1], unescape(text)) {
			t.Errorf("%s: want %q in %q", path, text, h.mails)
		}
	}
}
