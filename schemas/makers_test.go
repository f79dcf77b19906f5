package schemas

import (
	"fmt"
	"reflect"

	"gopkg.in/yaml.v3"

	"sluice/spec"
)

// makers make the values of keys that depend on more than their type, by key
// or by type and key. nil leaves the key out.
func makers() map[string]func(*generator) *yaml.Node {
	inDir := func(g *generator) *yaml.Node { return g.scalar("a", "b/c", "..") }
	return map[string]func(*generator) *yaml.Node{
		"version": func(g *generator) *yaml.Node { return scalar("1") },
		"command": func(g *generator) *yaml.Node { return g.scalar("./tool", "sort", "true", "7") },
		"dir":     inDir, "env_file": inDir,
		"pass_env": func(g *generator) *yaml.Node {
			return g.some(0, func() *yaml.Node { return g.scalar("A", "_x", "true") })
		},
		"ok": func(g *generator) *yaml.Node {
			return g.some(1, func() *yaml.Node { return g.scalar("0", "1", "255") })
		},
		"jitter":        func(g *generator) *yaml.Node { return g.scalar("0", "1", "0.25") },
		"delay":         func(g *generator) *yaml.Node { return g.scalar("0s", "1s", "0.5s", "10us") },
		"max_delay":     func(g *generator) *yaml.Node { return g.scalar("1s", "1m30s") },
		"stdout":        (*generator).stdout,
		"stderr":        (*generator).stderr,
		"stdin":         (*generator).stdin,
		"matrix":        (*generator).matrix,
		"File.params":   (*generator).params,
		"File.pools":    (*generator).makePools,
		"File.jobs":     (*generator).makeJobs,
		"File.defaults": (*generator).defaults,
		"Job.needs":     func(g *generator) *yaml.Node { return g.distinct(2, g.jobs) },
		"Job.after":     func(g *generator) *yaml.Node { return g.distinct(2, g.jobs) },
		"pipe":          (*generator).pipe,
		"tee": func(g *generator) *yaml.Node {
			return g.some(1, func() *yaml.Node { return g.value(reflect.TypeFor[spec.Branch](), "") })
		},
		"Branch.name":   func(g *generator) *yaml.Node { g.names++; return scalar(fmt.Sprintf("b-%d", g.names)) },
		"Branch.stdout": func(g *generator) *yaml.Node { return g.scalar("log", "inherit", "discard") },
		"Feed.stdin":    func(g *generator) *yaml.Node { return pairs("text", g.text(reflect.TypeFor[spec.Template]())) },
		"inputs": func(g *generator) *yaml.Node {
			return pairs("in", g.value(reflect.TypeFor[spec.Feed](), ""), "also", g.value(reflect.TypeFor[spec.Feed](), ""))
		},
		"Job.pool":      (*generator).pool,
		"When.param":    (*generator).whenParam,
		"Allow.rule":    func(g *generator) *yaml.Node { return g.scalar("SL401", "SL603") }, // of a plan, so that no use is needed here
		"Allow.reason":  func(g *generator) *yaml.Node { return g.scalar("the program wants it so", "12345678901") },
		"Job.allow":     (*generator).allow,
		"Stage.allow":   (*generator).allow,
		"Ready.message": func(g *generator) *yaml.Node { return scalar("true") },
		"Channel.to":    func(g *generator) *yaml.Node { return g.scalar("talk", "true", "a/b") },
		"Channel.max":   func(g *generator) *yaml.Node { return g.scalar("64KiB", "10MB") },
		"Ready.line":    func(g *generator) *yaml.Node { return g.scalar("up$", "true", "7") },
		"Ready.port":    func(g *generator) *yaml.Node { return g.scalar("8080", "1", "localhost:65535", "'[::1]:80'") },
		"Job.exclusive": func(g *generator) *yaml.Node {
			if g.IntN(2) == 0 {
				return quoted(g.one("deploy", "true", "_a-1"))
			}
			return g.mapping(reflect.TypeFor[spec.Exclusive]())
		},
		"Exclusive.name": func(g *generator) *yaml.Node { return g.scalar("deploy", "true") },
		"exit":           func(g *generator) *yaml.Node { return g.some(1, func() *yaml.Node { return g.scalar("1", "255") }) },
		"Retry.attempts": func(g *generator) *yaml.Node { return g.scalar("1", "3", "100") },
	}
}

