package schemas

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"sluice/spec"
)

// generator makes job files at random that have no problem, by the tags of the
// spec's types. What the types can't say (which names there are, which keys go
// together) stands in makers and choose.
type generator struct {
	*rand.Rand
	t        *testing.T
	lists    []string // params that have lists
	single   []string // params that have one value, which is fits of each
	fits     []*yaml.Node
	pools    []string
	jobs     []string // that stand before the one being made
	captured []string // those of them that capture
	given    map[string]bool
	retries  bool // of the file's defaults
	depth    int  // pipelines within pipelines
	names    int  // of branches
}

func scalar(text string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: text} }

// quoted is a text whatever YAML would make of it.
func quoted(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Value: text, Tag: "!!str", Style: yaml.DoubleQuotedStyle}
}

func list(items ...*yaml.Node) *yaml.Node { return &yaml.Node{Kind: yaml.SequenceNode, Content: items} }

// pairs is a mapping: a key, its value, and so on.
func pairs(all ...any) *yaml.Node {
	m := &yaml.Node{Kind: yaml.MappingNode}
	for _, v := range all {
		switch v := v.(type) {
		case string:
			m.Content = append(m.Content, quoted(v))
		case *yaml.Node:
			m.Content = append(m.Content, v)
		}
	}
	return m
}

func (g *generator) one(texts ...string) string { return texts[g.IntN(len(texts))] }

func (g *generator) scalar(texts ...string) *yaml.Node { return scalar(g.one(texts...)) }

// some are up to four values, and at least least.
func (g *generator) some(least int, make func() *yaml.Node) *yaml.Node {
	l := list()
	for range least + g.IntN(4-least) {
		l.Content = append(l.Content, make())
	}
	return l
}

// value is a value of type t, which the tags describe.
func (g *generator) value(t reflect.Type, tag reflect.StructTag) *yaml.Node {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch reflect.Zero(t).Interface().(type) {
	case spec.String, spec.Template:
		return g.text(t)
	case spec.Line:
		return g.scalar("go vet ./...", "sort -rn", "grep -E 'a|b' x", "true", "7")
	case spec.Int:
		return g.scalar("1", "2", "100")
	case spec.Float:
		return g.scalar("1", "1.0", "1.00")
	case spec.Bool:
		return g.scalar("true", "false")
	case spec.Duration:
		return g.scalar("1s", "500ms", "1m30s", "0.5s", "10us")
	case spec.Size:
		return g.scalar("1B", "64KiB", "10MB")
	case spec.Arg:
		return g.arg()
	case spec.Stage, spec.Branch, spec.Feed:
		if g.IntN(2) == 0 {
			return g.value(reflect.TypeFor[spec.Line](), "")
		}
	case spec.Shard:
		if g.IntN(2) == 0 {
			return g.scalar("1", "256")
		}
	case spec.Spill:
		if g.IntN(2) == 0 {
			return g.value(reflect.TypeFor[spec.Size](), "")
		}
	case spec.Umask:
		return quoted(g.one("027", "0022", "777"))
	}
	switch name := t.Name(); {
	case strings.HasPrefix(name, "List["):
		return g.some(0, func() *yaml.Node { return g.value(t.Field(0).Type.Elem(), "") })
	case strings.HasPrefix(name, "Map["):
		m := pairs()
		for i := range g.IntN(3) {
			m.Content = append(m.Content, scalar(fmt.Sprintf("%s%d", g.one("A", "_b", "Cd"), i)), g.value(t.Field(0).Type.Elem().Field(1).Type, ""))
		}
		return m
	case t.Kind() == reflect.Struct && len(reflect.VisibleFields(t)) > 0:
		return g.mapping(t)
	}
	g.t.Fatalf("no values of type %s are made: add it to the generator", t)
	return nil
}

func (g *generator) text(t reflect.Type) *yaml.Node {
	switch {
	case t == reflect.TypeFor[spec.Template]() && g.IntN(4) == 0:
		return pairs("literal", g.scalar("./a", "3", "true"))
	case t == reflect.TypeFor[spec.Template]() && g.IntN(6) == 0 && len(g.single) > 0:
		return scalar("${params." + g.one(g.single...) + "}")
	}
	return g.scalar("web", "out/x.txt", "true", "3", "1.10", "no")
}

func (g *generator) arg() *yaml.Node {
	switch g.IntN(6) {
	case 0:
		return pairs("glob", g.scalar("*.go", "src/**/*.c"))
	case 1:
		return pairs("glob", g.scalar("*.go"), "optional", g.value(reflect.TypeFor[spec.Bool](), ""))
	case 2:
		if len(g.lists) > 0 {
			return pairs("param", scalar(g.one(g.lists...)))
		}
	}
	return g.text(reflect.TypeFor[spec.Template]())
}

