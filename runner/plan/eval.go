package plan

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"sluice/spec"
	"sluice/spec/diag"
)

// scope is what references mean in one place.
type scope struct {
	job  *spec.Job         // nil outside of jobs
	axes []axisValue       // of the instance
	env  map[string]string // what the child sees; unknown values are left out
	dir  string            // the directory that paths are seen from
	whys map[string]Text   // env values that only the run knows

	inputs spec.Map[*spec.Feed] // of the stage
}

// value is what a reference comes to.
type value struct {
	text    Text
	outside bool // it comes from the caller or from a job, not from the file
	safe    bool // its type keeps it from being read as an option
}

// within is path as it is seen from dir: relative below dir, else absolute.
// A relative path never begins with a dash.
func within(dir, path string) string {
	rel, err := filepath.Rel(dir, path)
	if err != nil || rel == ".." || strings.HasPrefix(rel, "../") {
		return path
	}
	if strings.HasPrefix(rel, "-") {
		return "./" + rel
	}
	return rel
}

// pathPart is a part of a path, by the name that references give it.
func pathPart(path, prop string) string {
	base, ext := filepath.Base(path), filepath.Ext(path)
	switch prop {
	case "dir":
		return filepath.Dir(path)
	case "base":
		return base
	case "stem":
		return strings.TrimSuffix(base, ext)
	case "ext":
		return ext
	}
	return path
}

// ref evaluates r. Package validate has checked that it has a value here, but
// for environment variables, which only the machine has.
func (b *builder) ref(r *spec.Ref, s scope) value {
	switch r.Root {
	case "params":
		p := b.params[r.Name]
		if p.decl == nil || len(p.values) == 0 {
			return value{}
		}
		v := p.values[0]
		if p.decl.TypeName() == "path" {
			b.reads = append(b.reads, v)
			v = pathPart(within(s.dir, v), r.Prop)
		}
		return value{Known(v), true, excludesDash(p.decl) && r.Prop == ""}
	case "matrix":
		for _, a := range s.axes {
			if a.Name == r.Name {
				if a.Job != "" {
					return value{TextOf(Part{Unknown: &Unknown{Kind: UnknownMatrix, Name: a.Name}}), true, false}
				}
				v := a.Value
				if a.path {
					b.reads = append(b.reads, a.abs)
					v = pathPart(within(s.dir, a.abs), r.Prop)
				}
				return value{Known(v), a.outside, a.path && r.Prop == ""}
			}
		}
	case "env":
		return b.envRef(r, s)
	case "jobs":
		b.needsValue(r.Name, r.Pos, len([]rune(r.Text)))
		if name, ok := r.Output(); ok {
			return value{TextOf(Part{Unknown: &Unknown{Kind: UnknownJobOutput, Job: r.Name, Name: name}}), true, false}
		}
		return value{TextOf(Part{Unknown: &Unknown{Kind: UnknownJobStdout, Job: r.Name}}), true, false}
	case "run":
		return value{TextOf(Part{Unknown: &Unknown{Kind: UnknownRunID}}), false, true}
	case "attempt":
		return value{TextOf(Part{Unknown: &Unknown{Kind: UnknownAttempt}}), false, true}
	case "job":
		return value{text: Known(s.job.Name.Value)}
	}
	return value{}
}

// needsValue reports the use of what a job gives that is skipped here.
func (b *builder) needsValue(job string, pos diag.Pos, length int) {
	if from, ok := b.file.Jobs.Get(job); ok {
		if why := b.skip(from.When); why != "" {
			b.add("SL104", pos, length, fmt.Sprintf("job %q is skipped here (%s), so it gives nothing", job, why), "give this job the same when:")
		}
	}
}

func hasKey(env spec.Map[spec.Template], name string) bool {
	_, ok := env.Get(name)
	return ok
}