// pipe is a pipeline that does not begin with a tee, for nothing may come
// through that.
func (g *generator) pipe() *yaml.Node {
	l := list(g.scalar("sort -rn", "7"))
	for range g.IntN(3) {
		l.Content = append(l.Content, g.value(reflect.TypeFor[spec.Stage](), ""))
	}
	if g.IntN(3) == 0 { // which is joined again
		g.names++
		name := scalar(fmt.Sprintf("b-%d", g.names))
		l.Content = append(l.Content, pairs("tee", list(pairs("name", name, "run", scalar("sort")))),
			pairs("command", scalar("paste"), "args", list(quoted("-"), pairs("input", scalar("in"))), "inputs", pairs("in", pairs("branch", name))))
	}
	return l
}

// open adds to m, a command with inputs, the arguments that open them.
func (g *generator) open(m *yaml.Node) {
	inputs := at(m, "inputs")
	if inputs == nil {
		return
	}
	args := at(m, "args")
	if args == nil {
		args = list()
		m.Content = append(m.Content, scalar("args"), args)
	}
	for i := 0; i < len(inputs.Content); i += 2 {
		args.Content = append(args.Content, pairs("input", scalar(inputs.Content[i].Value)))
	}
}

// json is any value, mappings and lists up to so deep.
func (g *generator) json(deep int) *yaml.Node {
	switch n := g.IntN(8); {
	case n < 2 && deep > 0:
		return g.some(0, func() *yaml.Node { return g.json(deep - 1) })
	case n < 5 && deep > 0:
		return pairs("a", g.json(deep-1), "cmd", g.json(deep-1))
	}
	return g.scalar("word", "true", "7", "-0.5", "1e3", "2026-01-01")
}

func (g *generator) allow() *yaml.Node { return list(g.mapping(reflect.TypeFor[spec.Allow]())) }

func (g *generator) stdout() *yaml.Node {
	switch g.IntN(4) {
	case 0:
		return g.scalar("log", "inherit", "discard")
	case 1:
		return pairs("capture", g.capture())
	}
	return g.outputFile()
}

func (g *generator) capture() *yaml.Node {
	c := pairs()
	if g.IntN(2) == 0 {
		c.Content = append(c.Content, scalar("max"), g.value(reflect.TypeFor[spec.Size](), ""))
	}
	if g.IntN(2) == 0 {
		c.Content = append(c.Content, scalar("trim"), g.value(reflect.TypeFor[spec.Bool](), ""))
	}
	return c
}

func (g *generator) outputFile() *yaml.Node {
	m := pairs("file", g.text(reflect.TypeFor[spec.Template]()))
	if g.IntN(2) == 0 {
		m.Content = append(m.Content, scalar("mode"), g.scalar(spec.OutputModes()...))
	}
	return m
}

func (g *generator) stderr() *yaml.Node {
	if g.IntN(2) == 0 {
		return g.scalar("log", "inherit", "discard", "stdout")
	}
	return g.outputFile()
}

// stdin stands behind matrix and before retry, so jobs puts right what does
// not go together with it.
func (g *generator) stdin() *yaml.Node {
	switch g.IntN(4) {
	case 0:
		return g.scalar("none", "inherit")
	case 1:
		return pairs("text", g.text(reflect.TypeFor[spec.Template]()))
	case 2:
		if len(g.captured) > 0 {
			return pairs("job", scalar(g.one(g.captured...)))
		}
	}
	return pairs("file", g.text(reflect.TypeFor[spec.Template]()))
}

func (g *generator) matrix() *yaml.Node {
	m := pairs()
	for i := range 1 + g.IntN(3) {
		var axis *yaml.Node
		switch n := g.IntN(6); {
		case n == 5 && len(g.captured) > 0:
			axis = pairs("job", scalar(g.one(g.captured...)))
		case n == 0:
			axis = pairs("glob", g.scalar("cmd/*"))
		case n == 1:
			axis = pairs("range", list(scalar("-1"), scalar("3")))
		case n == 2 && len(g.lists) > 0:
			axis = pairs("param", scalar(g.one(g.lists...)))
		default:
			axis = list(scalar("1.1"), scalar("1.10"), scalar("b"))
			if i == 0 && g.IntN(2) == 0 {
				m.Content = append(m.Content, scalar("exclude"), list(pairs("x0", scalar("b"))))
			}
		}
		m.Content = append(m.Content, scalar(fmt.Sprintf("x%d", i)), axis)
	}
	return m
}

