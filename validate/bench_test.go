package validate

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sluice/spec"
)

// BenchmarkLargeFile checks a file of 300 KiB with 20,000 keys, from its bytes
// to its problems.
func BenchmarkLargeFile(b *testing.B) {
	var text strings.Builder
	text.WriteString("version: 1\njobs:\n")
	for i := range 5000 {
		fmt.Fprintf(&text, "  job%d:\n    run: echo %d\n    timeout: 30s\n    ok: [0, 1]\n", i, i)
	}
	src := []byte(text.String())
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if _, problems := Parse("big.yaml", src, spec.DefaultLimits()); len(problems) > 0 {
			b.Fatal(problems[0])
		}
	}
}

// BenchmarkSmallFile checks a file of ten jobs, as most are.
func BenchmarkSmallFile(b *testing.B) {
	var text strings.Builder
	text.WriteString("version: 1\njobs:\n")
	for i := range 10 {
		fmt.Fprintf(&text, "  job%d:\n    command: echo\n    args: [a, b%d, '${env.HOME}']\n    timeout: 30s\n", i, i)
	}
	src := []byte(text.String())
	for b.Loop() {
		Parse("small.yaml", src, spec.DefaultLimits())
	}
}

// BenchmarkLongValue checks one value of 48 KiB, and reports how many times as
// long that takes as a quarter of it: about 4 where the time grows with the
// length, 16 where it grows with the square of it.
func BenchmarkLongValue(b *testing.B) {
	for name, form := range map[string]struct{ before, each, after string }{
		"exec":   {"    run: find .", " -exec a ';'", ""},
		"make":   {"    run: make", " SHELL=a", ""},
		"path":   {"    run: a\n    env: {PATH: \"/a", ":", "\"}"},
		"refs":   {"    run: a\n    env: {PATH: \"/a", ":${env.A}", "\"}"},
		"tildes": {"    run: ls", " ~/x", ""},
		"writes": {"    run: ls", " >x", ""},
		"shell":  {"    run: ls", " $a", ""},
		"words":  {"    run: ls", " a", ""},
	} {
		text := func(n int) []byte {
			return []byte("version: 1\njobs:\n  a:\n" + form.before + strings.Repeat(form.each, n/len(form.each)) + form.after + "\n")
		}
		b.Run(name, func(b *testing.B) {
			small, large := text(12<<10), text(48<<10)
			var took [2]time.Duration
			for b.Loop() {
				for i, src := range [][]byte{small, large} {
					begin := time.Now()
					Parse("long.yaml", src, spec.DefaultLimits())
					took[i] += time.Since(begin)
				}
			}
			b.ReportMetric(took[1].Seconds()/took[0].Seconds(), "x-quarter")
		})
	}
}
