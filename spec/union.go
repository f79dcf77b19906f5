package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"sluice/spec/diag"
)

// ArgKind says how an element of args is written.
type ArgKind uint8

// The kinds of Arg.
const (
	ArgText  ArgKind = iota // a string, literal ones included
	ArgGlob                 // {glob: pattern}
	ArgParam                // {param: name}
	ArgInput                // {input: name}
)

// Arg is one element of args, or one word of a line.
type Arg struct {
	Kind     ArgKind
	Pos      diag.Pos
	Text     Template // of a text; the pattern of a glob
	Param    String   // the name of a param
	Input    String   // the name of an input
	Optional Bool     // of a glob: no match is no error
	FromLine bool     // a word of a line: its quoting was judged there
}

type argGlob struct {
	Glob     Template `key:"glob,required" doc:"A pattern of file names, relative to the job's directory; ** stands for any directories. It becomes its sorted matches." example:"src/**/*.go"`
	Optional Bool     `key:"optional" doc:"Whether no match is allowed." default:"false" example:"true"`
}

type argParam struct {
	Param String `key:"param,required" doc:"The name of a param. A list param becomes as many elements as it has values." example:"files"`
}

type argInput struct {
	Input String `key:"input,required" doc:"The name of one of the inputs of the command: the argument is the path of a file that has its output." example:"words"`
}

type literal struct {
	Literal String `key:"literal,required" doc:"Text that is taken byte for byte: no substitution and no text rules." example:"a|b"`
}

func (a *Arg) decode(d *decoder, n *yaml.Node, what string) {
	a.Pos = d.pos(n)
	switch d.choose(n, "glob", "param", "input", "literal") {
	case "glob":
		var g argGlob
		d.mapping(n, reflect.ValueOf(&g).Elem(), what)
		a.Kind, a.Text, a.Optional = ArgGlob, g.Glob, g.Optional
	case "param":
		var p argParam
		d.mapping(n, reflect.ValueOf(&p).Elem(), what)
		a.Kind, a.Param = ArgParam, p.Param
	case "input":
		var in argInput
		d.mapping(n, reflect.ValueOf(&in).Elem(), what)
		a.Kind, a.Input = ArgInput, in.Input
	default:
		if n.Kind == yaml.MappingNode && d.choose(n, "literal") == "" {
			d.wrongKindHint(n, what, "a string, {literal: …}, {glob: …}, {param: …} or {input: …}", braceHint(d, n))
			return
		}
		a.Text.decode(d, n, what)
	}
}

// braceHint explains the commonest way to write a mapping by accident: an
// unquoted { at the beginning of a text.
func braceHint(d *decoder, n *yaml.Node) string {
	if n.Style&yaml.FlowStyle != 0 && n.Line > 0 {
		return "a text that begins with { is written {literal: '{…}'}"
	}
	return ""
}

// choose is the first of keys that the mapping n has, or "".
func (d *decoder) choose(n *yaml.Node, keys ...string) string {
	if n.Kind != yaml.MappingNode {
		return ""
	}
	for _, key := range keys {
		for i := 0; i < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return key
			}
		}
	}
	return ""
}

// lineOr reads n, which what names, as a line into run, or as the mapping name
// into dst, a pointer to its struct. short says that it was a line.
func (d *decoder) lineOr(n *yaml.Node, run *Line, dst any, what, name, want string) (short bool) {
	switch n.Kind {
	case yaml.ScalarNode:
		run.decode(d, n, what)
		return true
	case yaml.MappingNode:
		d.mapping(n, reflect.ValueOf(dst).Elem(), name)
	default:
		d.wrongKind(n, what, want)
	}
	return false
}

func (s *Stage) decode(d *decoder, n *yaml.Node, what string) {
	s.Pos = d.pos(n)
	s.Short = d.lineOr(n, &s.Run, s, what, "a stage", "a line such as sort -rn, or a mapping with run, command or tee")
}

func (b *Branch) decode(d *decoder, n *yaml.Node, what string) {
	b.Pos = d.pos(n)
	b.Short = d.lineOr(n, &b.Run, b, what, "a branch", "a line such as wc -l, or a mapping with file, run, command or pipe")
}

func (f *Feed) decode(d *decoder, n *yaml.Node, what string) {
	f.Pos = d.pos(n)
	f.Short = d.lineOr(n, &f.Run, f, what, "an input", "a line such as sort words.txt, or a mapping with run, command, pipe or branch")
}

func (s *Shard) decode(d *decoder, n *yaml.Node, what string) {
	s.Pos = d.pos(n)
	if n.Kind == yaml.MappingNode {
		d.mapping(n, reflect.ValueOf(s).Elem(), what)
		return
	}
	s.Workers.decode(d, n, what)
	d.boundShort(reflect.TypeFor[Shard](), "workers", &s.Workers)
}

