package validate

import (
	"fmt"
	"strings"
	"testing"

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