func (b *builder) envRef(r *spec.Ref, s scope) value {
	env, whys := s.env, s.whys
	if env == nil {
		env, whys = b.base.values, b.base.whys
	}
	if t, ok := whys[r.Name]; ok {
		return value{text: t, outside: true}
	}
	v, ok := env[r.Name]
	switch {
	case ok:
	case s.job != nil && hasKey(s.job.Env, r.Name) || hasKey(b.file.Env, r.Name):
		b.add("SL614", r.Pos, len([]rune(r.Text)), fmt.Sprintf("%s: %s is set in env, which is not known here yet", r.Text, r.Name),
			"a value of env sees the layers below its own: the caller's, env_file's, and for a job the file's; directories see no job's env")
	default:
		hint := "add it to pass_env if the caller has it, or to env"
		switch {
		case slices.Contains(spec.ChannelVars(), r.Name): // which pass_env and env may not name (SL112)
			hint = "sluice sets it for a process with channel: true, which reads it itself; no text of a job has it"
		case b.callerHas(r.Name):
			hint = "the caller has it, and it does not pass by itself: add pass_env: [" + r.Name + "]"
		}
		b.add("SL614", r.Pos, len([]rune(r.Text)), fmt.Sprintf("%s: the child's environment has no %s", r.Text, r.Name), hint)
	}
	return value{text: Known(v), outside: true}
}

// eval puts the values of its references into t.
func (b *builder) eval(t spec.Template, s scope) Text {
	parts := make([]Part, 0, len(t.Parts))
	for _, p := range t.Parts {
		if p.Ref == nil {
			parts = append(parts, Part{Text: p.Text})
			continue
		}
		parts = append(parts, b.ref(p.Ref, s).text.parts...)
	}
	return TextOf(parts...)
}

// text is eval where the plan must know the whole text. ok is false where a
// problem kept it from being known, so that none follows from it.
func (b *builder) text(t spec.Template, s scope) (known string, ok bool) {
	before := len(b.list)
	text := b.eval(t, s)
	if known, ok = text.Known(); !ok {
		b.at("SL104", t.String, "this must be known before anything runs, and "+text.String()+" is not", "")
	}
	return known, len(b.list) == before
}

// path is text as an absolute path, seen from dir.
func (b *builder) path(t spec.Template, s scope, dir string) (path string, ok bool) {
	name, ok := b.text(t, s)
	return absolute(dir, name), ok
}

// arg is the elements that a becomes as argv[index]. dashes says that a --
// stands before it.
func (b *builder) arg(a spec.Arg, s scope, index int, dashes bool) []Text {
	switch a.Kind {
	case spec.ArgGlob:
		matches := b.glob(a.Text, s, a.Optional.Value)
		list := make([]Text, len(matches))
		for i, m := range matches {
			list[i] = Known(m)
			b.reads = append(b.reads, absolute(s.dir, m))
		}
		return list
	case spec.ArgInput:
		for i, e := range s.inputs.Entries {
			if e.Key.Value == a.Input.Value {
				return []Text{Known(fmt.Sprintf("/dev/fd/%d", 3+i))}
			}
		}
	case spec.ArgParam:
		p := b.params[a.Param.Value]
		var list []Text
		for _, v := range p.values {
			isPath := p.decl.TypeName() == "path"
			if isPath {
				b.reads = append(b.reads, v)
				v = within(s.dir, v)
			}
			b.dash(a, Known(v), dashes || excludesDash(p.decl))
			list = append(list, Known(v))
		}
		return list
	}
	text := b.eval(a.Text, s)
	if index > 0 && !dashes && b.fromOutside(a.Text, s) {
		b.dash(a, text, false)
		if len(text.parts) > 0 && text.parts[0].Unknown != nil {
			u := *text.parts[0].Unknown
			u.NoDash = true
			text = TextOf(append([]Part{{Unknown: &u}}, text.parts[1:]...)...)
		}
	}
	return []Text{text}
}

// fromOutside reports whether t begins with a value from outside that may
// begin with a dash: before any text of the author's.
func (b *builder) fromOutside(t spec.Template, s scope) bool {
	for _, p := range t.Parts {
		if p.Ref == nil {
			return false
		}
		if v := b.ref(p.Ref, s); v.outside && !v.safe {
			return true
		} else if known, ok := v.text.Known(); !ok || known != "" {
			return false
		}
	}
	return false
}

// excludesDash reports whether no value of p is read as an option: by its
// type, or because the file itself lists the values.
func excludesDash(p *spec.Param) bool { return p.ExcludesDash() || p.TypeName() == "enum" }

// dash reports a value from outside that makes a whole element and begins
// with a dash, so that the program would take it for an option (CWE-88).
func (b *builder) dash(a spec.Arg, t Text, safe bool) {
	v, known := t.Known()
	if safe || known && !strings.HasPrefix(v, "-") || !known {
		return
	}
	b.add("SL401", a.Pos, 1, fmt.Sprintf("this element is %q, a value from outside that the program may read as an option", v),
		"put a -- before it, or give the param a pattern that excludes a leading dash")
}
