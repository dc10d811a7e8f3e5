package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// console is the program on a terminal of its own.
type console struct {
	t      *testing.T
	tty    *os.File
	output chan string
	seen   string
}

func openConsole(t *testing.T) *console {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "hsl")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), bin)
	cmd.Env = append(os.Environ(), "TERM=xterm", "XDG_CONFIG_HOME="+t.TempDir(), "INPUTRC=/dev/null", "NO_COLOR=")
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 100})
	if err != nil {
		t.Fatal(err)
	}
	c := &console{t: t, tty: tty, output: make(chan string, 1000)}
	go c.read()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		tty.Close()
	})
	return c
}

// want waits until the text appears behind what was seen before.
func (c *console) want(text string) {
	c.t.Helper()
	late := time.After(20 * time.Second)
	for {
		if _, after, ok := strings.Cut(c.seen, text); ok {
			c.seen = after
			return
		}
		select {
		case s, ok := <-c.output:
			if c.seen += s; !ok {
				c.t.Fatalf("the program has left; waiting for %q, seen %q", text, c.seen)
			}
		case <-late:
			c.t.Fatalf("waiting for %q, seen %q", text, c.seen)
		}
	}
}

// read passes on what the program writes.
func (c *console) read() {
	defer close(c.output)
	buf := make([]byte, 4096)
	for {
		n, err := c.tty.Read(buf)
		if err != nil {
			return
		}
		c.answer(string(buf[:n]))
		c.output <- string(buf[:n])
	}
}

// answer tells the place of the cursor to who asks, as a terminal does.
func (c *console) answer(s string) {
	if strings.Contains(s, "\x1b[6n") {
		_, _ = c.tty.WriteString("\x1b[1;1R")
	}
}

const drawn = "\x1b[?25h" // shows the cursor again: the end of a redraw

// typing presses keys one by one, as fast as the line is drawn: the line editor
// asks for the place of the cursor each time.
func (c *console) typing(s string) {
	c.t.Helper()
	for i := range len(s) {
		c.press(s[i : i+1])
		c.want(drawn)
	}
}

func (c *console) press(s string) {
	c.t.Helper()
	if _, err := c.tty.WriteString(s); err != nil {
		c.t.Fatal(err)
	}
}

// prompt waits until the next input can be typed.
func (c *console) prompt() {
	c.t.Helper()
	c.want("hsl>")
	c.want(drawn)
}

// TestTerminal drives the shell as a user at a terminal does.
func TestTerminal(t *testing.T) {
	t.Parallel()
	c := openConsole(t)
	c.want("Hawser script shell")
	c.prompt()
	c.typing("$abc = 40 + 2")
	c.press(";")
	c.want("\x1b[33m$abc") // coloured
	c.want(drawn)
	c.press("\r")
	c.want("42\r\n")
	c.prompt()
	c.typing("str_upp")
	c.press("\t")
	c.want("str_upper")
	c.want(drawn)
	c.typing("(\"ab\")")
	c.press("\r")
	c.want("\"AB\"\r\n")
	c.prompt()
	c.typing("nope();")
	c.press("\r")
	c.want("unknown function 'nope'")
	c.prompt()
	c.typing("forever echo 7 * 191;")
	c.press("\r")
	c.want("1337\r\n")
	c.press("\x03")
	c.want("interrupted")
	c.prompt()
	c.typing("$abc")
	c.press("\r")
	c.want("42\r\n")
	c.prompt()
	c.leave()
}

// leave presses Ctrl-D until the program has left. The line editor may still be
// waiting for the answer about its cursor and drop what comes before it.
func (c *console) leave() {
	c.t.Helper()
	again, late := time.NewTicker(300*time.Millisecond), time.After(20*time.Second)
	defer again.Stop()
	for {
		select {
		case _, ok := <-c.output:
			if !ok {
				return
			}
		case <-again.C:
			c.press("\x04")
		case <-late:
			c.t.Fatal("Ctrl-D does not end the shell")
		}
	}
}
