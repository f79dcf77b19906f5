package validate

import (
	"slices"
	"strings"

	"sluice/spec"
)

// Programs that do what a key of the language does (SL302, as a warning).

// env judges env: variables have a key of their own.
func (q *inquiry) env(c call) {
	g := grammar{short: "u:C:S:a:", long: "unset= chdir= split-string= argv0= block-signal? default-signal? ignore-signal? ignore-environment null debug list-signal-handling", ends: "S split-string", stop: true}
	opts, rest := g.parse(c.args())
	var said []string
	if o, ok := pick(opts, "S split-string"); ok {
		q.toShell(o.at, c.says(optionText(o))+" splits its text into a command, by rules of its own", "write the words of the command as args")
		var split []word
		for _, w := range shellWords([]rune(o.value.text)) {
			split = append(split, word{w.text, o.value.at})
		}
		rest = append(split, rest...)
		said = append(said, optionText(o))
		_, rest = g.parse(rest)
	}
	if len(rest) > 0 && rest[0].text == "-" {
		rest, opts = rest[1:], append(opts, option{name: "i"})
	}
	var set []word
	for len(rest) > 0 && strings.Contains(rest[0].text, "=") {
		set, rest = append(set, rest[0]), rest[1:]
	}
	if len(rest) > 0 && len(set) > 0 && len(opts) == 0 && c.depth == 0 {
		var pairs []string
		for _, w := range set {
			pairs = append(pairs, q.asWritten(w))
		}
		q.keyOfItsOwn(c, "sets variables", envHint(pairs))
	}
	q.tail(c, rest, said...)
}

// timeout judges timeout: a job's time has a key. A stage's has none.
func (q *inquiry) timeout(c call) {
	g := grammar{short: "k:s:", long: "kill-after= signal= foreground preserve-status verbose", stop: true}
	opts, rest := g.parse(c.args())
	if len(rest) == 0 {
		return
	}
	_, differs := pick(opts, "f p foreground preserve-status") // from what the key does
	for _, code := range q.ok {
		differs = differs || code.Value == 124 // running out of time is a success
	}
	if o, ok := pick(opts, "s signal"); ok && !slices.Contains(spec.StopSignals(), strings.TrimPrefix(o.value.text, "SIG")) {
		differs = true
	}
	if time, ok := durationText(rest[0].text); len(rest) > 1 && ok && !differs && !q.isStage && c.depth == 0 {
		q.keyOfItsOwn(c, "bounds the time of its command", "timeout: "+time+stopText(opts))
	}
	q.tail(c, rest[1:])
}

// stopText is what the language calls timeout's -s and -k, as a line of its own.
func stopText(opts []option) string {
	var parts []string
	if o, ok := pick(opts, "s signal"); ok {
		parts = append(parts, "signal: "+strings.TrimPrefix(o.value.text, "SIG"))
	}
	if o, ok := pick(opts, "k kill-after"); ok {
		if grace, ok := durationText(o.value.text); ok {
			parts = append(parts, "grace: "+grace)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "\nstop: {" + strings.Join(parts, ", ") + "}"
}

// durationText is what the language calls the duration text of timeout. ok is
// false where it has no word for it: for a reference, and for no bound at all.
func durationText(text string) (duration string, ok bool) {
	if isCount(strings.Replace(text, ".", "", 1)) {
		text += "s"
	}
	d, err := spec.ParseDuration(text)
	return text, err == nil && d > 0
}

// keyOfItsOwn warns of a program that does what a key of the language does.
func (q *inquiry) keyOfItsOwn(c call, does, write string) {
	hint := "leave it out, and write " + write
	if q.isStage {
		hint = "leave it out, and give the stage " + write
	}
	q.found = append(q.found, onProgram{rule: "SL302", at: c.argv[0], msg: c.says() + " " + does + ", for which there is a key", hint: hint, warning: true})
}

// setsid judges setsid: a job's session has a key, and so has what runs on.
func (q *inquiry) setsid(c call) {
	w, _ := wrapperOf(c.name)
	opts, rest := w.parse(c.args())
	_, forks := pick(opts, "f fork")
	_, terminal := pick(opts, "c ctty")
	switch {
	case len(rest) == 0 || q.isStage || c.depth > 0:
	case forks:
		q.keyOfItsOwn(c, "lets its command run on by itself", "detach: true; or nothing, where the run is to wait for it")
	case !terminal:
		q.keyOfItsOwn(c, "gives its command a session of its own", "group: session")
	}
	q.wrapper(c)
}

// nohup judges nohup: what outlives its terminal is detached.
func (q *inquiry) nohup(c call) {
	w, _ := wrapperOf(c.name)
	if _, rest := w.parse(c.args()); len(rest) > 0 && !q.isStage && c.depth == 0 {
		q.keyOfItsOwn(c, "lets its command outlive the terminal", "detach: true; or nothing, where the run is to wait for it")
	}
	q.wrapper(c)
}