func (s *Spill) decode(d *decoder, n *yaml.Node, what string) {
	s.Pos = d.pos(n)
	if n.Kind == yaml.MappingNode {
		d.mapping(n, reflect.ValueOf(s).Elem(), what)
		return
	}
	s.Max.decode(d, n, what)
}

func (c *Channel) decode(d *decoder, n *yaml.Node, what string) {
	c.Pos = d.pos(n)
	switch {
	case n.Kind == yaml.MappingNode:
		d.mapping(n, reflect.ValueOf(c).Elem(), what)
	case n.Kind == yaml.ScalarNode && n.Tag == "!!bool" && n.Value == "true":
	default:
		hint := "such as channel: true"
		if n.Kind == yaml.ScalarNode && n.Value == "false" {
			hint = "leave it out where there shall be none"
		}
		d.wrongKindHint(n, what, "true, or {to: …, max: …}", hint)
	}
}

func (e *Exclusive) decode(d *decoder, n *yaml.Node, what string) {
	e.Pos = d.pos(n)
	switch {
	case n.Kind == yaml.MappingNode:
		d.mapping(n, reflect.ValueOf(e).Elem(), what)
	case n.Kind == yaml.ScalarNode && d.str(n).Tag == "!!str":
		e.Name.decode(d, n, what)
	default:
		d.wrongKindHint(n, what, "the name of a lock, or {name: …, on_conflict: …}", "such as exclusive: deploy")
	}
}

// InputKind says how stdin is written.
type InputKind uint8

// The kinds of Input. The zero kind was not given and means none.
const (
	InputUnset InputKind = iota
	InputNone
	InputInherit
	InputFile
	InputText
	InputJob
)

// Input is the value of stdin.
type Input struct {
	Kind InputKind
	Pos  diag.Pos
	File Template
	Text Template
	Job  String
}

type inputMapping struct {
	File Template `key:"file" doc:"A file, relative to the job's directory." example:"data.txt"`
	Text Template `key:"text" doc:"The text itself." example:"hello"`
	Job  String   `key:"job" doc:"A job whose captured standard output is read. Implies needs." example:"list"`
}

func (in *Input) decode(d *decoder, n *yaml.Node, what string) {
	in.Pos = d.pos(n)
	want := "none, inherit, {file: …}, {text: …} or {job: …}"
	switch {
	case n.Kind == yaml.ScalarNode && n.Value == "none":
		in.Kind = InputNone
	case n.Kind == yaml.ScalarNode && n.Value == "inherit":
		in.Kind = InputInherit
	case n.Kind == yaml.MappingNode:
		var m inputMapping
		meant := d.mapping(n, reflect.ValueOf(&m).Elem(), what)
		in.File, in.Text, in.Job = m.File, m.Text, m.Job
		switch given := d.given(n, "file", "text", "job"); {
		case len(given) != 1:
			d.notOne(in.Pos, what, given, meant, "file", "text", "job")
		case given[0] == "file":
			in.Kind = InputFile
		case given[0] == "text":
			in.Kind = InputText
		default:
			in.Kind = InputJob
		}
	default:
		hint := ""
		if n.Kind == yaml.ScalarNode {
			hint = "a file is written {file: " + n.Value + "}"
		}
		d.wrongKindHint(n, what, want, hint)
	}
}

// given is which of keys the mapping n has, in that order.
func (d *decoder) given(n *yaml.Node, keys ...string) (given []string) {
	for _, key := range keys {
		if d.choose(n, key) != "" {
			given = append(given, key)
		}
	}
	return given
}

// notOne reports that the mapping at pos has given of the keys, of which it
// should have one. Where it has none, but an unknown key that is meant to be
// one of them, that was reported.
func (d *decoder) notOne(pos diag.Pos, what string, given []string, meant map[string]bool, keys ...string) {
	list := strings.Join(keys, ", ")
	msg := fmt.Sprintf("%s has none of the keys %s; expected one", what, list)
	switch only := len(keys) == 1; {
	case len(given) == 0 && slices.ContainsFunc(keys, func(k string) bool { return meant[k] }):
		return
	case only && len(given) == 0:
		msg = fmt.Sprintf("%s has no %q", what, list)
	case only:
		msg = fmt.Sprintf("%s has %s; expected %s alone", what, strings.Join(given, " and "), list)
	case len(given) > 0:
		msg = fmt.Sprintf("%s has %s; expected exactly one of %s", what, strings.Join(given, " and "), list)
	}
	d.add("SL017", pos, 1, msg, "")
}

// OutputKind says how stdout or stderr is written.
type OutputKind uint8

// The kinds of Output. The zero kind was not given and means log.
const (
	OutputUnset OutputKind = iota
	OutputLog
	OutputInherit
	OutputDiscard
	OutputStdout // of stderr only
	OutputFile
	OutputCapture
)

// Output is the value of stdout or stderr.
type Output struct {
	Kind OutputKind
	Pos  diag.Pos
	File Template
	Mode String // atomic, append, truncate or create
	Max  Size   // of a capture
	Trim Bool   // of a capture
}

