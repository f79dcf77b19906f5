package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/clipperhouse/displaywidth"
)

// Bounds of a summary, so that it stays on one screen.
const (
	allJobs  = 20 // more instances than this, and only the bad ones have a line
	badJobs  = 15 // of those, at most so many
	maxIDCol = 40 // columns; wider ids push their own line to the right
)

// Style says how text is made for people. The zero Style is plain.
type Style struct {
	Color bool
}

// Paint is the parameter of an SGR sequence, such as "31".
type Paint string

// The paints in use.
const (
	Bold    Paint = "1"
	Dim     Paint = "2"
	Red     Paint = "31"
	Green   Paint = "32"
	Yellow  Paint = "33"
	Blue    Paint = "34"
	Magenta Paint = "35"
	Cyan    Paint = "36"
)

// Paint is text in the colour p, or text where s has no colours.
func (s Style) Paint(p Paint, text string) string {
	if !s.Color || text == "" {
		return text
	}
	return "\x1b[" + string(p) + "m" + text + "\x1b[0m"
}

// look is how a status reads.
type look struct {
	mark string
	word string // in a list: "3 timed out"
	verb string // before a duration: "timed out after 3s"
	hue  Paint
}

func (s Status) look() look {
	switch s {
	case Succeeded:
		return look{"✓", "succeeded", "succeeded in", Green}
	case Failed:
		return look{"✗", "failed", "failed in", Red}
	case TimedOut:
		return look{"✗", "timed out", "timed out after", Red}
	case Cancelled:
		return look{"■", "cancelled", "cancelled after", Yellow}
	case NotStarted:
		return look{"○", "not started", "not started", Dim}
	case Skipped:
		return look{"–", "skipped", "skipped", Dim}
	}
	return look{"?", string(s), string(s) + " after", Yellow}
}

// look is how the status of j reads. Of a service that was stopped as it should
// be, "succeeded" would say too much: it may not even have been ready.
func (j *Job) look() look {
	l := j.Status.look()
	if j.Stopped {
		l.word = "stopped"
	}
	return l
}

// WriteSummary writes what became of r on one screen: a line for each job, or
// in a large run for each bad one, and a line of totals. It is meant to follow
// the failure blocks, so a run of one job, of which the output and the block
// tell everything, has less: nothing when it succeeded without a warning, the
// totals when it failed.
func (r *Report) WriteSummary(w io.Writer, s Style) error {
	var b bytes.Buffer
	if len(r.Jobs) == 1 {
		j := r.Jobs[0]
		if j.Status == Succeeded && len(j.warnings()) == 0 {
			return nil
		}
		if j.Status != Failed && j.Status != TimedOut {
			writeJobs(&b, r.Jobs, s)
		}
	} else {
		r.writeList(&b, s)
	}
	fmt.Fprintln(&b, r.totals(s))
	_, err := w.Write(b.Bytes())
	return err
}

// writeList writes the lines of the jobs that are worth one.
func (r *Report) writeList(b *bytes.Buffer, s Style) {
	if len(r.Jobs) <= allJobs {
		writeJobs(b, r.Jobs, s)
		return
	}
	var bad []*Job
	for _, j := range r.Jobs {
		if !j.Status.OK() && j.Status != NotStarted {
			bad = append(bad, j)
		}
	}
	more := len(bad) - badJobs
	writeJobs(b, bad[:min(len(bad), badJobs)], s)
	if more > 0 {
		fmt.Fprintln(b, s.Paint(Dim, fmt.Sprintf("  and %d more", more)))
	}
}

// writeJobs writes a table of mark, id, status, time and what is notable.
func writeJobs(b *bytes.Buffer, jobs []*Job, s Style) {
	var ids, words, times int
	for _, j := range jobs {
		ids = max(ids, min(Width(j.ID), maxIDCol))
		words = max(words, Width(j.look().word))
		times = max(times, Width(j.took()))
	}
	for _, j := range jobs {
		l := j.look()
		took := strings.Repeat(" ", times-Width(j.took())) + j.took()
		line := s.Paint(l.hue, l.mark) + " " + pad(Visible(Clip(j.ID)), ids) + "  " +
			s.Paint(l.hue, l.word) + strings.Repeat(" ", words-Width(l.word)) + "  " + took
		if note := j.note(); note != "" {
			line += "  " + s.Paint(Dim, Visible(note))
		}
		fmt.Fprintln(b, strings.TrimRight(line, " "))
	}
}

