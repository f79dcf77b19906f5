package validate

import (
	"sluice/spec"
)

// place says what a template becomes, which decides what may stand in it.
type place uint8

const (
	placeCommand place = iota // argv[0]
	placeArg
	placeGlob
	placeEnv
	placeDir
	placeFile // of stdin, stdout or stderr
	placeReady
	placeText // of stdin
	placeName // of a lock; or a port
	placeEnvFile
)

// planned reports whether the plan must know the whole text.
func (p place) planned() bool { return p != placeArg && p != placeEnv && p != placeText }

// isPath reports whether the text names a file or a directory.
func (p place) isPath() bool {
	return p == placeGlob || p == placeDir || p == placeFile || p == placeReady || p == placeEnvFile
}

// texts visits every template of the file: the text rules and the references
// of each.
func (c *check) texts() {
	f := c.file
	c.text(nil, f.Dir, placeDir)
	c.text(nil, f.EnvFile, placeEnvFile)
	c.env(nil, f.Env, f.PassEnv)
	if d := f.Defaults; d != nil {
		c.env(nil, d.Env, spec.List[spec.String]{})
		c.text(nil, d.Dir, placeDir)
	}
	for _, e := range f.Jobs.Entries {
		if e.Value != nil && !c.list.Full() {
			c.jobTexts(e.Value)
		}
	}
}

func (c *check) jobTexts(j *spec.Job) {
	c.command(j, nil)
	for _, s := range j.Inner() {
		if c.list.Full() {
			return
		}
		c.command(j, s)
		c.env(j, s.Env, spec.List[spec.String]{})
		c.text(j, s.Dir, placeDir)
		c.text(j, s.Stderr.File, placeFile)
	}
	c.env(j, j.Env, j.PassEnv)
	c.text(j, j.EnvFile, placeEnvFile)
	c.text(j, j.Dir, placeDir)
	c.inputTexts(j, j.Stdin)
	for _, f := range j.Feeds() {
		c.inputTexts(j, f.Stdin)
	}
	for _, b := range j.Branches() {
		c.text(j, b.File, placeFile)
		c.text(j, b.Stdout.File, placeFile)
	}
	c.text(j, j.Stdout.File, placeFile)
	c.text(j, j.Stderr.File, placeFile)
	if j.Ready != nil {
		c.text(j, j.Ready.Port, placeName)
		c.text(j, j.Ready.File, placeReady)
	}
	if j.Exclusive != nil {
		c.text(j, j.Exclusive.Name, placeName)
	}
	if j.Matrix != nil {
		for _, a := range j.Matrix.Axes {
			c.text(nil, a.Glob, placeGlob)
		}
	}
}

func (c *check) inputTexts(j *spec.Job, in spec.Input) {
	c.text(j, in.File, placeFile)
	c.text(j, in.Text, placeText)
	c.secret(in.Text)
}

// env checks the variables that are set for j, or for all jobs where j is nil,
// and those of the caller that pass.
func (c *check) env(j *spec.Job, env spec.Map[spec.Template], pass spec.List[spec.String]) {
	for _, e := range env.Entries {
		c.text(j, e.Value, placeEnv)
		c.ambiguous(e.Value)
		c.secretEnv(e)
	}
	c.loaders(env, pass, j)
	c.searchPath(env)
}

// command checks one argv, written as a line or as command and args, of j or,
// where s is not nil, of its stage s.
func (c *check) command(j *spec.Job, s *spec.Stage) {
	run, command, args, layout := j.Run, j.Command, j.Args, j.Layout
	if s != nil {
		run, command, args, layout = s.Run, s.Command, s.Args, s.Layout
	}
	if run.IsSet() {
		fix := c.lineFix(j, s, run)
		c.lineText(run, s != nil, fix)
		for i, w := range run.Words {
			p := placeArg
			if i == 0 {
				p = placeCommand
			}
			c.refs(j, w.Text, p)
			c.secret(w.Text)
		}
		if len(run.Words) > 0 {
			c.firstWord(run, fix)
			c.programName(run.Words[0].Text)
		}
	}
	if command.IsSet() {
		c.text(j, command, placeCommand)
		c.commandName(command, args.Items, layout)
		c.programName(command)
	}
	for _, a := range args.Items {
		switch a.Kind {
		case spec.ArgGlob:
			c.text(j, a.Text, placeGlob)
		case spec.ArgInput: // see inputs
		case spec.ArgParam:
			if _, ok := c.params[a.Param.Value]; !ok {
				c.unknown(a.Param, "param", c.paramNames)
			}
		default:
			c.text(j, a.Text, placeArg)
			c.ambiguous(a.Text)
			c.secret(a.Text)
		}
	}
	c.programs(j, run, command, args.Items, s != nil)
}

// text applies the text rules of place p to t, and checks its references. j
// is the job that t belongs to, or nil.
func (c *check) text(j *spec.Job, t spec.Template, p place) {
	if !t.IsSet() {
		return
	}
	if !t.Literal {
		c.elementText(t, p)
	}
	c.refs(j, t, p)
}

// ambiguous warns of a plain word that another YAML reader turns into
// something else and writes back differently (SL012). A {literal: …} has no
// rules, and what was written in quotes has the tag of a string.
func (c *check) ambiguous(t spec.Template) {
	if t.Literal || t.Quoted() {
		return
	}
	var kind string
	switch {
	case t.Tag == "!!bool" || yaml11Bool(t.Value):
		kind = "a boolean"
	case t.Tag == "!!timestamp":
		kind = "a date"
	case t.Tag == "!!float", t.Tag == "!!int" && !plainInt().MatchString(t.Value):
		kind = "a number"
	case base60().MatchString(t.Value):
		kind = "a number of base 60"
	default:
		return
	}
	c.at("SL012", t.String, "YAML readers may take "+t.Value+" for "+kind+"; sluice keeps the text", "quote it: '"+t.Value+"'").Fix = quoteFix(t.String)
}

// yaml11Bool reports whether text is a boolean to readers of YAML 1.1 that is
// none in YAML 1.2. They leave y and n alone, whatever YAML 1.1 says.
func yaml11Bool(text string) bool {
	switch text {
	case "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF":
		return true
	}
	return false
}

var (
	plainInt = lazyRegexp(`^-?(0|[1-9][0-9]*)$`)                                                       // that every reader keeps
	base60   = lazyRegexp(`^[-+]?([1-9][0-9_]*(:[0-5]?[0-9])+|[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*)$`) // of YAML 1.1: !!int, !!float
)
