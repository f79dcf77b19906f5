package spec

import "testing"

func param(t *testing.T, keys string) *Param {
	t.Helper()
	f := good(t, "version: 1\njobs: {}\nparams: {p: "+keys+"}\n")
	p, _ := f.Params.Get("p")
	return p
}

func TestParamCheck(t *testing.T) {
	tests := []struct {
		keys      string
		good, bad []string
	}{
		{"{}", []string{"", "a", "a b", "é/ü.txt", "a-b", "1=2,3:4@5%6+7^8~"},
			[]string{"-a", "~a", "a|b", "a;b", "a$b", "a`b", `a"b`, "a'b", "a*", "a?", "[a]", "{a}", "a!", "a\nb", "a\tb", "\x1b", "\u009b", "a\x00", `a\b`, "(a)", "a<b", "a&b"}},
		{"{type: string, pattern: '-?[a-z]+'}", []string{"a", "-a"}, []string{"", "a1", "a\n", "xa1", "--a"}},
		{"{pattern: 'a|b'}", []string{"a", "b"}, []string{"ab", "xa", "bx"}},
		{"{pattern: '.*'}", []string{"", "a|b", "-a"}, []string{"a\x00", "a\nb"}},
		{"{pattern: '('}", nil, nil},
		{"{type: int}", []string{"0", "-1", "9223372036854775807"}, []string{"", "010", "1.0", "1e3", "+1", " 1", "1_000", "0x1", "9223372036854775808"}},
		{"{type: int, min: 1, max: 10}", []string{"1", "10"}, []string{"0", "11", "-5"}},
		{"{type: int, pattern: '[13579]'}", []string{"1"}, []string{"2", "11"}},
		{"{type: float, min: 0.5}", []string{"0.5", "3"}, []string{"0.4", ".5", "1.", "1e3", "inf", "NaN", ""}},
		{"{type: bool}", []string{"true", "false"}, []string{"yes", "True", "1", ""}},
		{"{type: enum, values: [debug, release, '']}", []string{"debug", "release", ""}, []string{"Debug", "x", "debug "}},
		{"{type: path}", []string{"a", "/a b/c", "-x", "a|b"}, []string{"", "a\nb", "\x1b", "a\x00"}},
		{"{type: duration, min: 1s, max: 1m}", []string{"1s", "1000ms", "60s"}, []string{"0s", "61s", "5", "-1s", ""}},
		{"{type: size, max: 1MiB}", []string{"0B", "1024KiB", "1MB"}, []string{"2MiB", "5", ""}},
		{"{type: nonsense}", nil, []string{"a"}},
	}
	for _, c := range tests {
		p := param(t, c.keys)
		for _, v := range c.good {
			if wrong := p.Check(v); wrong != "" {
				t.Errorf("%s refuses %q: %s", c.keys, v, wrong)
			}
		}
		for _, v := range c.bad {
			if p.Check(v) == "" {
				t.Errorf("%s takes %q", c.keys, v)
			}
		}
	}
}

func TestParamRequired(t *testing.T) {
	for keys, want := range map[string]bool{
		"{}": true, "{default: a}": false, "{default: ''}": false, "{required: true, default: a}": true, "{required: false}": false,
	} {
		if got := param(t, keys).IsRequired(); got != want {
			t.Errorf("%s: %v", keys, got)
		}
	}
}

func TestExcludesDash(t *testing.T) {
	for keys, want := range map[string]bool{
		"{}": true, "{pattern: '.*'}": false, "{type: int}": false, "{type: int, min: 0}": true, "{type: int, min: -1}": false, "{type: int, max: 5}": false,
		"{type: float, min: 0.5}": true, "{type: enum, values: [a]}": false, "{type: path}": true, "{type: bool}": true, "{type: size}": true, "{type: duration}": true,
	} {
		if got := param(t, keys).ExcludesDash(); got != want {
			t.Errorf("%s: %v", keys, got)
		}
	}
}
