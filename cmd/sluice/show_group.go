package main

import (
	"crypto/rand"
	"strings"

	"sluice/runner/report"
	"sluice/spec/diag"
)

// groupLayout keeps what a job prints until it ends and shows it in one piece.
// With quiet, only jobs that failed are shown.
//
// With github, a piece is a group of GitHub's log, and a failure an annotation
// of it. GitHub reads workflow commands from both streams and without regard to
// the order between them, so all of the text, the children's standard error
// too, goes to one: Stdout. Around children's text the commands are switched
// off with a word that no child can know.
type groupLayout struct {
	show   *show
	quiet  bool
	github bool
	word   func() string // a new one each time
}

func newGroupLayout(s *show) *groupLayout {
	return &groupLayout{show: s, quiet: s.opts.Mode == "quiet", github: s.opts.GitHub, word: rand.Text}
}

func (l *groupLayout) start(*showJob) {}

// pen is where j's text waits.
func (l *groupLayout) pen(j *showJob) showPen {
	if j.record == nil {
		j.record = newShowRecord(l.show.fail)
	}
	return j.record
}

func (l *groupLayout) text(j *showJob, from showSource, data []byte) { l.pen(j).text(from, data) }

func (l *groupLayout) say(j *showJob, lines string) { l.pen(j).say(lines) }

func (l *groupLayout) endAttempt(j *showJob) {
	if j.record != nil {
		j.record.end(false)
	}
}

func (l *groupLayout) end(j *showJob, block string) {
	screen := l.show.screen
	switch {
	case l.quiet && block == "":
		if j.record != nil {
			j.record.close()
		}
		return
	case l.github:
		l.group(j)
		if block != "" {
			screen.say(annotation(block))
		}
		return
	}
	if l.show.several.Load() && (j.record != nil || block != "") {
		screen.say(l.show.heading(j))
	}
	if j.record != nil {
		j.record.replay(screen)
	}
	if block != "" {
		screen.say(block)
	}
	screen.end(true)
}

// group shows j's text as a group of GitHub's.
func (l *groupLayout) group(j *showJob) {
	if j.record == nil {
		return
	}
	screen, word := l.show.screen, l.word()
	screen.say("::group::" + diag.EscapeData(report.Clip(j.id)) + "\n::stop-commands::" + word + "\n")
	j.record.replay(screen)
	screen.end(true)
	screen.say("::" + word + "::\n::endgroup::\n")
}

func (l *groupLayout) close() {
	for _, j := range l.show.running() {
		l.end(j, "")
	}
}

// annotation is a failure block as GitHub's error command: the block's first
// line is the title, and the others are the message.
func annotation(block string) string {
	title, message, _ := strings.Cut(strings.TrimRight(block, "\n"), "\n")
	_, title, _ = strings.Cut(title, " ") // the mark
	message = strings.TrimPrefix(strings.ReplaceAll(message, "\n  ", "\n"), "  ")
	return "::error title=" + diag.EscapeProperty(title) + "::" + diag.EscapeData(message) + "\n"
}