// mapping is a mapping of struct type t with the required keys and some of the
// others.
func (g *generator) mapping(t reflect.Type) *yaml.Node {
	before := g.given
	defer func() { g.given = before }()
	g.given = g.choose(t)
	g.depth++
	defer func() { g.depth-- }()
	m := pairs()
	for i := range t.NumField() {
		f := t.Field(i)
		key, option, _ := strings.Cut(f.Tag.Get("key"), ",")
		if wanted, decided := g.given[key]; key == "" || decided && !wanted || !decided && option == "" && g.IntN(5) > 0 {
			continue
		}
		if option != "" && option != "required" {
			g.t.Fatalf("the tag of %s has the option %q", f.Name, option)
		}
		g.given[key] = true
		if v := g.field(t, f, key); v != nil {
			m.Content = append(m.Content, scalar(key), v)
		}
	}
	g.open(m)
	return m
}

// field is the value of key in a mapping of type t, or nil.
func (g *generator) field(t reflect.Type, f reflect.StructField, key string) *yaml.Node {
	if words := enumOf(f.Tag); words != nil {
		if strings.HasPrefix(f.Type.Name(), "List[") {
			return g.some(1, func() *yaml.Node { return g.scalar(words...) })
		}
		return g.scalar(words...)
	}
	if make := makers()[t.Name()+"."+key]; make != nil {
		return make(g)
	}
	if make := makers()[key]; make != nil {
		return make(g)
	}
	return g.value(f.Type, f.Tag)
}

// enumOf are the words that a key takes.
func enumOf(tag reflect.StructTag) []string {
	switch tag.Get("enum") {
	case "mode":
		return spec.OutputModes()
	case "signal":
		return spec.StopSignals()
	case "ending":
		return spec.EndingSignals()
	case "group":
		return spec.Groups()
	case "restart":
		return spec.Restarts()
	case "conflict":
		return spec.Conflicts()
	case "full":
		return spec.Fulls()
	case "by":
		return spec.ShardCuts()
	case "merge":
		return []string{"ordered", "any"} // sorted is for sort alone
	case "system":
		return spec.Systems()
	case "processor":
		return spec.Processors()
	}
	return nil
}

// choose says of keys that depend on others whether a mapping of type t has
// them.
func (g *generator) choose(t reflect.Type) map[string]bool {
	given := map[string]bool{}
	switch t {
	case reflect.TypeFor[spec.File]():
		if g.IntN(2) == 0 {
			given["params"] = true // others use them
		}
	case reflect.TypeFor[spec.Ready]():
		ways := []string{"line", "port", "file"}
		for _, way := range ways {
			given[way] = false
		}
		given[g.one(ways...)] = true
	case reflect.TypeFor[spec.RetryOn]():
		given[g.one("exit", "signal")] = true
	case reflect.TypeFor[spec.Job](), reflect.TypeFor[spec.Stage](), reflect.TypeFor[spec.Branch](), reflect.TypeFor[spec.Feed]():
		ways := map[reflect.Type][]string{
			reflect.TypeFor[spec.Job](): {"run", "command", "pipe"}, reflect.TypeFor[spec.Stage](): {"run", "command", "tee"},
			reflect.TypeFor[spec.Branch](): {"run", "command", "file", "pipe"}, reflect.TypeFor[spec.Feed](): {"run", "command", "pipe", "branch"},
		}[t]
		for _, way := range ways {
			given[way] = false
		}
		const deep = 5 // levels, after which there are commands alone
		if ways = ways[:3]; g.depth > deep {
			ways = ways[:2]
		}
		way := g.one(ways...)
		given[way] = true
		if way != "command" || g.depth > deep || g.IntN(2) == 0 {
			given["inputs"] = false
		}
		if way != "command" {
			given["args"] = false
		}
		if way != "run" {
			given["shard"] = false // copies have no inputs
		}
		if way == "tee" {
			for _, key := range []string{"env", "dir", "stderr", "ok"} {
				given[key] = false
			}
		} else {
			given["spill"] = false
		}
		if way == "file" {
			given["stdout"] = false
		} else if t == reflect.TypeFor[spec.Branch]() {
			given["mode"] = false
		}
	}
	return given
}

// file makes a whole file.
func (g *generator) file() *yaml.Node {
	*g = generator{Rand: g.Rand, t: g.t}
	m := g.mapping(reflect.TypeFor[spec.File]())
	if g.IntN(4) == 0 {
		m.Content = append(m.Content, scalar("x-note"), pairs("a", list(scalar("1"), scalar("b"))))
	}
	return m
}

// distinct are up to n of texts, each once.
func (g *generator) distinct(n int, texts []string) *yaml.Node {
	l := list()
	for _, i := range g.Perm(len(texts))[:min(n, len(texts))] {
		l.Content = append(l.Content, scalar(texts[i]))
	}
	return l
}

// keyed reports whether the mapping m has key.
func keyed(m *yaml.Node, key string) bool { return at(m, key) != nil }

func at(m *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Kind == yaml.MappingNode && m.Content[i].Value == key {
			return m.Content[i+1]
		}
	}
	return nil
}

func remove(m *yaml.Node, key string) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			m.Content = slices.Delete(m.Content, i, i+2)
			return
		}
	}
}