func (g *generator) makePools() *yaml.Node {
	m := pairs()
	for i := range g.IntN(3) {
		g.pools = append(g.pools, fmt.Sprintf("pool-%d", i))
		m.Content = append(m.Content, scalar(g.pools[i]), g.scalar("1", "20"))
	}
	return m
}

func (g *generator) pool() *yaml.Node {
	if len(g.pools) == 0 {
		return nil
	}
	return scalar(g.one(g.pools...))
}

func (g *generator) whenParam() *yaml.Node {
	m := pairs()
	if len(g.single) > 0 {
		i := g.IntN(len(g.single))
		m.Content = append(m.Content, scalar(g.single[i]), g.fits[i])
	}
	return m
}

func (g *generator) defaults() *yaml.Node {
	m := g.mapping(reflect.TypeFor[spec.Defaults]())
	g.retries = keyed(m, "retry")
	return m
}

func (g *generator) makeJobs() *yaml.Node {
	m := pairs()
	for i := range 1 + g.IntN(3) {
		j := g.mapping(reflect.TypeFor[spec.Job]())
		if in := at(j, "stdin"); in != nil && in.Value == "inherit" && (g.retries || keyed(j, "retry") || keyed(j, "matrix")) {
			remove(j, "stdin")
		}
		name := fmt.Sprintf("%s%d", g.one("j", "_job-", "J"), i)
		g.jobs = append(g.jobs, name)
		if out := at(j, "stdout"); out != nil && keyed(out, "capture") && !keyed(j, "matrix") {
			g.captured = append(g.captured, name)
		}
		m.Content = append(m.Content, scalar(name), j)
	}
	return m
}

// params makes declarations of every type, with what may stand beside it.
func (g *generator) params() *yaml.Node {
	m := pairs()
	for i := range 1 + g.IntN(3) {
		name := fmt.Sprintf("p%d", i)
		kind := g.one(append(spec.ParamTypes(), "")...)
		low, value, high := "", "word", ""
		switch kind {
		case "int":
			low, value, high = "-1", "3", "10"
		case "float":
			low, value, high = "0", "0.5", "1.5"
		case "bool":
			value = "true"
		case "duration":
			low, value, high = "0s", "1m", "1h"
		case "size":
			low, value, high = "0B", "1KiB", "10MB"
		}
		m.Content = append(m.Content, scalar(name), g.param(kind, low, value, high, name))
	}
	return m
}

func (g *generator) param(kind, low, value, high, name string) *yaml.Node {
	p := pairs()
	add := func(key string, v *yaml.Node) { p.Content = append(p.Content, scalar(key), v) }
	if kind != "" {
		add("type", scalar(kind))
	}
	if kind == "enum" {
		add("values", list(scalar("word"), scalar("1"), scalar("true")))
	}
	if low != "" && g.IntN(2) == 0 {
		add("min", scalar(low))
	}
	if high != "" && g.IntN(2) == 0 {
		add("max", scalar(high))
	}
	if kind == "string" && g.IntN(2) == 0 {
		add("pattern", scalar("[a-z]+"))
	}
	if g.IntN(2) == 0 {
		add("description", g.text(reflect.TypeFor[spec.String]()))
	}
	isList := g.IntN(3) == 0
	switch {
	case isList:
		add("list", scalar("true"))
		g.lists = append(g.lists, name)
	case g.IntN(2) == 0:
		add("list", scalar("false"))
	}
	if !isList {
		g.single = append(g.single, name)
		g.fits = append(g.fits, scalar(value))
	}
	switch def := scalar(value); g.IntN(4) {
	case 0:
		add("required", scalar("true"))
	case 1:
		if isList {
			add("required", scalar("false"))
		}
	default:
		if isList {
			def = list(def)
		}
		add("default", def)
		if g.IntN(2) == 0 {
			add("required", scalar("false"))
		}
	}
	return p
}