type outputMapping struct {
	File    Template `key:"file" doc:"A file, relative to the job's directory. Missing directories above it are made." example:"out/words.txt"`
	Mode    String   `key:"mode" enum:"mode" doc:"How it is written. atomic: beside it, and renamed when the job has succeeded; create: the same, and an error where the file exists; append: at its end; truncate: in place." example:"append"`
	Capture *capture `key:"capture" doc:"Kept for jobs that need it, as ${jobs.NAME.stdout} or stdin: {job: NAME}." example:"{max: 1MiB}"`
}

type capture struct {
	Max  Size `key:"max" validate:"min=1" doc:"The most that is kept; more is a failure." default:"1MiB" example:"64KiB"`
	Trim Bool `key:"trim" doc:"Whether ${jobs.NAME.stdout} loses the newlines at its end, LF or CR." default:"true" example:"false"`
}

// BranchOutput is the stdout of a branch: not to be captured, since nothing
// could name it.
type BranchOutput struct{ Output }

func (o *BranchOutput) decode(d *decoder, n *yaml.Node, what string) {
	o.read(d, n, what, "log, inherit, discard or {file: …}", "use {file: …}, or log: only the job's own stdout can be captured")
}

func (o *Output) decode(d *decoder, n *yaml.Node, what string) {
	if what == "stderr" {
		o.read(d, n, what, "log, inherit, discard, stdout or {file: …}", "write stdout, and what that captures has both")
		return
	}
	o.read(d, n, what, "log, inherit, discard, {file: …} or {capture: {…}}", "write {capture: {}}")
}

// read is decode where want is expected. captured is what to write for the word
// capture. A capture where there can be none is read all the same, for package
// validate to tell why.
func (o *Output) read(d *decoder, n *yaml.Node, what, want, captured string) {
	o.Pos = d.pos(n)
	words := map[string]OutputKind{"log": OutputLog, "inherit": OutputInherit, "discard": OutputDiscard}
	if what == "stderr" {
		words["stdout"] = OutputStdout
	}
	switch n.Kind {
	case yaml.ScalarNode:
		if o.Kind = words[n.Value]; o.Kind == OutputUnset {
			hint := "a file is written {file: " + n.Value + "}"
			if n.Value == "capture" {
				hint = captured
			}
			d.wrongKindHint(n, what, want, hint)
		}
	case yaml.MappingNode:
		var m outputMapping
		meant := d.mapping(n, reflect.ValueOf(&m).Elem(), what)
		o.File, o.Mode = m.File, m.Mode
		switch given := d.given(n, "file", "capture"); {
		case len(given) != 1:
			keys := []string{"file", "capture"}
			if !strings.Contains(want, "capture") {
				keys = keys[:1]
			}
			d.notOne(o.Pos, what, given, meant, keys...)
		case given[0] == "file":
			o.Kind = OutputFile
		default:
			o.Kind = OutputCapture
			if m.Capture != nil {
				o.Max, o.Trim = m.Capture.Max, m.Capture.Trim
			}
			if m.Mode.IsSet() {
				d.add("SL017", m.Mode.Pos, len(m.Mode.Value), "mode belongs to file, not to capture", "remove it")
			}
		}
	default:
		d.wrongKind(n, what, want)
	}
}

// ParamDefault is the default of a param: one value, or a list of them.
type ParamDefault struct {
	Pos    diag.Pos
	Values []String
	List   bool
}

// IsSet reports whether the file gives p.
func (p ParamDefault) IsSet() bool { return !p.Pos.IsZero() }

func (p *ParamDefault) decode(d *decoder, n *yaml.Node, what string) {
	switch n.Kind {
	case yaml.ScalarNode:
		p.Pos, p.Values = d.pos(n), []String{d.str(n)}
	case yaml.SequenceNode:
		var l List[String]
		l.decode(d, n, what)
		p.Pos, p.Values, p.List = l.Pos, l.Items, true
	default:
		d.wrongKind(n, what, "a value, or a list of values")
	}
}

// Umask is an octal number in quotes.
type Umask struct {
	Pos   diag.Pos
	Value int
}

// IsSet reports whether the file gives u.
func (u Umask) IsSet() bool { return !u.Pos.IsZero() }

func (u *Umask) decode(d *decoder, n *yaml.Node, what string) {
	u.Pos = d.pos(n)
	switch {
	case n.Kind != yaml.ScalarNode:
		d.wrongKind(n, what, `an octal number in quotes, such as "027"`)
	case !umaskSyntax().MatchString(n.Value):
		d.wrongKind(n, what, `an octal number from "000" to "777"`)
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0:
		d.wrongKindHint(n, what, "an octal number in quotes", `YAML readers disagree on a leading 0: write "`+n.Value+`"`)
	default:
		v, _ := strconv.ParseUint(n.Value, 8, 16) // umaskSyntax bounds it
		u.Value = int(v)
	}
}

var umaskSyntax = lazyRegexp(umaskPattern)

const umaskPattern = `^0?[0-7]{3}$`