// took is how long j took, or nothing for one that never started.
func (j *Job) took() string {
	if j.Status == Skipped || j.Status == NotStarted {
		return ""
	}
	return Took(j.Took)
}

// note is what is notable about j in a few words.
func (j *Job) note() string {
	var notes []string
	if why := j.Why(); why != "" {
		notes = append(notes, why)
	}
	if n := j.Tries(); n > 1 {
		notes = append(notes, fmt.Sprintf("%d attempts", n))
	}
	if n := len(j.warnings()); n > 0 {
		notes = append(notes, Count(n, "warning"))
	}
	return strings.Join(notes, ", ")
}

// Why is why j did not succeed or did not start, in one line, or nothing.
func (j *Job) Why() string {
	if j.Reason != "" {
		return j.Reason
	}
	if a := j.Last(); a != nil && !a.Status.OK() {
		return a.Cause
	}
	return ""
}

// warnings are those of j's last attempt.
func (j *Job) warnings() []string {
	if a := j.Last(); a != nil {
		return a.Warnings
	}
	return nil
}

// totals is such as "4 jobs: 3 succeeded, 1 failed in 1.24s".
func (r *Report) totals(s Style) string {
	count := map[look]int{}
	for _, j := range r.Jobs {
		count[j.look()]++
	}
	var parts []string
	for _, like := range []*Job{
		{Status: Succeeded}, {Status: Succeeded, Stopped: true}, {Status: Failed}, {Status: TimedOut}, {Status: Cancelled}, {Status: NotStarted}, {Status: Skipped},
	} {
		if l := like.look(); count[l] > 0 {
			parts = append(parts, s.Paint(l.hue, fmt.Sprintf("%d %s", count[l], l.word)))
		}
	}
	line := Count(len(r.Jobs), "job")
	if len(parts) > 0 {
		line += ": " + strings.Join(parts, ", ")
	}
	line += " in " + Took(r.Took)
	if r.Signal != "" {
		line += ", told to stop by " + r.Signal
		if r.Killed {
			line += ", then killed"
		}
	}
	return line
}

// Took is an elapsed time as people read it: 812ms, 1.24s, 12.3s, 2m03s, 1h02m.
func Took(d time.Duration) string {
	for _, step := range []struct {
		below, unit time.Duration
		text        func(time.Duration) string
	}{
		{time.Second, time.Millisecond, func(d time.Duration) string { return fmt.Sprintf("%dms", d.Milliseconds()) }},
		{10 * time.Second, 10 * time.Millisecond, func(d time.Duration) string { return fmt.Sprintf("%.2fs", d.Seconds()) }},
		{time.Minute, 100 * time.Millisecond, func(d time.Duration) string { return fmt.Sprintf("%.1fs", d.Seconds()) }},
		{time.Hour, time.Second, func(d time.Duration) string {
			return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
		}},
	} {
		// Rounding may reach the next step: 59.96s is 1m00s and not 60.0s.
		if r := d.Round(step.unit); r < step.below {
			return step.text(r)
		}
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
}

// Count is "1 job", "2 jobs".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Size is n bytes in the largest unit of which it is a whole number: "1GiB",
// "1500B".
func Size(n int64) string {
	for _, unit := range []struct {
		name  string
		bytes int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if n >= unit.bytes && n%unit.bytes == 0 {
			return fmt.Sprintf("%d%s", n/unit.bytes, unit.name)
		}
	}
	return fmt.Sprintf("%dB", n)
}

// Width is how many columns of a terminal Visible(s) fills.
func Width(s string) int {
	return displaywidth.String(Visible(s))
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-Width(s)))
}
