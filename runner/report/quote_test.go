package report

import (
	"os/exec"
	"strings"
	"testing"
)

func TestQuote(t *testing.T) {
	for _, c := range []struct {
		argv []string
		want string
	}{
		{nil, ""},
		{[]string{"sort", "-k", "2", "a b"}, "sort -k 2 'a b'"},
		{[]string{"x", ""}, "x ''"},
		{[]string{"echo", "it's", "$HOME", "a|b", "*.go", "~", "x~"}, `echo 'it'\''s' '$HOME' 'a|b' '*.go' '~' x~`},
		{[]string{"X=1", "X=1", "if"}, "'X=1' X=1 if"},
		{[]string{"if"}, "'if'"},
		{[]string{"build[os=linux]", "é/漢.txt", "--a=b", "a:b@c%d+e,f"}, "'build[os=linux]' é/漢.txt --a=b a:b@c%d+e,f"},
		{[]string{"p", "a\nb", "\x1b[2J", "\xff", "\u202e"}, "p 'a␊b' '␛[2J' <FF> <U+202E>"},
	} {
		if got := Quote(c.argv); got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.argv, got, c.want)
		}
	}
}

// What quote writes, a real shell reads back, byte for byte.
func TestQuoteIsReadByAShell(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh on this machine")
	}
	var argv []string
	for c := 1; c < 256; c++ {
		argv = append(argv, string([]byte{byte(c)}), "a"+string([]byte{byte(c)})+"b")
	}
	argv = append(argv, "", "''", `\'`, "if", "a=b", "#x", "~root", "é漢", "\n\n", "!!", "-n", "{a,b}")
	out, err := exec.Command(sh, "-c", `printf '%s\0' `+quote(argv)).Output()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	if len(got) != len(argv) {
		t.Fatalf("%d elements came back of %d", len(got), len(argv))
	}
	for i := range argv {
		if got[i] != argv[i] {
			t.Errorf("%q came back as %q", argv[i], got[i])
		}
	}
	if out, err := exec.Command(sh, "-c", quote([]string{"if"})).CombinedOutput(); err == nil || !strings.Contains(string(out), "not found") {
		t.Errorf("a quoted reserved word is no command: %v, %s", err, out)
	}
}
