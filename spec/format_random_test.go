package spec

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestFormatRandom does as FuzzFormat for files of which lines were changed at
// random, the same ones each time: most of what a fuzzer makes of a file is
// not YAML. SLUICE_ROUNDS makes it go on for longer.
func TestFormatRandom(t *testing.T) {
	rounds := 3000
	if n, err := strconv.Atoi(os.Getenv("SLUICE_ROUNDS")); err == nil {
		rounds = n
	}
	var files [][]string
	for _, pattern := range []string{"../testdata/ok/*.yaml", "../testdata/fmt/*.yaml", "../jobs/*.yaml"} {
		names, _ := filepath.Glob(pattern)
		for _, name := range names {
			files = append(files, strings.SplitAfter(string(readFile(t, name)), "\n"))
		}
	}
	random := rand.New(rand.NewPCG(uint64(rounds), 2))
	formatted := 0
	for range rounds {
		text := []byte(shuffled(random, files))
		got, _, err := Format("f", text, DefaultLimits())
		if err != nil {
			t.Fatalf("%v in\n%s\n%q", err, text, text)
		}
		if got != nil {
			formatted++
			formatSame(t, text)
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	if formatted < rounds/4 {
		t.Errorf("only %d of %d were YAML", formatted, rounds)
	}
}

// shuffled is one of files with a few changes.
func shuffled(random *rand.Rand, files [][]string) string {
	pick := func() []string { return files[random.IntN(len(files))] }
	lines := append([]string{}, pick()...)
	for range 1 + random.IntN(4) {
		at := random.IntN(len(lines))
		line := lines[at]
		indent := strings.Repeat(" ", random.IntN(9))
		switch random.IntN(11) {
		case 0:
			lines[at] = fmt.Sprintf("%s# remark %d\n%s", indent, random.IntN(100), line)
		case 1:
			lines[at] = strings.Repeat("\n", 1+random.IntN(3)) + line
		case 2:
			lines[at] = fmt.Sprintf("%s # behind %d\n", strings.TrimRight(line, "\n"), random.IntN(100))
		case 3:
			lines[at] = indent + strings.TrimLeft(line, " ")
		case 4: // the rest goes on in the next line
			if i := strings.LastIndexAny(line, " ,:[{"); i >= 0 {
				lines[at] = line[:i+1] + "\n" + indent + line[i+1:]
			}
		case 5:
			other := random.IntN(len(lines))
			lines[at], lines[other] = lines[other], line
		case 6:
			lines[at] = line + line
		case 7:
			other := pick()
			from := random.IntN(len(other))
			lines[at] = line + strings.Join(other[from:min(len(other), from+1+random.IntN(6))], "")
		case 8:
			lines[at] = ""
		case 9: // a character that means something
			if i := random.IntN(len(line) + 1); i <= len(line) {
				piece := []string{" ", "\t", ":", ": ", "- ", "? ", ", ", "[", "]", "{", "}", "#", " # x\n", "'", `"`, "\n", "|", ">", "|+\n", ">-\n", "2", "\\", "é", "~", "...\n", "---\n", "\r\n"}
				lines[at] = line[:i] + piece[random.IntN(len(piece))] + line[i:]
			}
		case 10: // the same file, with another indentation
			for i := range lines {
				rest := strings.TrimLeft(lines[i], " ")
				lines[i] = strings.Repeat(" ", 2*(len(lines[i])-len(rest))) + rest
			}
		}
	}
	text := strings.Join(lines, "")
	if random.IntN(8) == 0 {
		text = strings.TrimRight(text, "\n")
	}
	return text
}
