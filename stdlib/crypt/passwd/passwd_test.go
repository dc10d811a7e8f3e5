package passwd_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/stdlib/crypt/passwd"
)

func never() error { return nil }

func hash(t *testing.T, key, setting string) string {
	t.Helper()
	out, err := passwd.Hash(key, setting, never)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// system hashes with the C library through perl, the judge of all methods. Keys and
// settings hold no tab and no line break.
func system(t *testing.T, pairs [][2]string) []string {
	t.Helper()
	var in bytes.Buffer
	for _, p := range pairs {
		in.WriteString(p[0] + "\t" + p[1] + "\n")
	}
	cmd := exec.CommandContext(t.Context(), "perl", "-ne", `chomp; my ($k, $s) = split /\t/, $_, -1; print crypt($k, $s), "\n"`)
	cmd.Stdin = &in
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

// TestSystem compares keys of every length around the block sizes, also with bytes
// above 127, with the C library.
func TestSystem(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	text := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			for b[i] <= ' ' || b[i] == 127 {
				b[i] = byte(rng.UintN(256))
			}
		}
		return string(b)
	}
	settings := []string{
		"ab", "./", "zZ", "9x9pdk1YNoGvU", "abXXX",
		"$1$", "$1$a", "$1$abcdefgh", "$1$longer.than.eight$", "$1$ab$cd$ef",
		"$5$", "$5$sixteen.byte.salt.and.more$x", "$5$rounds=1000$s", "$5$rounds=1234$abc$",
		"$6$", "$6$sixteen.byte.salt.and.more$x", "$6$rounds=1000$s", "$6$rounds=1999$abc$",
		"$2b$04$CCCCCCCCCCCCCCCCCCCCC.", "$2y$04$abcdefghijklmnopqrstuu", "$2b$04$CCCCCCCCCCCCCCCCCCCCC.and.more",
		"$y$j75$", "$y$j75$F5Jx5fExrKuPp53xLKQ..1$x",
	}
	var pairs [][2]string
	for _, s := range settings {
		sizes := []int{0, 1, 8, 9, 16, 17, 32, 64, 65, 72, 73, 511}
		if (s[:2] == "$5" || s[:2] == "$6") && !strings.Contains(s, "rounds=") {
			sizes = []int{0, 9, 72} // 5000 rounds
		}
		for _, n := range sizes {
			pairs = append(pairs, [2]string{text(n), s})
		}
	}
	for i, want := range system(t, pairs) {
		if got := hash(t, pairs[i][0], pairs[i][1]); got != want {
			t.Errorf("%q, %q: got %s, want %s", pairs[i][0], pairs[i][1], got, want)
		}
		if again := hash(t, pairs[i][0], want); again != want {
			t.Errorf("%q, %q: not the same with its hash: %s", pairs[i][0], want, again)
		}
	}
}

// TestMalformed: what the C library refuses is refused, too.
func TestMalformed(t *testing.T) {
	t.Parallel()
	bad := []string{
		"", "a", "a!", "!a", "ab!", "ab:", "*", "*0", "*0x", "*1", "$", "$1", "$9$aa", "$1$a b", "$1$a:b", "$6$a*b", "$5$a\\b",
		"$5$rounds=999$a", "$5$rounds=01000$a", "$5$rounds=$a", "$5$rounds=x$a", "$5$rounds=1000", "$6$rounds=1000000000$a", "$6$rounds=99999999999999999999$a",
		"$2b$03$CCCCCCCCCCCCCCCCCCCCC.", "$2b$32$CCCCCCCCCCCCCCCCCCCCC.", "$2b$4$CCCCCCCCCCCCCCCCCCCCC.", "$2b$04$CCCC", "$2b$04CCCCCCCCCCCCCCCCCCCCCC.",
		"$2$04$CCCCCCCCCCCCCCCCCCCCC.", "$2b$04$CCCCCCCCCCCCCCCCCC-CC.", "$y$", "$y$j", "$y$j9T", "$y$jzz$abcd", "$y$j9T$a", "$y$j75$ab",
	}
	var pairs [][2]string
	for _, s := range bad {
		pairs = append(pairs, [2]string{"key", s})
	}
	got := make([]string, len(bad))
	for i, s := range bad {
		got[i] = hash(t, "key", s)
	}
	if d := cmp.Diff(system(t, pairs), got); d != "" {
		t.Errorf("(-system +got)\n%s", d)
	}
	for _, p := range [][2]string{
		{"nul\x00byte", "$1$a"}, {strings.Repeat("x", 512), "$1$a"}, {"key", "$1$\x80"}, {"key", "$1$ü"},
		{"key", "$2b$17$CCCCCCCCCCCCCCCCCCCCC."}, {"key", "$6$rounds=5000001$a"}, {"key", "$y$jET$abcd"}, {"key", "$y$jBT\x00$abcd"},
	} {
		if got := hash(t, p[0], p[1]); got != "*0" {
			t.Errorf("%q, %q: got %s", p[0], p[1], got)
		}
	}
}

// TestStop: long work ends when it is told to.
func TestStop(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"$5$rounds=5000000$a", "$6$rounds=5000000$a", "$2b$16$CCCCCCCCCCCCCCCCCCCCC."} {
		ctx, cancel := context.WithCancel(t.Context())
		asked := 0
		_, err := passwd.Hash("key", s, func() error {
			if asked++; asked == 3 {
				cancel()
			}
			return ctx.Err()
		})
		if !errors.Is(err, context.Canceled) || asked != 3 {
			t.Errorf("%s: %v, asked %d times", s, err, asked)
		}
	}
}

// FuzzHash: any setting is hashed or refused, never for long.
func FuzzHash(f *testing.F) {
	for _, s := range []string{"ab", "$1$a", "$5$rounds=1000$a", "$6$a", "$2b$04$CCCCCCCCCCCCCCCCCCCCC.", "$y$j75$abcd", "*0"} {
		f.Add("key", s)
	}
	enough := errors.New("enough")
	f.Fuzz(func(t *testing.T, key, setting string) {
		if passwd.YescryptMemory(setting) > 4<<20 {
			return
		}
		asked := 0
		out, err := passwd.Hash(key, setting, func() error {
			if asked++; asked > 8 {
				return enough
			}
			return nil
		})
		if err == nil && out[0] != '*' {
			if again, err := passwd.Hash(key, out, never); err != nil || again != out {
				t.Fatalf("%q, %q: %s, then %s", key, setting, out, again)
			}
		}
	})
}
