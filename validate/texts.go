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
	placeText // of stdin
	placeEnvFile
)

// planned reports whether the plan must know the whole text.
func (p place) planned() bool { return p != placeArg && p != placeEnv && p != placeText }

// isPath reports whether the text names a file or a directory.
func (p place) isPath() bool {
	return p == placeGlob || p == placeDir || p == placeFile || p == placeEnvFile
}

// texts visits every template of the file: the text rules and the references
// of each.
func (c *check) texts() {
	f := c.file
	c.text(nil, f.Dir, placeDir)
	c.text(nil, f.EnvFile, placeEnvFile)
	c.env(nil, f.Env)
	if d := f.Defaults; d != nil {
		c.env(nil, d.Env)
		c.text(nil, d.Dir, placeDir)
	}
	for _, e := range f.Jobs.Entries {
		if e.Value != nil {
			c.jobTexts(e.Value)
		}
	}
}

func (c *check) jobTexts(j *spec.Job) {
	c.command(j, j.Run, j.Command, j.Args, false)
	for _, s := range j.Pipe.Items {
		if s == nil {
			continue
		}
		c.command(j, s.Run, s.Command, s.Args, true)
		c.env(j, s.Env)
		c.text(j, s.Dir, placeDir)
		c.text(j, s.Stderr.File, placeFile)
	}
	c.env(j, j.Env)
	c.text(j, j.EnvFile, placeEnvFile)
	c.text(j, j.Dir, placeDir)
	c.text(j, j.Stdin.File, placeFile)
	c.text(j, j.Stdin.Text, placeText)
	c.text(j, j.Stdout.File, placeFile)
	c.text(j, j.Stderr.File, placeFile)
	if j.Matrix != nil {
		for _, a := range j.Matrix.Axes {
			c.text(nil, a.Glob, placeGlob)
		}
	}
}

func (c *check) env(j *spec.Job, env spec.Map[spec.Template]) {
	for _, e := range env.Entries {
		c.text(j, e.Value, placeEnv)
		c.ambiguous(e.Value.String)
	}
}

// command checks one argv, written as a line or as command and args, of a job
// or of a stage.
func (c *check) command(j *spec.Job, run spec.Line, command spec.Template, args spec.List[spec.Arg], isStage bool) {
	if run.IsSet() {
		c.lineText(run, isStage)
		for i, w := range run.Words {
			p := placeArg
			if i == 0 {
				p = placeCommand
			}
			c.refs(j, w.Text, p)
		}
		if len(run.Words) > 0 {
			c.firstWord(run)
		}
	}
	if command.IsSet() {
		c.text(j, command, placeCommand)
		c.commandName(command, args.Items)
	}
	for _, a := range args.Items {
		switch a.Kind {
		case spec.ArgGlob:
			c.text(j, a.Text, placeGlob)
		case spec.ArgParam:
			if _, ok := c.file.Params.Get(a.Param.Value); !ok {
				c.unknown(a.Param, "param", c.paramNames)
			}
		default:
			c.text(j, a.Text, placeArg)
			c.ambiguous(a.Text.String)
		}
	}
	c.programs(j, run, command, args.Items, isStage)
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
// something else and writes back differently (SL012).
func (c *check) ambiguous(s spec.String) {
	kind := map[string]string{"!!bool": "a boolean", "!!float": "a number", "!!timestamp": "a date"}[s.Tag]
	if kind == "" && !yaml11Bool[s.Value] {
		return
	}
	if kind == "" {
		if s.Quoted() {
			return
		}
		kind = "a boolean"
	}
	c.at("SL012", s, "YAML readers may take "+s.Value+" for "+kind+"; sluice keeps the text", "quote it: '"+s.Value+"'")
}

var yaml11Bool = map[string]bool{"yes": true, "no": true, "on": true, "off": true, "Yes": true, "No": true, "On": true, "Off": true, "YES": true, "NO": true, "ON": true, "OFF": true}
