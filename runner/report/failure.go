package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// tailLines bounds how much of a standard error a failure block repeats.
const tailLines = 20

// WriteFailure writes why j did not succeed, as a block of lines:
//
//	✗ words failed in 1.24s, attempt 3 of 3
//	  stage 3 of 4, sort: exit code 2
//	      sort -k 2 'a b'
//	  stages: tr 141 (closed early) · uniq 0 · sort 2 · wc 0
//	  │ sort: open failed: a b: No such file or directory
//	  run again: sluice run jobs/x.yaml words
//
// rerun is the command of the last line; empty, and there is no such line.
func WriteFailure(w io.Writer, j *Job, rerun string, s Style) error {
	var b bytes.Buffer
	l := j.Status.look()
	fmt.Fprintf(&b, "%s %s", s.Paint(l.hue, l.mark), s.Paint(Bold, Visible(Clip(j.ID))))
	fmt.Fprint(&b, " ", s.Paint(l.hue, strings.TrimSpace(l.verb+" "+j.took())))
	a := j.Last()
	if n := j.Tries(); n > 1 {
		fmt.Fprintf(&b, ", attempt %d of %d", a.Number, n)
	}
	b.WriteByte('\n')
	if j.Reason != "" {
		fmt.Fprintf(&b, "  %s\n", Visible(j.Reason))
	}
	if a != nil {
		a.writeCause(&b, s)
		for _, warning := range a.Warnings {
			fmt.Fprintf(&b, "  %s %s\n", s.Paint(Yellow, "warning:"), Visible(warning))
		}
	}
	if rerun != "" {
		fmt.Fprintf(&b, "  %s %s\n", s.Paint(Dim, "run again:"), Visible(rerun))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// writeCause writes which stage is at fault and what it said.
func (a *Attempt) writeCause(b *bytes.Buffer, s Style) {
	i := a.Fault()
	if i < 0 {
		if a.Cause != "" {
			fmt.Fprintf(b, "  %s\n", Visible(a.Cause))
		}
		a.writeCodes(b, s)
		return
	}
	st := a.Stages[i]
	end := cmp.Or(st.ending(), a.Cause)
	line := end
	if len(a.Stages) > 1 {
		line = Place(i, len(a.Stages), st.Name, a.isGraph()) + ": " + end
	}
	if strings.HasSuffix(a.Cause, ": "+line) && a.Cause != st.Name+": "+line {
		line = a.Cause // "it ended by itself: exit code 0"
	}
	// The cause has its own line where it tells more than the ending does: a timeout and its KILL.
	told := strings.Contains(line, a.Cause) || strings.HasSuffix(a.Cause, end) ||
		st.Error != "" && strings.HasSuffix(a.Cause, st.Error)
	if !told {
		fmt.Fprintf(b, "  %s\n", Visible(a.Cause))
	}
	fmt.Fprintf(b, "  %s\n", Visible(line))
	if len(st.Argv) > 0 {
		fmt.Fprintf(b, "      %s\n", Clip(Quote(st.Argv)))
	}
	a.writeCodes(b, s)
	writeTail(b, st.Stderr, s)
}

// Place is how texts call stage i of n by its place, which is the number that
// the plan gives it: "stage 3 of 4, sort". In a graph, of branches and inputs,
// no stage is the third of four: "stage 3, left/sort".
func Place(i, n int, name string, graph bool) string {
	if graph {
		return fmt.Sprintf("stage %d, %s", i+1, name)
	}
	return fmt.Sprintf("stage %d of %d, %s", i+1, n, name)
}

// isGraph reports whether the stages of a are no plain pipeline: one is a tee,
// or has a name with that of a branch or of an input in it.
func (a *Attempt) isGraph() bool {
	return slices.ContainsFunc(a.Stages, func(s *Stage) bool { return len(s.Argv) == 0 || strings.Contains(s.Name, "/") })
}

// Clip is text that fits on a screen. What captures put into an argv can be
// 128 KiB, and a captured line that is a value of a matrix, and so part of an
// instance's ID, much more. The report has it whole.
func Clip(text string) string {
	const most = 2000
	if r := []rune(text); len(r) > most {
		return fmt.Sprintf("%s… (%d more characters)", string(r[:most]), len(r)-most)
	}
	return text
}

// writeCodes writes how every stage of a pipeline ended, on one line.
func (a *Attempt) writeCodes(b *bytes.Buffer, s Style) {
	if len(a.Stages) < 2 {
		return
	}
	codes := make([]string, len(a.Stages))
	for i, st := range a.Stages {
		codes[i] = Visible(st.Name) + " " + st.code()
	}
	fmt.Fprintf(b, "  %s %s\n", s.Paint(Dim, "stages:"), strings.Join(codes, " · "))
	for i, st := range a.Stages {
		if st.Error != "" && len(st.Argv) == 0 && i != a.Fault() { // a tee's, which no standard error tells
			fmt.Fprintf(b, "  %s %s: %s\n", s.Paint(Dim, "also:"), Visible(st.Name), Visible(st.Error))
		}
	}
}

// Fault is the index of the stage to tell about: the one at fault, else the
// last that had to be stopped, or that ran when the time was over; -1 where
// there is none.
func (a *Attempt) Fault() int {
	if a.CauseBy >= 0 && a.CauseBy < len(a.Stages) {
		return a.CauseBy
	}
	for i, st := range slices.Backward(a.Stages) {
		if st.Status == StageTimedOut || st.Status == StageCancelled {
			return i
		}
	}
	if a.Status == TimedOut && len(a.Stages) > 0 { // and ended well when it was told to
		return len(a.Stages) - 1
	}
	return -1
}

// ending is st.Ending with the reason of a failed start, if that is not in it.
func (st *Stage) ending() string {
	if st.Error == "" || strings.Contains(st.Ending, st.Error) {
		return st.Ending
	}
	return st.Ending + ": " + st.Error
}

// code is the ending of st in a word or two, as in PIPESTATUS.
func (st *Stage) code() string {
	code := strconv.Itoa(st.Code)
	if st.Signal != "" {
		code = st.Signal
	}
	switch {
	case st.Status == StageNotStarted && st.Error != "":
		return code + " (could not start)"
	case st.Status == StageNotStarted:
		return "not started"
	case len(st.Argv) == 0 && st.Status != StageSucceeded: // a tee has no exit code
		return strings.ReplaceAll(string(st.Status), "_", " ")
	case st.Status == StageClosedEarly:
		return "141 (closed early)" // 128 + SIGPIPE, whoever says it: the kernel or the program
	case st.Status == StageTimedOut:
		return code + " (timed out)"
	case st.Status == StageCancelled:
		return code + " (cancelled)"
	case st.Core:
		return code + " (core dumped)"
	case st.Status == StageSucceeded && st.Code != 0:
		return code + " (ok)"
	}
	return code
}

// writeTail writes the last lines of text behind a bar.
func writeTail(b *bytes.Buffer, text string, s Style) {
	n := Neutralizer{Plain: !s.Color}
	text = strings.TrimRight(string(n.Flush(n.Append(nil, []byte(text)))), "\n")
	if text == "" {
		return
	}
	lines := strings.Split(text, "\n")
	bar := "  " + s.Paint(Dim, "│") + " "
	if hidden := len(lines) - tailLines; hidden > 0 {
		lines = lines[hidden:]
		fmt.Fprintf(b, "%s%s\n", bar, s.Paint(Dim, "… "+Count(hidden, "line")+" before"))
	}
	for _, line := range lines {
		if s.Color && strings.Contains(line, "\x1b[") {
			line += "\x1b[0m"
		}
		fmt.Fprintf(b, "%s\n", strings.TrimRight(bar+line, " "))
	}
}
